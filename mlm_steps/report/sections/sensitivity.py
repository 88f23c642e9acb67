"""The coefficients of the final rung under variants of the model."""

from __future__ import annotations

from typing import Any

from mlm_steps.records.failure import Absence
from mlm_steps.records.sensitivity import SensitivityRecord
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.sensitivity import (
    change_sentences,
    lead_sentence,
    records_of,
    remark_sentences,
)
from mlm_steps.report.tables.sensitivity import sensitivity_grids
from mlm_steps.report.text.text import Phrase, Word, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return what changes, the tables, and what could not be fitted; None if nothing was varied."""
    records, failures = records_of(given), _failures(given)
    if not records:
        return (
            {"lead": None, "changes": [], "figure": None, "tables": [], "remarks": failures}
            if failures
            else None
        )
    with_numbers = any(v.ending in ("converged", "singular") for r in records for v in r.variations)
    return {
        "lead": lead_sentence(given, records) if with_numbers else None,
        "changes": change_sentences(given, records),
        "figure": drawing(given, "sensitivity"),
        "tables": sensitivity_grids(given, records) if with_numbers else [],
        "remarks": [*failures, *remark_sentences(given, records)],
    }


def _failures(given: ReportInput) -> list[Phrase]:
    """Return the reasons of the kinds of variants that have no record."""
    jobs = [job for job in given.run.results if job.partition("/")[0] == "sensitivity"]
    found = {job: given.run.result(SensitivityRecord, job) for job in jobs}
    return [
        say("{kind}: {why}", kind=job.partition("/")[2].replace("_", " "), why=Word(record.reason))
        for job, record in found.items()
        if isinstance(record, Absence)
    ]
