"""Patterns of areas, so that no area is told apart by its colour alone."""

from __future__ import annotations

from collections.abc import Iterable

from mlm_steps.figures.svg.colours import PAPER

__all__ = ["HATCHES", "definitions", "hatch_id"]

HATCHES = {
    "/": "M-2 2l4 -4M0 8l8 -8M6 10l4 -4",
    "\\": "M-2 6l4 4M0 0l8 8M6 -2l4 4",
    "|": "M4 0v8",
    "-": "M0 4h8",
    "x": "M0 0l8 8M0 8l8 -8",
}
"""Patterns as white lines in a square of 8 pixels."""


def hatch_id(name: str, hatch: str) -> str:
    """Return the id of a pattern; ``name`` is unique in a page."""
    return f"{name}-{list(HATCHES).index(hatch)}"


def definitions(name: str, used: Iterable[str]) -> str:
    """Return the definitions of the patterns that a plot uses; empty if it uses none."""
    made = "".join(
        f'<pattern id="{hatch_id(name, each)}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<path d="{HATCHES[each]}" stroke="{PAPER}" stroke-width="1.3" fill="none"/></pattern>'
        for each in sorted(used)
    )
    return f"<defs>{made}</defs>" if made else ""
