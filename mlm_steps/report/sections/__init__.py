"""Sections of the report, in reading order.

To add one, write ``sections/<name>.py`` with ``context(given) -> dict | None`` (None leaves the section out),
its templates ``reports/html/<name>.html`` and ``reports/md/<name>.md``, and list it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sections import (
    allfit,
    author,
    checklist,
    comparisons,
    data,
    deletions,
    effects,
    effort,
    equations,
    groups,
    intervals,
    ladder,
    notices,
    prelude,
    provenance,
    raw_data,
    remedies,
    rungs,
    summary,
    variance,
)

__all__ = ["SECTIONS", "Context", "Section"]


class Context(Protocol):
    """Makes what the templates of one section format; None if the run has nothing for it."""

    def __call__(self, given: ReportInput) -> dict[str, Any] | None:
        """Return the values of the section, rounded and worded; a template only places them."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    context: Context


SECTIONS: dict[str, Section] = {
    "summary": Section("Summary", summary.context),
    "data": Section("Data and hierarchy", data.context),
    "raw_data": Section("The data in one picture", raw_data.context),
    "prelude": Section("Prelude: single-level models", prelude.context),
    "equations": Section("Models and equations", equations.context),
    "ladder": Section("The ladder", ladder.context),
    "comparisons": Section("Comparisons of rungs", comparisons.context),
    "deletions": Section("Random effects left out", deletions.context),
    "effects": Section("Slopes, means and contrasts", effects.context),
    "variance": Section("Variance explained", variance.context),
    "groups": Section("Differences between groups", groups.context),
    "intervals": Section("Profiles and intervals of the parameters", intervals.context),
    "rungs": Section("Each rung in full", rungs.context),
    "remedies": Section("Singular and doubtful fits", remedies.context),
    "allfit": Section("Optimisers", allfit.context),
    "effort": Section("Left out", effort.context),
    "notices": Section("Notices", notices.context),
    "author": Section("For the author to write", author.context),
    "provenance": Section("Provenance", provenance.context),
    "checklist": Section("Reporting checklist", checklist.context),
}
