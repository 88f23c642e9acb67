"""The raw data with a line per group and the fitted line of the final rung."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlm_steps.figures.base import (
    BLUE,
    COLOURS,
    INK,
    LINE_STYLES,
    SEED,
    SMALLEST_GROUP,
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
from mlm_steps.figures.scene import Line, Scene, make_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["raw_data"]

MINUS = "\N{MINUS SIGN}"
MOST_POINTS = 1000
"""Largest number of drawn observations, a sample if there are more, since more points would overlap."""
MOST_LINES = 60
"""Largest number of drawn group lines, a sample if there are more, since more lines could not be followed."""
FEW_VALUES = 12
"""Largest number of values of a predictor for which points are shifted at random, so that none coincide."""
LONGEST_LABEL, LEGEND_WIDTH, HANDLE_WIDTH = 60, 110, 10
"""Sizes of the legend in characters: the longest label of a line, the width above the axes, and the width of
the line beside its label."""
LEGEND_ROW = 0.045
"""Height of a row of the legend as a share of the figure's height."""
JITTER = 0.08
"""Largest random shift as a share of the smallest distance between two values, so that they stay separate."""


def raw_data(given: FigureInput) -> Figure | None:
    """Return outcome against the main level-1 predictor; None unless the last fitted rung is linear."""
    if not given.run.fits or not given.run.fits[-1].linear:
        return None
    scene = make_scene(given)
    over = f" by {scene.shape.label}" if scene.shape.label else f" in each level of {scene.group_label}"
    title = f"{scene.y_label}{over}"
    points = spread(len(scene.y), MOST_POINTS)
    few = MOST_LINES if scene.shape.label else len(scene.shape.lines)
    lines = [scene.shape.lines[index] for index in spread(len(scene.shape.lines), few)]
    with settings():
        figure = canvas(9.0, 5.2)
        rows = -(-len(scene.shape.fitted) // _legend_columns(scene))
        axes = figure.add_axes((0.085, 0.11, 0.9, 0.84 - LEGEND_ROW * rows))
        _draw(axes, scene, points, lines)
        svg = finish(figure, "raw_data", title)
    reading = _reading(scene, len(points), len(lines))
    return Figure("raw_data", title, reading, _alt(scene, reading), svg, _data(scene, points, lines))


def _draw(axes: Axes, scene: Scene, points: Sequence[int], lines: Sequence[Line]) -> None:
    from matplotlib.collections import LineCollection

    shape = scene.shape
    x = shape.x[list(points)]
    values = np.unique(shape.x)
    if shape.label and 1 < len(values) <= FEW_VALUES:
        gap = JITTER * float(np.min(np.diff(values)))
        x = x + np.random.default_rng(SEED).uniform(-gap, gap, len(x))
    axes.plot(
        x, scene.y[list(points)], linestyle="none", marker=".", markersize=3.6, color="#6B727B",
        alpha=0.55, markeredgewidth=0,
    )  # fmt: skip
    paths = [np.column_stack([line.x, line.y]) for line in lines]
    strong = not shape.label
    axes.add_collection(
        LineCollection(paths, colors=BLUE if strong else "#7FB2D6", linewidths=1.2 if strong else 0.8,
                       alpha=1.0 if strong else 0.75)
    )  # fmt: skip
    for index, line in enumerate(shape.fitted):
        colour = INK if not line.label else COLOURS[(index + 1) % len(COLOURS)] if index else INK
        axes.plot(
            line.x, line.y, color="white", linewidth=5.0, solid_capstyle="round",
        )  # fmt: skip
        axes.plot(
            line.x, line.y, color=colour, linestyle=LINE_STYLES[index % len(LINE_STYLES)], linewidth=2.6,
            label=shorten(line.label or "Fitted line", LONGEST_LABEL),
            marker="os^D"[index % 4] if shape.ticks else None, markersize=6,
        )  # fmt: skip
    _label(axes, scene)


def _label(axes: Axes, scene: Scene) -> None:
    shape = scene.shape
    axes.set_ylabel(shorten(scene.y_label, 60))
    axes.set_xlabel(shorten(shape.label, 80) or shorten(f"{scene.group_label}, sorted by their means", 80))
    if shape.ticks:
        axes.set_xticks(range(len(shape.ticks)), [shorten(safe(tick), 18) for tick in shape.ticks])
        axes.set_xlim(-0.5, len(shape.ticks) - 0.5)
    elif shape.label and len(values := np.unique(shape.x)) <= FEW_VALUES:
        axes.set_xticks(values, [f"{value:g}".replace("-", MINUS) for value in values])
    elif not shape.label:
        axes.set_xlim(0, scene.groups + 1)
    style_axes(axes)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=_legend_columns(scene), frameon=False, fontsize=9,
        handlelength=3.2, borderaxespad=0.2,
    )  # fmt: skip


def _legend_columns(scene: Scene) -> int:
    """Return the number of legend columns that fit above the axes."""
    longest = max((len(shorten(line.label, LONGEST_LABEL)) for line in scene.shape.fitted), default=0)
    return max(1, min(4, LEGEND_WIDTH // (longest + HANDLE_WIDTH)))


def _reading(scene: Scene, points: int, lines: int) -> str:
    shape = scene.shape
    sample = "" if points == len(scene.y) else f" (a random sample of {len(scene.y)}, with a fixed seed)"
    if not shape.label:
        return f"{points} observations{sample} in {scene.groups} groups, sorted by the means of the groups."
    kind = "connects the means of one group" if shape.ticks else "is the least-squares line of one group"
    some = "" if lines == len(shape.lines) else f" (a random sample of {len(shape.lines)})"
    return (
        f"{points} observations{sample} with {lines} thin lines{some}, each of which {kind}: "
        f"{_directions(scene)}. {_fitted(scene)}"
    )


def _directions(scene: Scene) -> str:
    """Return how many lines rise and fall, and why some groups have no line."""
    shape, drawn = scene.shape, len(scene.shape.lines)
    falling = sum(bool(line.y[-1] < line.y[0]) for line in shape.lines)
    level = drawn - shape.rising - falling
    moves = f"{shape.rising} rise and {falling} fall" + (f" and {level} are level" if level else "")
    missing = scene.groups - drawn
    if not missing:
        return f"over all groups, {moves}"
    verb = "has" if missing == 1 else "have"
    why = (
        "a single category"
        if shape.ticks
        else f"fewer than {SMALLEST_GROUP} observations or a single value of the predictor"
    )
    return f"of the {drawn} groups with a line, {moves}; {missing} of {scene.groups} {verb} no line ({why})"


def _fitted(scene: Scene) -> str:
    named = [line for line in scene.shape.fitted if len(line.y)]
    ends = [
        f"{'for ' + safe(line.label) + ' ' if line.label else ''}from {number(float(line.y[0]))} to "
        f"{number(float(line.y[-1]))}"
        for line in named
    ]
    subject = "The bold line is" if len(named) == 1 else "The bold lines are"
    runs = "runs" if len(named) == 1 else "run"
    return (
        f"{subject} fitted by {scene.model}, other predictors at their mean or reference, and {runs} "
        f"{' and '.join(ends)}."
    )


def _alt(scene: Scene, reading: str) -> str:
    across = scene.shape.label or f"groups of {scene.group_label}"
    return (
        f"Scatter plot of {scene.y_label} on the vertical against {across} on the horizontal axis. {reading}"
    )


def _data(scene: Scene, points: Sequence[int], lines: Sequence[Line]) -> Rows:
    rows: list[tuple[object, ...]] = [
        ("observation", "", float(scene.shape.x[index]), float(scene.y[index])) for index in points
    ]
    for kind, drawn in (("group", lines), ("fitted", scene.shape.fitted)):
        for line in drawn:
            rows += [(kind, line.label, float(x), float(y)) for x, y in zip(line.x, line.y, strict=True)]
    return ("kind", "line", "x", "y"), tuple(rows)
