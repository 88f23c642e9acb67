"""The key above a plot: samples of lines, marks and areas, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlm_steps.figures.svg.colours import INK, PAPER
from mlm_steps.figures.svg.hatches import hatch_id
from mlm_steps.figures.svg.lettering import escaped, fit, width_of
from mlm_steps.figures.svg.look import stroke
from mlm_steps.figures.svg.marks import shape

__all__ = ["LINE", "TICK", "Key", "key_elements", "key_rows"]

LINE = 15.0
"""Height of a line of text in pixels."""
TICK = 10.5
"""Size of the font of ticks and of the key."""
SWATCH = 26.0
"""Width of the sample of a line, mark or area in pixels."""
GAP = 12.0
"""Pixels between entries."""


@dataclass(frozen=True, slots=True)
class Key:
    """An entry: a sample and its meaning.

    ``dash`` draws a line, ``mark`` is a shape of ``marks``, ``area`` fills the sample, and ``hatch`` is its
    pattern.
    """

    label: str
    colour: str
    dash: str | None = None
    mark: str = ""
    hollow: bool = False
    area: bool = False
    hatch: str = ""
    width: float = 2.0


def _placed(keys: Sequence[Key], width: float) -> list[tuple[int, float, Key, str]]:
    """Return row, left edge, entry and text of each entry."""
    found, row, x = [], 0, 2.0
    for each in keys:
        text = fit(each.label, width - SWATCH - GAP, TICK)
        wide = SWATCH + 5 + width_of(text, TICK)
        if x > 2 and x + wide > width:
            row, x = row + 1, 2.0
        found.append((row, x, each, text))
        x += wide + GAP
    return found


def key_rows(keys: Sequence[Key], width: float) -> int:
    """Return the number of rows that the entries take in this width."""
    return _placed(keys, width)[-1][0] + 1 if keys else 0


def key_elements(keys: Sequence[Key], width: float, top: float, name: str) -> Iterator[str]:
    """Return the elements of the key; ``name`` begins the ids of patterns."""
    for row, x, each, text in _placed(keys, width):
        y = top + LINE * row + 10
        yield from _sample(each, x, y, name)
        place = f'x="{x + SWATCH + 5:.1f}" y="{y + 3.5:.1f}"'
        yield f'<text {place} font-size="{TICK:g}" fill="{INK}">{escaped(text)}</text>'


def _sample(key: Key, x: float, y: float, name: str) -> Iterator[str]:
    if key.area:
        place = f'x="{x:.1f}" y="{y - 5:.1f}" width="{SWATCH:g}" height="10"'
        yield f'<rect {place} fill="{key.colour}"/>'
        if key.hatch:
            yield f'<rect {place} fill="url(#{hatch_id(name, key.hatch)})"/>'
        return
    if key.dash is not None:
        yield f'<path d="M{x:.1f} {y:.1f}h{SWATCH:g}" {stroke(key.colour, key.width, key.dash)}/>'
    if key.mark:
        bare = key.mark in "x+|"
        fill = "none" if bare else PAPER if key.hollow else key.colour
        step = shape(key.mark, x + SWATCH / 2, y, 8 if bare else 6)
        yield f'<path d="{step}" fill="{fill}" stroke="{key.colour}" stroke-width="{2 if bare else 1.2:g}"/>'
