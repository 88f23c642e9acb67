"""The colours of all figures; ``reports/html/css/figures.css`` has a rule for each of them."""

from __future__ import annotations

__all__ = [
    "ALERT",
    "BLUE",
    "COLOURS",
    "DASHES",
    "FAINT",
    "GREEN",
    "GREY",
    "GRID",
    "INK",
    "LIGHT",
    "MARKS",
    "ORANGE",
    "PALE",
    "PAPER",
    "PURPLE",
    "SKY",
    "VERMILION",
]

BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9",
)  # fmt: skip
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""The palette of Okabe and Ito, ordered by how well the colours are seen on white."""
DASHES = ("", "7 3", "8 3 2 3", "2 3")
"""Dashes of lines of the same order: solid, dashed, dash-dotted, dotted."""
MARKS = "osD^vx"
"""Shapes of marks of the same order: circle, square, diamond, triangle, triangle downwards, cross."""
INK, GREY, PALE, PAPER = "#1A1D21", "#6B727B", "#D5D9DF", "#FFFFFF"
LIGHT = "#7FB2D6"
"""The colour of lines of single groups, a lighter form of that of estimates."""
FAINT = "#B4BAC2"
"""The colour of marks that a reader should see last, such as arrows and intervals that contain 0."""
GRID = "#E7EAEE"
"""The colour of lines of the grid and of shaded areas behind a curve."""
ALERT = "#A34700"
"""The colour of words that warn: vermilion, dark enough to be read as text on white."""
