"""Shares or rates of the groups with the curves of the headline rung, on the scale of the outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.figures.base import Figure, FigureInput, Rows, spread
from mlm_steps.figures.curves import Curves, FittedCurve, make_curves
from mlm_steps.figures.scene import Line
from mlm_steps.figures.svg.colours import COLOURS, DASHES, GREY, INK, LIGHT
from mlm_steps.figures.svg.lettering import number, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane, Point

__all__ = ["rates"]

Array = NDArray[np.float64]

MOST_LINES = 60
"""Largest number of drawn group lines, a sample if there are more, since more lines could not be followed."""
SMALLEST_POINT, LARGEST_POINT = 8.0, 90.0
"""Areas of the points of the fewest and of the most rows, in squared pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """The title and the axes."""

    title: str
    across: str
    up: str


def rates(given: FigureInput) -> Figure | None:
    """Return observed shares or rates with fitted curves; None if the headline rung is linear."""
    headline = given.run.headline
    if headline is None or headline.linear:
        return None
    curves = make_curves(given, headline)
    across = curves.label or f"{curves.group_label}, sorted by their rates"
    over = f"by {curves.label}" if curves.label else f"in each {curves.group_label}"
    words = _Words(f"{curves.up} {over}", across, curves.up)
    lines = [curves.groups[index] for index in spread(len(curves.groups), MOST_LINES)]
    svg = document([_draw(curves, lines, words)], words.title)
    reading = _reading(curves, len(lines))
    alt = (
        f"Observed values as points, groups as thin lines, and fitted curves as bold lines, "
        f"{words.up} on the vertical and {words.across} on the horizontal axis. {reading}"
    )
    return Figure("rates", safe(words.title), reading, alt, svg, _data(curves, lines))


def _draw(curves: Curves, lines: Sequence[Line], words: _Words) -> Plane:
    plane = Plane("", words.across, words.up, width=WIDE, height=280)
    shown = [
        *((line.x, line.y) for line in lines),
        *((fitted.x, values) for fitted in curves.fitted for values in (fitted.population, fitted.typical)),
        *((np.array([x]), np.array([y])) for x, y, _ in curves.points),
    ]
    plane.limits(*(np.concatenate(values).tolist() for values in zip(*shown, strict=True)))
    if curves.ticks:
        plane.span((-0.5, len(curves.ticks) - 0.5), plane.y)
        plane.name_x(dict(enumerate(curves.ticks)))
    paths = [_path(line.x, line.y) for line in lines]
    plane.lines(paths, colour=LIGHT, groups=[line.label for line in lines])
    if curves.points:
        most = max(rows for *_, rows in curves.points)
        areas = [
            SMALLEST_POINT + (LARGEST_POINT - SMALLEST_POINT) * rows / most for *_, rows in curves.points
        ]
        plane.marks(
            [(x, y) for x, y, _ in curves.points], colour=GREY, size=list(map(math.sqrt, areas)), hollow=True
        )
        plane.key.append(Key("observed", GREY, mark="o", hollow=True))
    for index, fitted in enumerate(curves.fitted):
        _draw_curve(plane, fitted, index, marked=bool(curves.ticks))
    return plane


def _draw_curve(plane: Plane, fitted: FittedCurve, index: int, *, marked: bool) -> None:
    """Draw the population average as a bold line, and that of a typical group as a thin one."""
    colour = INK if not index and not fitted.label else COLOURS[index % len(COLOURS)]
    dash = DASHES[index % len(DASHES)]
    name = f"{fitted.label}: " if fitted.label else ""
    for values, width, kind, label in (
        (fitted.population, 2.8, "o", "population average"),
        (fitted.typical, 1.1, "s", "typical group"),
    ):
        points = _path(fitted.x, values)
        plane.line(points, colour=colour, width=width, dash=dash, halo=width > 2)
        if marked:
            plane.marks(points, colour=colour, size=7, kind=kind)
        mark = kind if marked else ""
        plane.key.append(Key(f"{name}{label}", colour, dash=dash, mark=mark, width=width))


def _path(x: Array, y: Array) -> list[Point]:
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _reading(curves: Curves, lines: int) -> str:
    some = "" if lines == len(curves.groups) else f" (a random sample of {len(curves.groups)})"
    points = (
        f"{len(curves.points)} points are observed values of {curves.point_words}; their areas grow with the "
        f"number of rows. {lines} thin lines{some} {curves.line_words}. "
    )
    sentences = []
    for fitted in curves.fitted:
        where = f" for {fitted.label}" if fitted.label else ""
        ends = [float(fitted.population[0]), float(fitted.population[-1])]
        typical = [float(fitted.typical[0]), float(fitted.typical[-1])]
        runs = "is {}" if ends[0] == ends[1] else "runs from {} to {}"
        text = runs.format(*(number(value, 3) for value in ends))
        own = runs.format(*(number(value, 3) for value in typical)).removeprefix("runs ").removeprefix("is ")
        sentences.append(f"The population average{where} {text}; for a typical group, {own}.")
    held = "Curves are averages over the other predictors of the rows." if curves.others else ""
    return " ".join([points + " ".join(sentences), held]).strip()


def _data(curves: Curves, lines: Sequence[Line]) -> Rows:
    rows: list[tuple[object, ...]] = [("observed", "", x, y, n) for x, y, n in curves.points]
    for line in lines:
        rows += [("group", line.label, float(x), float(y), "") for x, y in zip(line.x, line.y, strict=True)]
    for fitted in curves.fitted:
        for kind, values in (("population", fitted.population), ("typical", fitted.typical)):
            rows += [
                (kind, fitted.label, float(x), float(y), "") for x, y in zip(fitted.x, values, strict=True)
            ]
    return ("kind", "line", "x", "y", "rows"), tuple(rows)
