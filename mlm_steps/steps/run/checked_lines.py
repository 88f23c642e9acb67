"""The lines on expectations that the command line prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlm_steps.errors import printable
from mlm_steps.records.checks import CheckedExpectation, ChecksRecord

__all__ = ["count_line", "failure_lines"]

MOST_SHOWN = 5
"""Largest number of failures of one expectation that the terminal shows; the report lists all of them."""


def count_line(record: ChecksRecord) -> str:
    """Return how many expectations hold, for example ``expectations: 6 of 7 hold, 1 failed``."""
    total = len(record.expectations)
    errors = sum(each.severity == "error" for each in record.failed)
    warnings = len(record.failed) - errors
    if not record.failed:
        return f"expectations: {'the one holds' if total == 1 else f'all {total} hold'}"
    parts = [f"{errors} failed"] if errors else []
    parts += [f"{warnings} warned"] if warnings else []
    return f"expectations: {total - len(record.failed)} of {total} hold, {', '.join(parts)}"


def failure_lines(record: ChecksRecord, spec: Path) -> list[str]:
    """Return a line with its place in the spec for each expectation that fails, and for what was found."""
    return [printable(line) for each in record.failed for line in _lines(each, spec)]


def _lines(each: CheckedExpectation, spec: Path) -> Sequence[str]:
    word = "failed" if each.severity == "error" else "warning"
    where = f"{spec}:{each.line}:{each.column}: expect[{each.position}]: {word}"
    messages = [finding.message for finding in each.failures]
    if len(messages) == 1:
        return [f"{where}: {messages[0]}"]
    rest = len(messages) - MOST_SHOWN
    more = [f"  and {rest} more, which the report lists"] if rest > 0 else []
    return [f"{where}: {each.title}", *(f"  {message}" for message in messages[:MOST_SHOWN]), *more]
