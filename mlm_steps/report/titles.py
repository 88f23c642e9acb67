"""Titles of the report's sections, by the section's name."""

from __future__ import annotations

from mlm_steps.report.text.text import Link

__all__ = ["TITLES", "section_link"]

TITLES = {
    "summary": "Summary",
    "data": "Data and hierarchy",
    "raw_data": "Raw data",
    "prelude": "Prelude: single-level models",
    "cost": "The cost of ignoring clusters",
    "equations": "Models and equations",
    "ladder": "The ladder",
    "comparisons": "Comparisons of rungs",
    "deletions": "Tests of random effects",
    "effects": "Slopes, means and contrasts",
    "context": "Slopes within and between groups",
    "variance": "Variance explained",
    "groups": "Differences between groups",
    "diagnostics": "Checks of the models",
    "influence": "Influential groups",
    "sensitivity": "Sensitivity of the conclusions",
    "intervals": "Intervals and profile likelihoods",
    "rungs": "Each rung in full",
    "remedies": "Singular and doubtful fits",
    "allfit": "Optimisers",
    "effort": "Analyses not computed",
    "notices": "Notices",
    "author": "For the author to write",
    "power": "Power and sample size",
    "provenance": "Provenance",
    "checklist": "Reporting checklist",
}
"""Headings in reading order."""


def section_link(name: str) -> Link:
    """Return a link to a section whose text is the section's title."""
    return Link(TITLES[name], name)
