"""The raw data, or shares and rates of a generalized model, with the fitted line of the final rung."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the figure, if it was drawn."""
    figure = drawing(given, "raw_data") or drawing(given, "rates")
    return None if figure is None else {"figure": figure}
