"""Placeholders for the author, one per open item of the reporting checklist."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.standard.checklist import answers

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return a placeholder for each gap that only the author can fill."""
    gaps = [item for item in answers(given) if item.status == "gap" and item.prompt]
    return {"gaps": gaps} if gaps else None
