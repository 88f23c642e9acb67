"""The figures of a run as the templates place them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.key_effect import key_effect, key_figures

__all__ = ["Drawing", "drawing", "inline", "key_drawing"]

_PANEL = re.compile(r'<svg class="panel.*?</svg>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with its title, its reading in words, the text for screen readers and its inline SVG."""

    name: str
    title: str
    reading: str
    alt: str
    svg: Markup


def drawing(given: ReportInput, name: str) -> Drawing | None:
    """Return a figure of the run; None if the run has none of that name, or if the answer shows it."""
    shown = key_drawing(given)
    return None if shown is not None and shown.name == name else _drawn(given, name)


def key_drawing(given: ReportInput) -> Drawing | None:
    """Return the figure of the effect that the report answers first, which no other section repeats."""
    found = (_drawn(given, name) for name in key_figures(key_effect(given)))
    return next((figure for figure in found if figure is not None), None)


def _drawn(given: ReportInput, name: str) -> Drawing | None:
    record = next((figure for figure in given.run.figures if figure.name == name), None)
    document = given.svgs.get(name)
    if record is None or document is None:
        return None
    axes = record.alt.replace(record.reading, "").strip() or record.alt  # the caption has the reading
    return Drawing(name, record.title, record.reading, axes, inline(document))


def inline(document: str) -> Markup:
    """Return the panels of a figure as elements of their own, which a narrow page puts below each other.

    Each keeps its place in the figure, ``x`` and ``y``, which counts only inside another ``svg`` element: a
    script that saves the figure puts the panels into one.
    """
    panels = _PANEL.findall(document)
    svg = "\n".join(panels) if panels else document[document.index("<svg") :]
    return Markup(svg)  # noqa: S704 (drawn and escaped by mlm_steps.figures)
