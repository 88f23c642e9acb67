"""The coefficient of interest in all variants of the analysis."""

from __future__ import annotations

from typing import Any

from mlm_steps.records.curve import curve_of
from mlm_steps.records.failure import Absence
from mlm_steps.records.variants import VariantsRecord, key_coefficients, variants_of
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.variants import failure_sentences, lead_sentences, summary_sentence
from mlm_steps.report.tables.variants import variants_grid
from mlm_steps.report.text.text import Phrase, Word, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return what varies, the summary, the figure and the table; None if nothing was varied."""
    lost, found = _lost(given), variants_of(given.run)
    if not found and not lost:
        return None
    key = key_coefficients(given.run)
    curves = [] if key is None else [curve_of(given.run, key, column) for column in key.columns]
    return {
        "lead": lead_sentences(given, found, curves) if found else [],
        "summaries": [summary_sentence(given, curve) for curve in curves if curve.known],
        "figure": drawing(given, "variants"),
        "table": variants_grid(given, curves) if any(curve.known for curve in curves) else None,
        "remarks": [*lost, *failure_sentences(given, found)],
    }


def _lost(given: ReportInput) -> list[Phrase]:
    """Return the reasons of jobs of variants that have no record."""
    jobs = [job for job in given.run.results if job.partition("/")[0] == "variants"]
    results = {job: given.run.result(VariantsRecord, job) for job in jobs}
    return [
        say("The variants {of} were not fitted: {why}.", of=_numbers(job), why=Word(record.reason))
        for job, record in results.items()
        if isinstance(record, Absence)
    ]


def _numbers(job: str) -> str:
    """Return the numbers of the variants of a job, counted from 1."""
    start, _, end = job.partition("/")[2].partition("-")
    return f"{int(start) + 1} to {end}"
