"""Planned studies: assumptions, power, and what the target needs."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.inputs import ReportInput

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return nothing."""
    return None
