"""Shares or rates of the groups with the curves of the last rung, on the scale of the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlm_steps.figures.base import (
    COLOURS,
    GREY,
    INK,
    LINE_STYLES,
    Figure,
    FigureInput,
    Rows,
    canvas,
    finish,
    number,
    safe,
    settings,
    shorten,
    spread,
    style_axes,
)
from mlm_steps.figures.curves import Curves, make_curves
from mlm_steps.figures.scene import Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["rates"]

Array = NDArray[np.float64]

MOST_LINES = 60
"""Largest number of drawn group lines, a sample if there are more, since more lines could not be followed."""
LONGEST_LABEL = 60
"""Largest number of characters of a label in the legend."""
SMALLEST_POINT, LARGEST_POINT = 8.0, 90.0
"""Areas of the points of the fewest and of the most rows, in squared points."""


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """The title and the axes."""

    title: str
    across: str
    up: str


def rates(given: FigureInput) -> Figure | None:
    """Return observed shares or rates with fitted curves; None if the last rung is a linear model."""
    if not given.run.fits or given.run.fits[-1].linear:
        return None
    curves = make_curves(given)
    across = curves.label or f"{curves.group_label}, sorted by their rates"
    over = f"by {curves.label}" if curves.label else f"in each level of {curves.group_label}"
    words = _Words(f"{curves.up} {over}", across, curves.up)
    lines = [curves.groups[index] for index in spread(len(curves.groups), MOST_LINES)]
    with settings():
        figure = canvas(9.0, 5.2)
        axes = figure.add_axes((0.085, 0.11, 0.9, 0.79 - 0.045 * len(curves.fitted)))
        _draw(axes, curves, lines)
        _label(axes, curves, words)
        svg = finish(figure, "rates", words.title)
    reading = _reading(curves, len(lines))
    alt = (
        f"Observed values as points, groups as thin lines, and fitted curves as bold lines, "
        f"{words.up} on the vertical and {words.across} on the horizontal axis. {reading}"
    )
    return Figure("rates", safe(words.title), reading, alt, svg, _data(curves, lines))


def _draw(axes: Axes, curves: Curves, lines: Sequence[Line]) -> None:
    from matplotlib.collections import LineCollection

    paths = [np.column_stack([line.x, line.y]) for line in lines]
    axes.add_collection(LineCollection(paths, colors="#7FB2D6", linewidths=0.8, alpha=0.75))
    if curves.points:
        x, y, rows = (np.array(values, dtype=float) for values in zip(*curves.points, strict=True))
        area = SMALLEST_POINT + (LARGEST_POINT - SMALLEST_POINT) * rows / rows.max()
        axes.scatter(x, y, s=area, facecolors="none", edgecolors=GREY, linewidths=1.1, zorder=3)
    for index, fitted in enumerate(curves.fitted):
        colour = INK if not index and not fitted.label else COLOURS[index % len(COLOURS)]
        style = LINE_STYLES[index % len(LINE_STYLES)]
        name = f"{fitted.label}: " if fitted.label else ""
        axes.plot(
            fitted.x, fitted.population, color=colour, linestyle=style, linewidth=2.6,
            label=shorten(f"{name}population average", LONGEST_LABEL), marker="o" if curves.ticks else None,
        )  # fmt: skip
        axes.plot(
            fitted.x, fitted.typical, color=colour, linestyle=style, linewidth=1.0,
            label=shorten(f"{name}typical group", LONGEST_LABEL), marker="s" if curves.ticks else None,
            markersize=4,
        )  # fmt: skip
    axes.autoscale_view()


def _label(axes: Axes, curves: Curves, words: _Words) -> None:
    axes.set_xlabel(shorten(words.across, 80))
    axes.set_ylabel(shorten(words.up, 60))
    if curves.ticks:
        axes.set_xticks(range(len(curves.ticks)), [shorten(safe(tick), 18) for tick in curves.ticks])
        axes.set_xlim(-0.5, len(curves.ticks) - 0.5)
    style_axes(axes)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, fontsize=9, handlelength=3.2,
        borderaxespad=0.2,
    )  # fmt: skip


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
