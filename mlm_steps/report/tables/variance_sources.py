"""Rights and Sterba's sources of variance as a table."""

from __future__ import annotations

from mlm_steps.records import VarianceMeasure, VarianceRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import measure_limits, measure_number, share_interval
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.text import Phrase, join, say

__all__ = ["PREFIX", "source_grid", "source_remark"]

PREFIX = "rs_"
SCOPES = {
    "total": "Shares of the total variance",
    "within": "Shares of the variance within groups",
    "between": "Shares of the variance between groups",
    "level 1": "Shares of the variance within the units of level 2",
    "level 2": "Shares of the variance between the units of level 2, within those of level 3",
    "level 3": "Shares of the variance between the units of level 3",
}
LABELS = {
    "rs_f1": "f₁, fixed effects within groups",
    "rs_f2": "f₂, fixed effects between groups",
    "rs_v1": "v₁, random slopes within groups",
    "rs_v2": "v₂, random slopes between groups",
    "rs_m": "m, other differences of group means",
    "rs_sigma2": "σ², residual",
    "rs_f": "f = f₁ + f₂, all fixed effects",
    "rs_v": "v = v₁ + v₂, all random slopes",
    "rs_fv": "f + v",
    "rs_fvm": "f + v + m, all but the residual",
    "rs_f1v1": "f₁ + v₁",
}
LEVEL_LABELS = {
    "rs_f1": "f₁, fixed effects of level 1",
    "rs_f2": "f₂, fixed effects of level 2",
    "rs_f3": "f₃, fixed effects of level 3",
    "rs_v12": "v₁₂, slopes of level 2, level 1 of the covariate",
    "rs_v22": "v₂₂, slopes of level 2, level 2 of the covariate",
    "rs_v32": "v₃₂, slopes of level 2, level 3 of the covariate",
    "rs_v13": "v₁₃, slopes of level 3, level 1 of the covariate",
    "rs_v23": "v₂₃, slopes of level 3, level 2 of the covariate",
    "rs_v33": "v₃₃, slopes of level 3, level 3 of the covariate",
    "rs_m2": "m₂, other differences of level 2",
    "rs_m3": "m₃, other differences of level 3",
    "rs_sigma2": "σ², residual",
    "rs_f": "f, all fixed effects",
    "rs_v": "v, all random slopes",
    "rs_fv": "f + v",
    "rs_fvm": "f + v + m, all but the residual",
}
RANDOM = "rs_random"
MIXED = "sources_mix_levels"
MARK = "◊"
NOTHING = 1e-9
"""Smaller shares are rounding error: the model does not have this source of variance."""
NOTE = say(
    "The model-implied variance by source (Rights & Sterba 2019). The six sources sum to 1; an empty cell "
    "means that the model does not have the source. f is marginal *R*²; f + v + m is conditional *R*² except "
    "for a factor (*n* − 1) / *n* of v."
)
LEVELS_NOTE = say(
    "The model-implied variance by source (Rights & Sterba 2023). A random slope times the part of its "
    "covariate of some level varies at the lower of the two levels. The sources of each block sum to 1."
)
CROSSED_NOTE = say(
    "The model-implied variance by source. For crossed grouping factors there is no division within and "
    "between groups; the shares are those of all fixed effects, of each random term, and of the residual."
)
MIXED_NOTE = say(
    f"{MARK} A predictor of this rung varies both within and between groups, or has a random slope without "
    "being centred within groups, so that the sources mix levels (Rights & Sterba 2021). To separate them, "
    "centre the predictor within groups and add its group mean."
)


def source_grid(given: ReportInput) -> Grid | None:
    """Return the shares by scope and source, one column per rung that has them; None if no rung has."""
    records = [record for record in given.run.variance if _known(record)]
    if not records:
        return None
    rows: list[Row] = []
    by_levels = any(
        m.scope == "level 1" and m.measure.startswith(PREFIX) for r in records for m in r.measures
    )
    two = any(m.scope == "within" for record in records for m in record.measures)
    labels = LABELS if two and not by_levels else LEVEL_LABELS
    for scope, title in SCOPES.items():
        block: list[Row] = []
        for name, label in labels.items():
            found = [_find(record, name, scope) for record in records]
            if any(measure is not None and (measure.value or 0.0) >= NOTHING for measure in found):
                block += _rows(label, records, found)
        if scope == "total":
            block += _random_rows(given, records)
        rows += [heading(title), *block] if block else []
    mixed = any(m.code == MIXED and m.value is not None for record in records for m in record.measures)
    return Grid(
        caption=("Sources of the explained variance",),
        columns=columns("", *((given.names.model(record.model),) for record in records)),
        rows=tuple(rows),
        notes=(*_notes(records, by_levels=by_levels), *((MIXED_NOTE,) if mixed else ())),
        wide=True,
    )


def _notes(records: list[VarianceRecord], *, by_levels: bool) -> tuple[Phrase, ...]:
    scopes = {m.scope for record in records for m in record.measures if m.measure.startswith(PREFIX)}
    crossed = any(m.measure == RANDOM for record in records for m in record.measures)
    found = [NOTE] if "within" in scopes and not by_levels else []
    return (*found, *((LEVELS_NOTE,) if by_levels else ()), *((CROSSED_NOTE,) if crossed else ()))


def _random_rows(given: ReportInput, records: list[VarianceRecord]) -> list[Row]:
    """Return the rows of the random terms of crossed factors."""
    scopes = dict.fromkeys(m.scope for record in records for m in record.measures if m.measure == RANDOM)
    rows: list[Row] = []
    for scope in scopes:
        group, _, effects = scope.partition(": ")
        label = (*given.names.group(group), *((f" ({effects})",) if effects else ()))
        rows += _rows(("Random effects of ", *label), records, [_find(r, RANDOM, scope) for r in records])
    return rows


def _rows(
    label: Phrase | str, records: list[VarianceRecord], found: list[VarianceMeasure | None]
) -> list[Row]:
    pairs = list(zip(records, found, strict=True))
    intervals = [
        share_interval(*measure_limits(record.model, measure))
        if measure is not None and _varies(measure)
        else None
        for record, measure in pairs
    ]
    methods = dict.fromkeys(m.ci_method for m in found if m is not None and m.ci_low is not None)
    rows = [row(label, [_cell(record, measure) for record, measure in pairs])]
    if methods:
        rows.append(row(f"CI ({', '.join(methods)})", intervals, "detail"))
    return rows


def _cell(record: VarianceRecord, measure: VarianceMeasure | None) -> Phrase | None:
    number = None if measure is None else measure_number(record.model, measure)
    if measure is None or number is None or (measure.value or 0.0) < NOTHING:
        return None
    return (number, MARK) if measure.code == MIXED else (number,)


def _varies(measure: VarianceMeasure) -> bool:
    """Return whether an interval has a positive width; without the source, both limits are equal."""
    return (
        measure.ci_low is not None
        and measure.ci_high is not None
        and measure.ci_high - measure.ci_low > NOTHING
    )


def _find(record: VarianceRecord, name: str, scope: str) -> VarianceMeasure | None:
    return next((m for m in record.measures if (m.measure, m.scope) == (name, scope)), None)


def _known(record: VarianceRecord) -> bool:
    return any(m.measure.startswith(PREFIX) and m.value is not None for m in record.measures)


def source_remark(given: ReportInput) -> Phrase | None:
    """Return which rungs have no sources of variance; None if all have them."""
    without: list[Phrase] = [
        (given.names.model(record.model),)
        for record in given.run.variance
        if not _known(record) and any(m.measure.startswith(PREFIX) for m in record.measures)
    ]
    if not without:
        return None
    return say(
        "Rights and Sterba’s sources of variance require a single grouping factor and are not available for "
        "{models}.",
        models=join(without, last=" and "),
    )
