"""Rows of the ladder table for the comparisons of rungs (reporting standard, part H)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest

from mlm_steps.records import ComparisonRecord, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.comparisons import mixture_phrase
from mlm_steps.report.text.facts import comparison_number, comparison_p
from mlm_steps.report.text.grid import Row, heading, row
from mlm_steps.report.text.notation import P_WORDS
from mlm_steps.report.text.text import Emphasis, Number, Phrase
from mlm_steps.tables.comparison import adjusted_p

__all__ = ["comparison_rows", "comparisons_of", "reported_p", "statistic_phrase"]

BOUNDARY_CODES = {
    "no_closed_weights": "no closed form",
    "null_on_boundary": "null model on boundary",
}
OTHER_P = {"p_naive": "Naive ", "p_boundary": "Mixture ", "p_rlrt": "Exact "}
"""p values that are shown beside the reported one, with the start of their head."""


def comparison_rows(given: ReportInput, fits: Sequence[FitRecord]) -> list[Row]:
    """Return the comparisons of each rung with smaller ones.

    The first block of rows has the first comparison of each rung, the next block the second ones, and so on.
    """
    tests = [comparisons_of(given, fit.model) for fit in fits]
    adjusted = dict(zip(given.run.comparisons, adjusted_p(given.run), strict=True))
    blocks = zip_longest(*tests)
    return [line for number, block in enumerate(blocks) for line in _block(given, number, block, adjusted)]


def comparisons_of(given: ReportInput, model: str) -> list[ComparisonRecord]:
    """Return the comparisons of a rung; the one with the previous rung comes first."""
    models = [fit.model for fit in given.run.fits]
    before = dict(zip(models[1:], models, strict=False)).get(model)
    found = [record for record in given.run.comparisons if record.larger == model]
    return sorted(found, key=lambda record: record.smaller != before)


def _block(
    given: ReportInput,
    number: int,
    tests: Sequence[ComparisonRecord | None],
    adjusted: dict[ComparisonRecord, float | None],
) -> list[Row]:
    def line(head: str | Phrase, of: Callable[[ComparisonRecord], Number | Phrase | None]) -> Row:
        return row(head, [None if test is None else of(test) for test in tests])

    p = (Emphasis("p"),)
    optional = [
        *(
            line((words, *p), partial(_other_p, name=name, alpha=given.alpha))
            for name, words in OTHER_P.items()
        ),
        line(("Adjusted ", *p), lambda t: comparison_p(t, "p_adjusted", adjusted.get(t), given.alpha)),
    ]
    return [
        heading("Further comparison" if number else "Comparison"),
        line("Against", lambda test: (given.names.model(test.smaller),)),
        line("χ² (df)", statistic_phrase),
        line("By", _tested_by),
        line(p, lambda test: reported_p(test, given.alpha)),
        *(each for each in optional if any(item.content for item in each.cells)),
        line("ΔAIC", lambda test: comparison_number(test, "delta_aic", test.delta_aic)),
        line("ΔBIC", lambda test: comparison_number(test, "delta_bic", test.delta_bic)),
    ]


def statistic_phrase(record: ComparisonRecord) -> Phrase:
    """Return the statistic with its degrees of freedom in parentheses."""
    statistic = comparison_number(record, "statistic", record.statistic)
    df = comparison_number(record, "df", record.df, 0)
    return ("not tested",) if statistic is None or df is None else (statistic, " (", df, ")")


def reported_p(record: ComparisonRecord, alpha: float) -> Number | None:
    """Return the p value to report."""
    return None if record.p_from is None else comparison_p(record, record.p_from, record.p, alpha)


def _tested_by(record: ComparisonRecord) -> Phrase | None:
    """Return the criterion of a test and the null distribution or the method of its p value."""
    if record.criterion is None:
        return None
    known = _distribution(record)
    if known is not None and record.p_from in ("p_boundary", "p_naive"):
        return (f"{record.criterion}, ", *known)
    return (f"{record.criterion}{P_WORDS[record.p_from]}",)


def _other_p(record: ComparisonRecord, name: str, alpha: float) -> Number | None:
    """Return a p value unless it is the reported one, or equal to it by definition."""
    if record.p_from in (None, name) or (name == "p_boundary" and len(record.mixture or ()) < 2):
        return None
    if record.p_from == "p_boundary" and len(record.mixture or ()) < 2:
        return None
    return comparison_p(record, name, getattr(record, name), alpha)


def _distribution(record: ComparisonRecord) -> Phrase | None:
    """Return the null distribution of a test of variances, or why it has no closed form."""
    if record.statistic is None:
        return None
    if record.mixture and len(record.mixture) > 1:
        return mixture_phrase(record)
    code = BOUNDARY_CODES.get(record.p_boundary_code or "")
    return None if code is None else (code,)
