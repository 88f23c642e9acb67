"""Comparisons of rungs in sentences and as a table."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import ComparisonRecord
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.comparisons import (
    FAILED,
    NEGATIVE_REDUCTION,
    comparison_sentence,
    has_increase,
    mixture_phrase,
)
from mlm_steps.report.text.facts import comparison_number, comparison_p
from mlm_steps.report.text.grid import Align, Grid, Row, columns, row
from mlm_steps.report.text.text import Emphasis, Link, Number, Phrase, join, say
from mlm_steps.tables.comparison import adjusted_p

__all__ = ["context"]

BOUNDARY_CODES = {
    "not_applicable": None,
    "no_closed_weights": "no closed form",
    "null_on_boundary": "null model on boundary",
}

NOTE = say(
    "Tests of fixed effects compare ML fits. Tests of variances alone compare fits by the criterion in the "
    "table. A variance cannot be negative, so under the null hypothesis it lies on its boundary and the "
    "naive *p* is too large. If the mixture of χ² distributions is known, report the mixture *p* (Self & "
    "Liang 1987; Stram & Lee 1994). Negative ΔAIC and ΔBIC favour the larger rung."
)
RLRT_NOTE = say(
    "The exact *p* is from the restricted likelihood ratio test of one variance, whose null distribution in "
    "samples of this size is simulated (Crainiceanu & Ruppert 2004). The simulation ignores other random "
    "effects (Greven et al. 2008)."
)
BOOTSTRAP_NOTE = say(
    "For the bootstrap *p*, data are simulated from the smaller rung and both rungs are fitted to them; "
    "replicates with a statistic of zero are included."
)
UNGROUPED_NOTE = say(
    "A model without random effects is fitted to the same rows by least squares, a generalized one by "
    "maximum likelihood."
)
ADJUSTMENT_NOTES = {
    "none": say("The *p* values are not adjusted for the number of comparisons."),
    "holm": say("The adjusted *p* values are adjusted for the number of comparisons by Holm’s method."),
}


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the comparisons, the table and the figure of the ladder."""
    figure = drawing(given, "ladder")
    if not given.run.comparisons and figure is None:
        return None
    return {
        "sentences": [
            *(comparison_sentence(given, r) for r in given.run.comparisons if r.refused != FAILED),
            *_not_compared(given),
        ],
        "negative": NEGATIVE_REDUCTION if any(map(has_increase, given.run.comparisons)) else None,
        "table": _table(given) if given.run.comparisons else None,
        "notices": [
            given.names.notice(notice.text) for record in given.run.comparisons for notice in record.notices
        ],
        "figure": figure,
    }


def _not_compared(given: ReportInput) -> list[Phrase]:
    """Return a sentence that lists the pairs in which one of the rungs has no optimum."""
    pairs: list[Phrase] = [
        say("{b} against {a}", b=given.names.model(record.larger), a=given.names.model(record.smaller))
        for record in given.run.comparisons
        if record.refused == FAILED
    ]
    if not pairs:
        return []
    return [
        say(
            "These pairs were not compared because one of the two rungs was not fitted or its search did not "
            "converge (see {link}): {pairs}.",
            link=Link("the notices", "notices"),
            pairs=join(pairs, "; "),
        )
    ]


P_COLUMNS = {
    "p_naive": "Naive ",
    "p_boundary": "Mixture ",
    "p_rlrt": "Exact ",
    "p_boot": "Bootstrap ",
    "p_adjusted": "Adjusted ",
}
ALWAYS = ("p_naive", "p_boundary")


def _table(given: ReportInput) -> Grid:
    """Return the table of tests; columns of simulated and adjusted p values appear only if filled."""
    records = given.run.comparisons
    values = [
        _p_values(record, p, given.alpha) for record, p in zip(records, adjusted_p(given.run), strict=True)
    ]
    shown = [name for name in P_COLUMNS if name in ALWAYS or any(row[name] is not None for row in values)]
    numbers: list[Align] = ["number"] * (2 + len(shown))
    align: list[Align] = ["text", "text", "text", *numbers, "text", "number", "number"]
    return Grid(
        caption=("Likelihood-ratio tests between rungs",),
        columns=columns(
            "Larger rung", "Against", "Criterion", "χ²", (Emphasis("df"),),
            *((P_COLUMNS[name], Emphasis("p")) for name in shown),
            "Null distribution", "ΔAIC", "ΔBIC",
            align=align,
        ),
        rows=tuple(
            _row(given, record, [found[name] for name in shown])
            for record, found in zip(records, values, strict=True)
        ),
        notes=(
            NOTE,
            *((RLRT_NOTE,) if "p_rlrt" in shown else ()),
            *((BOOTSTRAP_NOTE,) if "p_boot" in shown else ()),
            *((UNGROUPED_NOTE,) if _has_ungrouped(given) else ()),
            ADJUSTMENT_NOTES[given.run.adjustment],
        ),
        wide=True,
    )  # fmt: skip


def _has_ungrouped(given: ReportInput) -> bool:
    """Return whether the smaller model of a comparison has no random effects."""
    rungs = {fit.model for fit in (*given.run.fits, *given.run.unreliable)}
    return any(record.smaller not in rungs for record in given.run.comparisons)


def _p_values(record: ComparisonRecord, adjusted: float | None, alpha: float) -> dict[str, Number | None]:
    values = {name: adjusted if name == "p_adjusted" else getattr(record, name) for name in P_COLUMNS}
    return {name: comparison_p(record, name, value, alpha) for name, value in values.items()}


def _row(given: ReportInput, record: ComparisonRecord, p_values: list[Number | None]) -> Row:
    return row(
        (given.names.model(record.larger),),
        [
            (given.names.model(record.smaller),),
            record.criterion if record.statistic is not None else "not tested",
            comparison_number(record, "statistic", record.statistic),
            comparison_number(record, "df", record.df, 0),
            *p_values,
            _distribution(record),
            comparison_number(record, "delta_aic", record.delta_aic),
            comparison_number(record, "delta_bic", record.delta_bic),
        ],
    )


def _distribution(record: ComparisonRecord) -> Phrase | None:
    if record.statistic is None:
        return None
    if record.mixture:
        return mixture_phrase(record)
    code = BOUNDARY_CODES.get(record.p_boundary_code or "not_applicable", record.p_boundary_code)
    return (f"χ²({record.df})" if code is None else str(code),)
