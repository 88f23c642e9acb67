"""How the intervals of variances were made: profiles of the likelihood, drawn."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.intervals import interval_methods
from mlm_steps.report.text.text import Phrase, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the methods in words and the figure of the profiles; None where no interval took a step."""
    records = given.run.intervals.records
    if not records or not given.run.fits:
        return None
    return {
        "methods": say(f"Methods of the intervals: {interval_methods(given.run.fits)}."),
        "profile": PROFILE if any(record.curves for record in records) else None,
        "figure": drawing(given, "profile"),
    }


PROFILE: Phrase = say(
    "A profile holds one parameter at one value after another and fits the others anew; ζ is the signed root "
    "of the rise of the deviance, and the interval holds the values at which ζ lies in the grey band. "
    "Profiles are those of maximum likelihood also where estimates are REML; an interval need not be "
    "symmetric about the estimate, or contain it."
)
