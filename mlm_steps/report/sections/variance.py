"""Intraclass correlations, R² and the variance that each rung explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlm_steps.records import Icc, VarianceMeasure, VarianceRecord
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import effect_terms, null_sentence
from mlm_steps.report.sentences.comparisons import NEGATIVE_REDUCTION, has_increase
from mlm_steps.report.sentences.variance import change_sentences, level_sentence, partition_sentences
from mlm_steps.report.tables.distribution import distribution_rows
from mlm_steps.report.tables.variance_sources import PREFIX, source_grid, source_remark
from mlm_steps.report.text.facts import (
    icc_number,
    measure_limits,
    measure_or_reason,
    reason_in_words,
    share_interval,
)
from mlm_steps.report.text.grid import Grid, Row, columns, heading, parts_of, row
from mlm_steps.report.text.names import INTERCEPT, RESIDUAL
from mlm_steps.report.text.text import Number, Phrase, join, say

__all__ = ["context"]

ICC_WORDS = {
    "adjusted": "ICC, adjusted",
    "unadjusted": "ICC, unadjusted",
    "term_share": "Share of random and residual variance:",
    "level_share": "Share of random and residual variance:",
    "same_group_correlation": "Correlation of rows of the same",
}
MEASURE_WORDS = {
    "r2_marginal": "R² marginal",
    "r2_conditional": "R² conditional",
    "prv_null": "Reduction",
    "prv_previous": "Reduction",
    "design_effect": "Design effect",
    "effective_n": "Effective sample size",
    "se_ratio": "Standard error relative to independent rows",
    "r2_snijders_bosker": "R² of Snijders and Bosker",
    "r2_xu": "R² of Xu",
    "r2_beta": "R²β, Kenward–Roger",
    "r2_beta_partial": "Semi-partial R²β",
    "local_f2": "Local f²",
}
SHARES = (
    "The adjusted ICC is the mean random-effects variance divided by the sum of this variance and the "
    "{rest}. The denominator of the unadjusted ICC also contains the variance of the fixed "
    "effects. Marginal *R*² is the share of variance explained by the fixed effects, conditional *R*² the "
    "share explained by fixed and random effects together (Nakagawa, Johnson & Schielzeth 2017; Johnson "
    "2014). Random slopes are averaged over the rows."
)
SHARES_NOTE = say(SHARES, rest="residual variance")
ADDED_NOTES = {
    "r2_snijders_bosker": say(
        "Snijders and Bosker’s *R*² is the proportional reduction, relative to the null model, of the "
        "prediction error of an observation (level 1) and of a group mean (level 2). Rungs with random "
        "slopes are refitted for it with random intercepts only."
    ),
    "r2_beta": say(
        "*R*²β is *qF* / (*qF* + ν), with Kenward and Roger’s *F* of all coefficients but the intercept or, "
        "semi-partially, of one term (Edwards et al. 2008)."
    ),
    "local_f2": say(
        "Local *f*² is the increase of marginal *R*² over the rung before, or over the rung without the "
        "term, divided by 1 − *R*² (Selya et al. 2012)."
    ),
    "r2_xu": say("Xu’s *R*² is 1 minus the variance of the residuals over that of the outcome (Xu 2003)."),
}
"""The definitions of measures that not every ladder has."""
LINK_SHARES_NOTE = say(
    f"{SHARES} All these shares are on the scale of the link. The variance of the distribution there is "
    "given with its method; λ is the mean of the outcome that the null model implies for the population. A "
    "term with one level per row counts as dispersion, not as groups. The share on the scale of the outcome "
    "holds at the mean of the predictors (Goldstein, Browne & Rasbash 2002). The median ratio compares rows "
    "of two random groups with equal predictors, the larger with the smaller value (Larsen & Merlo 2005).",
    rest="variance of the distribution",
)
REDUCTIONS_NOTE = say(
    "The reduction is the difference between the variance component in the smaller and in the larger model, "
    "divided by the component in the smaller model (Raudenbush & Bryk 2002). Intercept variances are "
    "comparable only if the zero points of the predictors with random slopes are the same."
)
LINK_REDUCTIONS_NOTE = (
    *REDUCTIONS_NOTE,
    *say(
        " The variance of the distribution is fixed, so that predictors of level 1 scale all other variances "
        "up. Those of the larger model are therefore first multiplied by the ratio of the total variances "
        "(Hox, Moerbeek & van de Schoot 2018)."
    ),
)
LINK_NEGATIVE = (
    "A variance between groups can increase when predictors are added, even after the correction for the "
    "change of scale. A negative reduction is reported as it is, not set to zero."
)
MOST_RUNGS, COLUMNS = 8, 6
"""A table of more rungs is divided into tables of six rungs each, so that they fit on a page."""
REDUCTIONS = ("prv_null", "prv_previous")
DELTA = "delta_"
"""The start of the names of differences from the previous rung, which have sentences of their own."""
OMITTED = ("not_applicable", "several_factors")
"""Codes of measures that have no row if no rung has a value."""


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the sentence about the null model and the tables of explained variance."""
    if not given.run.variance:
        return None
    negative = any(
        m.measure in REDUCTIONS and m.value is not None and m.value < 0
        for record in given.run.variance
        for m in record.measures
    )
    notices = dict.fromkeys(notice.text for record in given.run.variance for notice in record.notices)
    curve = drawing(given, "vpc")
    sources, reductions = source_grid(given), _reductions(given)
    return {
        "sentence": None
        if given.headline is not None and level_sentence(given) is None
        else null_sentence(given),
        "shares": parts_of(_shares(given), MOST_RUNGS, COLUMNS),
        "partition": partition_sentences(given) if curve is None else [],
        "figure": drawing(given, "variance_sources"),
        "curve": curve,
        "changes": change_sentences(given),
        "sources": [] if sources is None else parts_of(sources, MOST_RUNGS, COLUMNS),
        "no_sources": source_remark(given),
        "reductions": [] if reductions is None else parts_of(reductions, MOST_RUNGS, COLUMNS),
        "negative": (NEGATIVE_REDUCTION if _linear(given) else LINK_NEGATIVE)
        if negative and not any(map(has_increase, given.run.comparisons))
        else None,
        "notices": [given.names.notice(text) for text in notices],
    }


def _shares(given: ReportInput) -> Grid:
    records = given.run.variance
    several = any(_shares_a_factor(record) for record in records)
    iccs = dict.fromkeys(
        (i.kind, i.group, i.effect)
        for record in records
        for i in record.icc
        if not i.kind.startswith(("vpc", "slope_")) and (several or i.kind != "term_share")
    )
    measures = dict.fromkeys(
        (m.measure, m.scope)
        for r in records
        for m in r.measures
        if m.measure not in REDUCTIONS
        and not m.measure.startswith((PREFIX, DELTA))
        and (m.value is not None or m.code not in OMITTED)
    )
    rows = [heading("Intraclass correlations")] if iccs else []
    for kind, group, effect in iccs:
        values = [_find_icc(record, (kind, group, effect)) for record in records]
        rows += _with_intervals(_icc_head(given, kind, group, effect), records, values)
    rows += _outcome_scale(records)
    rows += [heading("Explained variance and design")] if measures else []
    for measure, scope in measures:
        found = [_find_measure(record, measure, scope, None) for record in records]
        rows += _with_intervals(_measure_head(given, measure, scope), records, found)
    rows += distribution_rows(records)
    return Grid(
        caption=("Intraclass correlations and explained variance",),
        columns=columns("", *((given.names.model(record.model),) for record in records)),
        rows=tuple(rows),
        notes=(SHARES_NOTE if _linear(given) else LINK_SHARES_NOTE, *_added_notes(measures)),
        wide=True,
    )


def _added_notes(measures: Mapping[tuple[str, str], None]) -> tuple[Phrase, ...]:
    """Return the definitions of measures that not every ladder has."""
    names = {measure for measure, _ in measures}
    return tuple(note for name, note in ADDED_NOTES.items() if name in names)


def _linear(given: ReportInput) -> bool:
    """Return whether the run has a linear model."""
    return any(fit.linear for fit in given.run.fits)


def _outcome_scale(records: tuple[VarianceRecord, ...]) -> list[Row]:
    """Return the row of the shares on the scale of the outcome; none for linear models."""
    found = [_find_icc(record, ("vpc_response", None, None)) for record in records]
    if not any(found):
        return []
    return _with_intervals(("Share between groups on the scale of the outcome",), records, found)


def _shares_a_factor(record: VarianceRecord) -> bool:
    """Return whether two random terms share a grouping factor, so that each has a share of its own."""
    groups = [icc.group for icc in record.icc if icc.kind == "term_share"]
    return len(groups) > len(set(groups))


def _icc_head(given: ReportInput, kind: str, group: str | None, effect: str | None) -> Phrase:
    words = ICC_WORDS.get(kind, kind.replace("_", " "))
    if group is None:
        return (words,)
    label = join([given.names.group(name) for name in group.split(" & ")], last=" and ")
    if effect is None:
        return (f"{words} ", *label)
    terms = {column: term for fit in given.run.fits for column, term in effect_terms(fit).items()}
    own = (term.names for fit in given.run.fits for term in fit.terms if " + ".join(term.names) == effect)
    effects = join([given.names.effect(name, terms) for name in next(own, effect.split(" + "))])
    return (f"{words} ", *label, " (", *effects, ")")


def _measure_head(given: ReportInput, measure: str, scope: str) -> Phrase:
    words = MEASURE_WORDS.get(measure, measure.replace("_", " ").capitalize())
    return (words,) if scope == "total" else (f"{words}: ", *_component(given, scope))


def _component(given: ReportInput, scope: str) -> Phrase:
    """Return a variance component in words from its name in the record, such as ``school: (Intercept)``."""
    if scope in ("sigma2", RESIDUAL):
        return ("Level 1 (σ²)",)
    groups = dict.fromkeys(term.group for fit in given.run.fits for term in fit.terms)
    terms = {column: term for fit in given.run.fits for column, term in effect_terms(fit).items()}
    for group in groups:
        if scope == group:
            return given.names.group(group)
        effect = scope.removeprefix(f"{group}: ")
        if effect != scope:
            name = ("intercept",) if effect == INTERCEPT else given.names.effect(effect, terms)
            return (*given.names.group(group), ", ", *name)
    return (scope,)


def _find_icc(record: VarianceRecord, key: tuple[str, str | None, str | None]) -> Icc | None:
    return next((icc for icc in record.icc if (icc.kind, icc.group, icc.effect) == key), None)


def _find_measure(
    record: VarianceRecord, measure: str, scope: str, reference: str | None
) -> VarianceMeasure | None:
    return next(
        (
            m
            for m in record.measures
            if m.measure == measure and m.scope == scope and reference in (None, m.reference)
        ),
        None,
    )


def _with_intervals(
    head: Phrase,
    records: tuple[VarianceRecord, ...],
    values: list[Icc | None] | list[VarianceMeasure | None],
) -> list[Row]:
    """Return a row of values, and a row of their intervals if any value has one."""
    shown = [_value(record.model, item) for record, item in zip(records, values, strict=True)]
    intervals = [_interval(record.model, item) for record, item in zip(records, values, strict=True)]
    rows = [row(head, shown)]
    if any(interval is not None for interval in intervals):
        methods = dict.fromkeys(
            item.ci_method for item in values if item is not None and item.ci_low is not None
        )
        label = f"CI ({', '.join(methods)})" if methods else "CI"
        rows.append(row(label, intervals, "detail"))
    return rows


def _value(model: str, item: Icc | VarianceMeasure | None) -> Number | str | None:
    if item is None:
        return None
    if isinstance(item, VarianceMeasure):
        return measure_or_reason(model, item)
    number = icc_number(model, item)
    return number if number is not None else reason_in_words(item.code)


def _interval(model: str, item: Icc | VarianceMeasure | None) -> Phrase | None:
    if item is None:
        return None
    if isinstance(item, VarianceMeasure):
        return share_interval(*measure_limits(model, item))
    low = icc_number(model, item, item.ci_low, "ci_low")
    return share_interval(low, icc_number(model, item, item.ci_high, "ci_high"))


def _reductions(given: ReportInput) -> Grid | None:
    """Return the reductions that the ladder does not show; rungs without any have no column."""
    titles = {"prv_null": "Relative to the null model", "prv_previous": "Relative to the previous rung"}
    records = [r for r in given.run.variance if any(m.measure == "prv_previous" for m in r.measures)]
    rows: list[Row] = []
    for measure, title in titles.items():
        scopes = dict.fromkeys(
            m.scope
            for record in records
            for m in record.measures
            if m.measure == measure and not (measure == "prv_null" and (_in_ladder(m) or m.value is None))
        )
        if scopes:
            rows.append(heading(title))
        rows += [
            row(_component(given, scope), [_reduction(r, measure, scope) for r in records])
            for scope in scopes
        ]
    if not rows:
        return None
    return Grid(
        caption=("Proportional reduction of the variance components",),
        columns=columns("Component", *((given.names.model(r.model),) for r in records)),
        rows=tuple(rows),
        notes=(REDUCTIONS_NOTE if _linear(given) else LINK_REDUCTIONS_NOTE,),
        wide=True,
    )


def _in_ladder(measure: VarianceMeasure) -> bool:
    """Return whether the ladder has a reduction: that of level 1, or of the intercepts of a factor."""
    return measure.scope == "sigma2" or measure.scope.endswith(f": {INTERCEPT}")


def _reduction(record: VarianceRecord, measure: str, scope: str) -> Number | str | None:
    found = _find_measure(record, measure, scope, None)
    if found is None:
        return None
    return measure_or_reason(record.model, found, as_percent=True)
