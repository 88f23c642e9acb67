"""Titles of the report's groups and sections, in reading order."""

from __future__ import annotations

from mlm_steps.report.text.text import Link

__all__ = ["GROUPS", "TITLES", "section_link"]

GROUPS = {
    "answer": "Answer",
    "plan": "Plan",
    "data": "Data",
    "models": "Models",
    "results": "Results",
    "checks": "Checks",
    "appendix": "Appendix",
}
"""Headings of the groups of sections; only a report of planned studies without data has a group of plans."""

TITLES = {
    "answer": "Answer",
    "data": "Data and hierarchy",
    "context": "Slopes within and between groups",
    "raw_data": "Raw data",
    "power": "Power and sample size",
    "ladder": "The ladder",
    "headline": "The headline model",
    "effects": "Slopes, means and contrasts",
    "variance": "Variance explained",
    "groups": "Differences between groups",
    "deletions": "Tests of variances",
    "expectations": "Expectations",
    "changes": "Changes since an earlier run",
    "diagnostics": "Checks of the models",
    "influence": "Influential groups",
    "variants": "Variants of the analysis",
    "sensitivity": "Sensitivity of the conclusions",
    "remedies": "Singular and doubtful fits",
    "cost": "The cost of ignoring clusters",
    "allfit": "Optimisers",
    "rungs": "The other rungs",
    "intervals": "Profile likelihoods",
    "notices": "Notices",
    "effort": "Analyses not computed",
    "provenance": "Provenance",
    "checklist": "Reporting checklist",
}
"""Headings of the sections in reading order."""


def section_link(name: str) -> Link:
    """Return a link to a section whose text is the section's title."""
    return Link(TITLES[name], name)
