"""Shapes of marks as steps of an SVG path, around the place where a mark stands."""

from __future__ import annotations

import math

__all__ = ["shape"]


def shape(kind: str, x: float, y: float, size: float) -> str:
    """Return the path of a mark of this diameter: a circle, or one of the same area.

    >>> shape("s", 10, 10, 4.0)
    'M8.2 8.2h3.5v3.5h-3.5z'
    """
    r = size / 2
    if kind == "s":
        half = r * math.sqrt(math.pi) / 2
        return f"M{x - half:.1f} {y - half:.1f}h{2 * half:.1f}v{2 * half:.1f}h{-2 * half:.1f}z"
    if kind == "D":
        half = r * math.sqrt(math.pi / 2)
        return (
            f"M{x:.1f} {y - half:.1f}l{half:.1f} {half:.1f}l{-half:.1f} {half:.1f}l{-half:.1f} {-half:.1f}z"
        )
    if kind in "^v":
        side, up = 1.28 * r, (1 if kind == "^" else -1)
        return f"M{x:.1f} {y - up * side:.1f}L{x + side:.1f} {y + up * 0.8 * side:.1f}H{x - side:.1f}z"
    if kind == "x":
        return f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} {2 * r:.1f}"
    if kind == "+":
        return f"M{x - r:.1f} {y:.1f}h{2 * r:.1f}M{x:.1f} {y - r:.1f}v{2 * r:.1f}"
    if kind == "|":
        return f"M{x:.1f} {y - r:.1f}v{2 * r:.1f}"
    return f"M{x - r:.1f} {y:.1f}a{r:.2g} {r:.2g} 0 1 0 {2 * r:.1f} 0a{r:.2g} {r:.2g} 0 1 0 {-2 * r:.1f} 0z"
