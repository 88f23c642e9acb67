"""The figure of the profile likelihoods, and how it is read."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.text import Phrase, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return what a profile is and the figure of the profiles; None if the run has none.

    The notes of the ladder state the methods of all intervals.
    """
    records = given.run.intervals.records
    figure = drawing(given, "profile")
    if not given.run.fits or figure is None or not any(record.curves for record in records):
        return None
    return {"profile": _profile(given), "figure": figure}


PROFILE = (
    "A profile fixes one parameter at a series of values and re-estimates all others. ζ is the signed square "
    "root of the increase of the deviance; the interval contains the values at which ζ lies in the grey "
    "band. {so} symmetric about the estimate{too}."
)
BY_REML = {
    "so": "Profiles use maximum likelihood even if the estimates are REML, so an interval need not be",
    "too": " or contain it",
}
BY_ML = {"so": "An interval need not be", "too": ""}


def _profile(given: ReportInput) -> Phrase:
    """Return what a profile is; REML belongs to linear models alone."""
    return say(PROFILE, **(BY_REML if any(fit.linear for fit in given.run.fits) else BY_ML))
