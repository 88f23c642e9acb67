"""A figure of the run as the templates place it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mlm_steps.report.inputs import ReportInput

__all__ = ["Drawing", "drawing"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with its title, its reading in words, the text for screen readers and its inline SVG."""

    name: str
    title: str
    reading: str
    alt: str
    svg: Markup


def drawing(given: ReportInput, name: str) -> Drawing | None:
    """Return a figure of the run; None if the run has none of that name."""
    record = next((figure for figure in given.run.figures if figure.name == name), None)
    document = given.svgs.get(name)
    if record is None or document is None:
        return None
    svg = Markup(document[document.index("<svg") :])  # noqa: S704 (drawn and escaped by mlm_steps.figures)
    return Drawing(name, record.title, record.reading, record.alt, svg)
