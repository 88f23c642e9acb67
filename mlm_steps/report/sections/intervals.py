"""The methods of the intervals, and the figure of the profile likelihoods."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.intervals import interval_methods
from mlm_steps.report.text.text import Phrase, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the methods in words and the figure of the profiles; None if the run has none."""
    records = given.run.intervals.records
    if not records or not given.run.fits:
        return None
    return {
        "methods": say(f"Methods of the intervals: {interval_methods(given.run.fits)}."),
        "profile": PROFILE if any(record.curves for record in records) else None,
        "figure": drawing(given, "profile"),
    }


PROFILE: Phrase = say(
    "A profile fixes one parameter at a series of values and re-estimates all others. ζ is the signed square "
    "root of the increase of the deviance; the interval contains the values at which ζ lies in the grey "
    "band. Profiles use maximum likelihood even if the estimates are REML, so an interval need not be "
    "symmetric about the estimate or contain it."
)
