"""Sections of the report, in reading order.

To add one, write ``sections/<name>.py`` with ``context(given) -> dict | None`` (None leaves the section out)
and its templates ``reports/html/<name>.html`` and ``reports/md/<name>.md``, give it a title in
``report/titles.py``, and list it here. A section imports no other section.
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
    context,
    cost,
    data,
    deletions,
    diagnostics,
    effects,
    effort,
    equations,
    groups,
    influence,
    intervals,
    ladder,
    notices,
    power,
    prelude,
    provenance,
    raw_data,
    remedies,
    rungs,
    sensitivity,
    summary,
    variance,
)
from mlm_steps.report.titles import TITLES

__all__ = ["ALONE", "SECTIONS", "Section", "SectionContext"]


class SectionContext(Protocol):
    """A function that prepares the values for the templates of a section; None omits the section."""

    def __call__(self, given: ReportInput) -> dict[str, Any] | None:
        """Return the values of the section as phrases and tables with rounded numbers."""


@dataclass(frozen=True, slots=True)
class Section:
    """The title of a section and the function that prepares its values."""

    title: str
    context: SectionContext


_CONTEXTS: dict[str, SectionContext] = {
    "summary": summary.context,
    "data": data.context,
    "raw_data": raw_data.context,
    "prelude": prelude.context,
    "cost": cost.context,
    "equations": equations.context,
    "ladder": ladder.context,
    "comparisons": comparisons.context,
    "deletions": deletions.context,
    "effects": effects.context,
    "context": context.context,
    "variance": variance.context,
    "groups": groups.context,
    "diagnostics": diagnostics.context,
    "influence": influence.context,
    "sensitivity": sensitivity.context,
    "intervals": intervals.context,
    "rungs": rungs.context,
    "remedies": remedies.context,
    "allfit": allfit.context,
    "effort": effort.context,
    "notices": notices.context,
    "author": author.context,
    "power": power.context,
    "provenance": provenance.context,
    "checklist": checklist.context,
}
ALONE = ("power", "author", "provenance", "checklist")
"""The sections of the report on planned studies without data and ladder."""
SECTIONS = {name: Section(TITLES[name], context) for name, context in _CONTEXTS.items()}
