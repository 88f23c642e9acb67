"""The reporting checklist: each item, whether the run answers it, and where."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.standard.checklist import answers, gap_sentence

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any]:
    """Return the checklist and its counts."""
    return {"answers": answers(given), "count": gap_sentence(given)}
