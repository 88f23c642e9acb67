"""A ladder of many rungs in brief: one row per rung."""

from __future__ import annotations

from mlm_steps.records import FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.rung_differences import Difference, added_phrase, rung_before
from mlm_steps.report.tables.ladder_comparisons import comparisons_of, reported_p, statistic_phrase
from mlm_steps.report.text.facts import comparison_number, fit_number, measure_or_reason
from mlm_steps.report.text.grid import Align, Grid, Row, columns, row
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, say

__all__ = ["overview_grid"]

ALIGN: tuple[Align, ...] = ("text", "text", "number", "number", "text", *("number",) * 5, "text")
NOTE = say(
    "Each rung with its difference from the rung before and its first comparison; negative ΔAIC and ΔBIC "
    "favour the larger rung."
)


def overview_grid(given: ReportInput) -> Grid:
    """Return what each rung adds, its fit and its first comparison."""
    return Grid(
        caption=("The rungs in brief",),
        columns=columns(
            "Rung", "Difference", "Parameters", "Deviance", "Against", "χ² (df)", (Emphasis("p"),), "ΔAIC",
            "ΔBIC", (Emphasis("R"), "² marginal"), "Status",
            align=ALIGN,
        ),
        rows=tuple(_row(given, fit) for fit in given.run.fits),
        notes=(NOTE,),
        wide=True,
    )  # fmt: skip


def _row(given: ReportInput, fit: FitRecord) -> Row:
    tests = comparisons_of(given, fit.model)
    test = tests[0] if tests else None
    incomparable = fit.incomparable is not None
    added: Phrase = added_phrase(given, Difference(fit, rung_before(given, fit))) or (Code(fit.formula),)
    compared = (
        [None] * 5
        if test is None
        else [
            (given.names.model(test.smaller),),
            statistic_phrase(test),
            reported_p(test, given.alpha),
            comparison_number(test, "delta_aic", test.delta_aic),
            comparison_number(test, "delta_bic", test.delta_bic),
        ]
    )
    return row(
        (given.names.model(fit.model),),
        [
            added,
            fit_number(fit, "npar", fit.npar),
            "not converged" if incomparable else fit_number(fit, "d_ml", fit.ml.criterion, 2),
            *compared,
            _r2(given, fit),
            fit.reported.convergence.status,
        ],
    )


def _r2(given: ReportInput, fit: FitRecord) -> Number | str | None:
    record = given.variance(fit.model)
    found = next((m for m in record.measures if m.measure == "r2_marginal"), None) if record else None
    return None if found is None else measure_or_reason(fit.model, found)
