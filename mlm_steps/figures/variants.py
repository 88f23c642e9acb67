"""The coefficient of interest in all variants of the analysis, in the order of its size.

This is the specification curve of Simonsohn, Simmons and Nelson (2020): the estimates with their intervals
above, and below each of them the outcome, subset and data file of its variant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.labels import coefficient_label
from mlm_steps.figures.svg.colours import BLUE, GREY, GRID, INK, VERMILION
from mlm_steps.figures.svg.lettering import fit, safe, tick_text
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Plane
from mlm_steps.figures.svg.scale import range_of, ticks
from mlm_steps.records.curve import Curve, curve_of
from mlm_steps.records.variants import Variant, key_coefficients, variants_of

__all__ = ["variants"]

ROW = 15.0
"""Height of the row of an axis value in pixels."""
HEIGHT = 190.0
"""Height of the plot of estimates in pixels."""
GAP = 14.0
"""Pixels between the estimates and the rows of values."""
ROOM = 165.0
"""Pixels that the name of a value takes at most, a third of the width."""
LARGE, SMALL = 7.0, 3.5
"""Sizes of marks of few and of many variants, in pixels."""
MANY = 60
"""Number of variants above which marks are small, so that neighbours do not overlap."""


class _Value(NamedTuple):
    """A value of an axis, as a row below the estimates."""

    axis: str
    name: str
    label: str


def variants(given: FigureInput) -> Figure | None:
    """Return the figure; None if no variant has an estimate of the coefficient."""
    key = key_coefficients(given.run)
    if key is None:
        return None
    curve = curve_of(given.run, key, key.columns[0])
    if not curve.known:
        return None
    label = coefficient_label(given, curve.column, curve.term)
    model = safe(given.run.labels.model(curve.model))
    title = f"{label} in {len(curve.points)} variants, {model}"
    rows = _values(variants_of(given.run))
    svg = document([_drawn(curve, rows)], title)
    alt = (
        "Dots with intervals, one per variant in the order of the estimates, above rows of marks that show "
        f"the outcome, subset and file of each variant. {_reading(curve)}"
    )
    return Figure("variants", title, _reading(curve), alt, svg, _data(curve))


def _size(curve: Curve) -> float:
    return LARGE if len(curve.points) <= MANY else SMALL


def _drawn(curve: Curve, rows: Sequence[_Value]) -> Plane:
    """Return the plot: the estimates with their intervals, and a row of marks for each value below them."""
    ends = [end for each in curve.known for end in (each.estimate, each.low, each.high) if end is not None]
    low, high = range_of([*ends, 0.0])
    pixel = (high - low) / HEIGHT
    heights = [low - pixel * (GAP + ROW * (number + 0.5)) for number in range(len(rows))]
    depth = GAP + ROW * len(rows)
    plane = Plane(
        "Estimate and interval", "Variants in the order of the estimates", width=WIDE, height=HEIGHT + depth
    )
    names = {tick: tick_text(tick) for tick in ticks(low, high) if low <= tick <= high}
    labels = {height: fit(row.label, ROOM) for height, row in zip(heights, rows, strict=True)}
    plane.name_y({**names, **labels})
    plane.span((-0.7, len(curve.points) - 0.3), (low - pixel * depth, high))
    plane.name_x({})
    bottom = low - pixel * GAP / 2
    plane.level(bottom, dash="", colour=GRID)
    _draw_estimates(plane, curve, bottom)
    _draw_values(plane, curve, rows, heights)
    return plane


def _draw_estimates(plane: Plane, curve: Curve, bottom: float) -> None:
    """Draw the estimates with their intervals; variants without an estimate have a cross at the bottom."""
    plane.level(0.0, dash="", colour=INK)
    if curve.median is not None:
        plane.level(curve.median)
    size = _size(curve)
    for place, each in enumerate(curve.points):
        if each.estimate is None:
            plane.marks([(place, bottom)], colour=VERMILION, size=size, kind="x")
            continue
        colour = BLUE if each.off_zero else GREY
        if each.low is not None and each.high is not None:
            plane.line([(place, each.low), (place, each.high)], colour=colour, width=1.3)
        plane.marks(
            [(place, each.estimate)],
            colour=VERMILION if each.singular else colour,
            size=size,
            kind="D" if each.singular else "o",
            hollow=each.singular,
        )


def _draw_values(plane: Plane, curve: Curve, rows: Sequence[_Value], heights: Sequence[float]) -> None:
    """Draw, in the row of each value, a mark below every variant that has it."""
    for height, row in zip(heights, rows, strict=True):
        plane.level(height, dash="", colour=GRID)
        points = [
            (float(place), height)
            for place, each in enumerate(curve.points)
            if any((value.axis, value.name) == (row.axis, row.name) for value in each.variant.values)
        ]
        plane.marks(points, colour=INK, size=_size(curve) * 0.8, kind="s")


def _values(found: Sequence[Variant]) -> list[_Value]:
    """Return the values of all axes, axis by axis in the order of the spec."""
    seen = dict.fromkeys(
        _Value(value.axis, value.name, safe(value.label)) for each in found for value in each.values
    )
    order = ("outcome", "subset", "file")
    return sorted(seen, key=lambda value: order.index(value.axis))


def _reading(curve: Curve) -> str:
    clear, known = curve.count_off_zero, len(curve.known)
    marks = [f"{clear} of {known} intervals do not contain 0; those that do are grey"]
    if curve.median is not None:
        marks.append("the dashed line is the median")
    if any(each.singular for each in curve.known):
        marks.append("open diamonds are singular fits")
    if known < len(curve.points):
        marks.append("crosses are variants without an estimate")
    return f"{'; '.join(marks)}."


def _data(curve: Curve) -> Rows:
    values = tuple(
        (place, each.variant.name, each.estimate, each.low, each.high, each.status, each.off_zero)
        for place, each in enumerate(curve.points, start=1)
    )
    return ("position", "variant", "estimate", "ci_low", "ci_high", "status", "off_zero"), values
