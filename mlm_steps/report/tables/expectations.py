"""The table of the expectations of the spec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlm_steps.records.checks import CheckedExpectation, Finding
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.text import Number, Phrase, Word, source

__all__ = ["VERDICTS", "expectation_grid"]

MOST_FINDINGS = 12
"""Largest number of failures of one expectation that the report shows; the table ``expectations`` has all."""
VERDICTS = {"error": "failed", "warn": "warning"}
"""The words for an expectation that fails, by its severity."""


def expectation_grid(caption: str, found: Sequence[CheckedExpectation]) -> Grid:
    """Return the table of some expectations: of one that fails the failures, of one that holds everything."""
    heads = columns(
        "Expectation", "What was compared", "Found", "Expected", "Verdict",
        align=("text", "text", "number", "text", "text"),
    )  # fmt: skip
    rows = tuple(line for each in found for line in _rows(each))
    return Grid((caption,), heads, rows, wide=True)


def _rows(each: CheckedExpectation) -> Iterable[Row]:
    findings = _shortened(each.findings) if each.holds else each.failures
    verdict = "holds" if each.holds else VERDICTS[each.severity]
    for position, finding in enumerate(findings[:MOST_FINDINGS]):
        first = position == 0
        cells = [(Word(finding.what),), _found(each, finding), (Word(finding.expected),)]
        yield row((Word(each.title),) if first else (), [*cells, verdict if first else None])
    rest = len(findings) - MOST_FINDINGS
    if rest > 0:
        yield row((), [f"and {rest} more in the table expectations", None, None, None])


def _shortened(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return one finding for several rungs of which the same word holds."""
    words = {(finding.shown, finding.expected) for finding in findings}
    if len(findings) == 1 or len(words) > 1:
        return findings
    return [findings[0].with_values(what=f"{findings[0].what} and {len(findings) - 1} more", found=None)]


def _found(each: CheckedExpectation, finding: Finding) -> Phrase:
    if finding.found is None or finding.quantity == "diagnostics":
        return (Word(finding.shown),)
    text = finding.shown.replace("-", "\N{MINUS SIGN}")
    keys = (each.position + 1, finding.what, finding.quantity)
    return (Number(text, source("expectations", *keys, "found")),)
