"""Sections of the report, in reading order.

To add one, write ``sections/<name>.py`` with ``context(given) -> dict | None`` (None leaves the section out)
and its templates ``reports/html/<name>.html`` and ``reports/md/<name>.md``, give it a title in
``report/titles.py``, and list it here in its group. A section imports no other section.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sections import (
    allfit,
    answer,
    changes,
    checklist,
    context,
    cost,
    data,
    deletions,
    diagnostics,
    effects,
    effort,
    expectations,
    groups,
    headline,
    influence,
    intervals,
    ladder,
    notices,
    power,
    provenance,
    raw_data,
    remedies,
    rungs,
    sensitivity,
    variance,
    variants,
)
from mlm_steps.report.titles import TITLES

__all__ = ["ALONE", "SECTIONS", "Section", "SectionContext"]


class SectionContext(Protocol):
    """A function that prepares the values for the templates of a section; None omits the section."""

    def __call__(self, given: ReportInput) -> dict[str, Any] | None:
        """Return the values of the section as phrases and tables with rounded numbers."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report.

    Attributes
    ----------
    title : str
    context : SectionContext
        Prepares the values for its templates.
    group : str
        The name of its group of sections, a key of ``GROUPS`` in ``report/titles.py``.
    """

    title: str
    context: SectionContext
    group: str


_CONTEXTS: dict[str, dict[str, SectionContext]] = {
    "answer": {
        "answer": answer.context,
    },
    "data": {
        "data": data.context,
        "context": context.context,
        "raw_data": raw_data.context,
        "power": power.context,
    },
    "models": {
        "ladder": ladder.context,
        "headline": headline.context,
    },
    "results": {
        "effects": effects.context,
        "variance": variance.context,
        "groups": groups.context,
        "deletions": deletions.context,
    },
    "checks": {
        "expectations": expectations.context,
        "changes": changes.context,
        "diagnostics": diagnostics.context,
        "influence": influence.context,
        "variants": variants.context,
        "sensitivity": sensitivity.context,
        "remedies": remedies.context,
        "cost": cost.context,
        "allfit": allfit.context,
    },
    "appendix": {
        "rungs": rungs.context,
        "intervals": intervals.context,
        "notices": notices.context,
        "effort": effort.context,
        "provenance": provenance.context,
        "checklist": checklist.context,
    },
}
SECTIONS = {
    name: Section(TITLES[name], context, group)
    for group, contexts in _CONTEXTS.items()
    for name, context in contexts.items()
}
ALONE = {"power": "plan", "provenance": "appendix", "checklist": "appendix"}
"""Sections of a report on planned studies without data and ladder, with their groups."""
