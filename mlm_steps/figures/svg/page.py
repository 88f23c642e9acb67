"""A figure as a document: its panels in rows, each an ``svg`` element that a page can place by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlm_steps.figures.svg.lettering import escaped
from mlm_steps.figures.svg.plane import MEDIUM, SMALL, Plane

__all__ = ["Panel", "document"]

GAP = 18.0
"""Pixels between panels."""
MOST_WIDTH = 1010.0
"""Width of a row of panels in pixels: three small ones or two wide ones fit."""
FONTS = "system-ui, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

Panel = tuple[float, float, float, str]
"""Width, top, height and elements of a panel; the top may be negative."""


def document(planes: Iterable[Plane], title: str, *, most: float = MOST_WIDTH) -> bytes:
    """Return plots as one SVG document."""
    panels = [(plane.width, *plane.elements()) for plane in planes]
    return panels_document(panels, title, most=most)


def panels_document(panels: Sequence[Panel], title: str, *, most: float = MOST_WIDTH) -> bytes:
    """Return panels as one SVG document, in rows whose lower edges are aligned."""
    placed, width, height = [], 0.0, 0.0
    for row in _rows(panels, most):
        deep = max(panel[2] for panel in row)
        left = 0.0
        for panel in row:
            placed.append(_element(panel, left, height + deep - panel[2]))
            left += panel[0] + GAP
        width, height = max(width, left - GAP), height + deep + GAP
    body = "\n".join(placed)
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height - GAP:.1f}" '
        f'font-family="{FONTS}" stroke-linejoin="round"><title>{escaped(title)}</title>\n{body}\n</svg>\n'
    ).encode()


def _rows(panels: Sequence[Panel], most: float) -> Iterator[list[Panel]]:
    row: list[Panel] = []
    for panel in panels:
        if row and sum(each[0] + GAP for each in row) + panel[0] > most:
            yield row
            row = []
        row.append(panel)
    if row:
        yield row


def _element(panel: Panel, left: float, down: float) -> str:
    width, top, height, elements = panel
    kind = "small" if width <= SMALL else "medium" if width <= MEDIUM else "wide"
    return (
        f'<svg class="panel {kind}" x="{left:.1f}" y="{down:.1f}" width="{width:g}" height="{height:.1f}" '
        f'viewBox="0 {top:.1f} {width:g} {height:.1f}">\n{elements}\n</svg>'
    )
