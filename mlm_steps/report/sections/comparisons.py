"""Tests between rungs, in sentences and as a table."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import ComparisonRecord
from mlm_steps.report.comparing import NEGATIVE_REDUCTION, comparison_sentence, has_increase, mixture_phrase
from mlm_steps.report.drawing import drawing
from mlm_steps.report.facts import comparison_number, comparison_p
from mlm_steps.report.grid import Align, Grid, Row, columns, row
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text import Emphasis, Phrase, say

__all__ = ["context"]

BOUNDARY_CODES = {
    "not_applicable": None,
    "no_closed_weights": "no closed form",
    "null_on_boundary": "null model on boundary",
}

NOTE = say(
    "Tests of fixed effects compare ML fits; tests of variances alone compare fits by the criterion named. A "
    "variance cannot be negative, so under the null hypothesis it lies on its boundary and the naive *p* is "
    "too large; where the mixture of χ² distributions is known, the mixture *p* is the one to report (Self & "
    "Liang 1987; Stram & Lee 1994). Negative ΔAIC and ΔBIC favour the larger rung."
)
ALIGN: tuple[Align, ...] = (*("text",) * 3, *("number",) * 4, "text", "number", "number")


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the comparisons, the table and the figure of the ladder."""
    figure = drawing(given, "ladder")
    if not given.run.comparisons and figure is None:
        return None
    return {
        "sentences": [comparison_sentence(given, record) for record in given.run.comparisons],
        "negative": NEGATIVE_REDUCTION if any(map(has_increase, given.run.comparisons)) else None,
        "table": _table(given) if given.run.comparisons else None,
        "notices": [
            given.names.notice(notice.text) for record in given.run.comparisons for notice in record.notices
        ],
        "figure": figure,
    }


def _table(given: ReportInput) -> Grid:
    return Grid(
        caption=("Likelihood-ratio tests between rungs",),
        columns=columns(
            "Larger rung", "Against", "Criterion", "χ²", (Emphasis("df"),), ("Naive ", Emphasis("p")),
            ("Mixture ", Emphasis("p")), "Null distribution", "ΔAIC", "ΔBIC",
            align=ALIGN,
        ),
        rows=tuple(_row(given, record) for record in given.run.comparisons),
        notes=(NOTE,),
        wide=True,
    )  # fmt: skip


def _row(given: ReportInput, record: ComparisonRecord) -> Row:
    return row(
        (given.names.model(record.larger),),
        [
            (given.names.model(record.smaller),),
            record.criterion if record.statistic is not None else "not tested",
            comparison_number(record, "statistic", record.statistic),
            comparison_number(record, "df", record.df, 0),
            comparison_p(record, "p_naive", record.p_naive),
            comparison_p(record, "p_boundary", record.p_boundary),
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
