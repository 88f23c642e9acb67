"""What ignoring the clusters would have cost: standard errors side by side, and single-level models."""

from __future__ import annotations

import math
from typing import Any

from mlm_steps.records.cost import ClusterCost, CostRecord, CostRow, SeparateFits
from mlm_steps.records.failure import Absence
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.tables.single_level import single_level_models
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import (
    decimals_for_se,
    degrees_of_freedom,
    fixed,
    integer,
    p_value,
    percent,
)
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, Word, join, say, source

__all__ = ["context"]

NOTABLE = 1.2
"""Ratio of the rate of rejections to the level of the test above which a sentence states the rate."""
MOST_NAMED = 5
"""Largest number of clusters that a sentence names."""

NOTE = say(
    "CR1 and CR2 are cluster-robust standard errors; CR2 is corrected for bias and has Satterthwaite’s "
    "degrees of freedom (Bell & McCaffrey 2002). The robust standard errors of the mixed model also hold "
    "if its random part is wrong. Moulton’s factor is the variance of a coefficient relative to that of "
    "independent rows; it assumes that rows of a cluster are equally correlated, and is not given for "
    "random slopes. False rejections are those of a true null hypothesis by least squares."
)
NO_ROBUST = say(
    "The mixed model has no cluster-robust standard errors: its grouping factors are crossed, so that rows "
    "of different clusters are correlated."
)
NO_MOULTON = say("Moulton’s factor assumes equal prior weights.")


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the sentences, the table and the single-level models; None if there are neither."""
    found = given.run.result(CostRecord, "cost")
    section: dict[str, Any] = {
        "problem": None,
        "sentences": [],
        "table": None,
        "separate": None,
        "singles": single_level_models(given),
    }
    if isinstance(found, Absence):
        problem = say("The comparison could not be computed: {why}", why=Word(found.reason))
        return section | {"problem": problem}
    fitted = {fit.model for fit in given.run.fits}
    costs = [] if found is None else [each for each in found.costs if each.model in fitted]
    if found is None or not costs:
        return section if section["singles"] else None
    return section | {
        "sentences": _sentences(given, costs[0]),
        "table": _table(given, costs[0], prelude=len(found.costs) > 1),
        "separate": None if found.separate is None else _separate(given, found.separate),
    }


def _number(of: ClusterCost, row: CostRow, field: str, text: str) -> Number:
    return Number(text, source("cost", of.model, row.column, field))


def _of_model(of: ClusterCost, field: str, text: str) -> Number:
    return Number(text, source("cost", of.model, of.rows[0].column, field))


def _sentences(given: ReportInput, of: ClusterCost) -> list[Phrase]:
    rows = [each for each in of.rows if each.column != INTERCEPT and each.mixed_p is not None]
    claimed = [each for each in rows if each.ols_p < of.alpha <= (each.mixed_p or 0.0)]
    missed = [each for each in rows if (each.mixed_p or 0.0) < of.alpha <= each.ols_p]
    start = say(
        "Least squares, which treats the {n} rows as independent, would have", n=_of_model(of, "n", str(of.n))
    )
    sentences: list[Phrase] = []
    for verb, effects in (("claimed an association", claimed), ("missed the association", missed)):
        if effects:
            listed = join([_both_p(given, of, each) for each in effects], last=" and with ")
            begin = ("It would also have",) if sentences else start
            sentences.append((*begin, f" {verb} of ", *_outcome(given, of), " with ", *listed, "."))
    if rows and not sentences:
        sentences.append((*start, *_same_conclusions(of, rows)))
    worst = max(rows, key=lambda each: each.naive_rate or 0.0, default=None)
    if worst is not None and (worst.naive_rate or 0.0) > NOTABLE * of.alpha:
        sentences.append(_rate(given, of, worst))
    return sentences


def _outcome(given: ReportInput, of: ClusterCost) -> Phrase:
    return given.names.outcome(given.run.fit(of.model).outcome)


def _both_p(given: ReportInput, of: ClusterCost, each: CostRow) -> Phrase:
    """Return an effect with its p values without and with the clusters."""
    return say(
        "{effect} (*p* {naive}; allowing for the clusters *p* {mixed})",
        effect=given.names.column(each.column, each.term),
        naive=_p(of, each, "ols_p", each.ols_p),
        mixed=_p(of, each, "mixed_p", each.mixed_p),
    )


def _p(of: ClusterCost, each: CostRow, field: str, value: float | None) -> Number:
    text = p_value(1.0 if value is None else value, of.alpha)
    return _number(of, each, field, text if text[0] in "<>" else f"= {text}")


def _same_conclusions(of: ClusterCost, rows: list[CostRow]) -> Phrase:
    known = [(each.se_ratio, each) for each in rows if each.se_ratio is not None]
    ratios = sorted(known, key=lambda pair: pair[0])
    level = percent(of.alpha, 0)
    if not ratios:
        return (f" drawn the same conclusions at the {level} level.",)
    low, high = (_number(of, each, "se_ratio", fixed(ratio, 2)) for ratio, each in (ratios[0], ratios[-1]))
    start = f" drawn the same conclusions at the {level} level, with"
    if len(ratios) == 1:
        return (f"{start} a standard error ", low, " times that of the mixed model.")
    return (f"{start} standard errors ", low, " to ", high, " times those of the mixed model.")


def _rate(given: ReportInput, of: ClusterCost, each: CostRow) -> Phrase:
    return say(
        "A test of {effect} that ignores {group} would reject a true null hypothesis in {rate} of samples "
        "instead of {alpha} (Moulton’s factor {factor}).",
        effect=given.names.column(each.column, each.term),
        group=given.names.group(of.cluster),
        rate=_number(of, each, "naive_rate", percent(each.naive_rate or 0.0, 0)),
        alpha=percent(of.alpha, 0),
        factor=_number(of, each, "moulton", fixed(each.moulton or 0.0, 2)),
    )


def _table(given: ReportInput, of: ClusterCost, *, prelude: bool) -> Grid:
    heads: list[Phrase] = [
        ("Term",),
        (Emphasis("SE"), ", least squares"),
        ("CR1",),
        ("CR2 (", Emphasis("df"), ")"),
        (Emphasis("SE"), ", mixed model (", Emphasis("df"), ")"),
        ("CR2, mixed model (", Emphasis("df"), ")"),
        ("Moulton’s factor",),
        ("False rejections",),
    ]
    notes = [_clusters(given, of), NOTE]
    if of.mixed_cr2_code == "several_factors":
        notes.append(NO_ROBUST)
    if of.moulton_code == "not_applicable":
        notes.append(NO_MOULTON)
    if prelude:
        notes.append(("The models of the prelude are in ", Code("tables/cost.csv"), "."))
    return Grid(
        caption=("Standard errors of ", given.names.model(of.model), " with and without the clusters"),
        columns=columns(*heads),
        rows=tuple(_row(given, of, each) for each in of.rows),
        notes=tuple(notes),
        wide=True,
    )


def _clusters(given: ReportInput, of: ClusterCost) -> Phrase:
    reason = "" if of.cluster_reason is None else f": {of.cluster_reason}"
    clusters = given.names.group(of.cluster)
    return say("Clusters: {group}{why}.", group=clusters, why=given.names.notice(reason))


def _row(given: ReportInput, of: ClusterCost, each: CostRow) -> Row:
    decimals = decimals_for_se(each.mixed_se or each.ols_se)

    def error(name: str) -> Phrase | None:
        value, df = getattr(each, f"{name}_se"), getattr(each, f"{name}_df", None)
        if value is None:
            return None
        shown = _number(of, each, f"{name}_se", fixed(value, decimals))
        if name == "ols" or df is None or not math.isfinite(df):
            return (shown,)
        return (shown, " (", _number(of, each, f"{name}_df", degrees_of_freedom(df)), ")")

    factor = None if each.moulton is None else _number(of, each, "moulton", fixed(each.moulton, 2))
    rate = None if each.naive_rate is None else _number(of, each, "naive_rate", percent(each.naive_rate))
    names = ("ols", "cr1", "cr2", "mixed", "mixed_cr2")
    return row(given.names.column(each.column, each.term), [*map(error, names), factor, rate])


def _separate(given: ReportInput, of: SeparateFits) -> Phrase:
    """Return where the regressions of the clusters stand, and which of them cannot be estimated."""
    group = given.names.group(of.cluster)
    where = ("The regressions within each ", *group, " are in ", Code("tables/lm_list.csv"))
    if not of.failures:
        return (*where, ".")
    least = min(range(len(of.columns)), key=lambda k: of.n_estimable[k])
    count = Number(integer(of.n_estimable[least]), source("cost", of.model, of.columns[least], "n_estimable"))
    total = Number(integer(of.n_clusters), source("cost", of.model, of.columns[least], "n_clusters"))
    listed = "; ".join(of.failures[:MOST_NAMED]) + ("; …" if len(of.failures) > MOST_NAMED else "")
    return (
        *where,
        *say(
            "; the coefficient of {effect} can be estimated in {count} of {total} (not in {failures}).",
            count=count,
            total=total,
            effect=given.names.column(of.columns[least], of.terms[least]),
            failures=given.names.notice(listed),
        ),
    )
