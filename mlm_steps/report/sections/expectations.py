"""What the spec expects of the results, and what was found."""

from __future__ import annotations

from typing import Any

from mlm_steps.records.checks import ChecksRecord
from mlm_steps.records.failure import Absence
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.tables.expectations import expectation_grid
from mlm_steps.report.text.text import Phrase, Word, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return how many expectations hold, the failures and the rest; None if the spec expects nothing."""
    record = given.run.result(ChecksRecord, "checks")
    if record is None:
        return None
    if isinstance(record, Absence):
        text = say("The expectations of the spec could not be checked: {why}", why=Word(record.reason))
        return {"lead": text, "failed": None, "held": None}
    held = [each for each in record.expectations if each.holds]
    return {
        "lead": _lead(record),
        "failed": expectation_grid("Expectations that are not met", record.failed) if record.failed else None,
        "held": expectation_grid("Expectations that are met", held) if held else None,
    }


def _lead(record: ChecksRecord) -> Phrase:
    total = len(record.expectations)
    errors = sum(each.severity == "error" for each in record.failed)
    warnings = len(record.failed) - errors
    if not record.failed:
        which = "the expectation" if total == 1 else f"all {total} expectations"
        return (f"The results meet {which} of the spec.",)
    parts = [f"{errors} failed"] if errors else []
    parts += [f"{warnings} gave {'a warning' if warnings == 1 else 'warnings'}"] if warnings else []
    noun = "the expectation" if total == 1 else f"the {total} expectations"
    return (f"Of {noun} of the spec, {' and '.join(parts)}.",)
