"""The raw data with a line per group and the fitted line of the headline rung."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.figures.base import SEED, SMALLEST_GROUP, Figure, FigureInput, Rows, spread
from mlm_steps.figures.scene import Line, Scene, Shape, make_scene
from mlm_steps.figures.svg.colours import BLUE, COLOURS, DASHES, GREY, INK, LIGHT, MARKS
from mlm_steps.figures.svg.lettering import tick_text
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import SMALL, WIDE, Key, Plane

__all__ = ["raw_data"]

MOST_POINTS = 1000
"""Largest number of drawn observations, a sample if there are more, since more points would overlap."""
MOST_LINES = 60
"""Largest number of drawn group lines, a sample if there are more, since more lines could not be followed."""
FEW_VALUES = 12
"""Largest number of values of a predictor for which points are shifted at random, so that none coincide."""
JITTER = 0.08
"""Largest random shift as a share of the smallest distance between two values, so that they stay separate."""


def raw_data(given: FigureInput) -> Figure | None:
    """Return outcome against the main level-1 predictor; None unless the headline rung is linear."""
    headline = given.run.headline
    if headline is None or not headline.linear:
        return None
    scene = make_scene(given, headline)
    over = f" by {scene.shape.label}" if scene.shape.label else f" in each {scene.group_label}"
    title = f"{scene.y_label}{over}"
    points = spread(len(scene.y), MOST_POINTS)
    few = MOST_LINES if scene.shape.label else len(scene.shape.lines)
    lines = [scene.shape.lines[index] for index in spread(len(scene.shape.lines), few)]
    svg = document(_planes(scene, points, lines), title)
    reading = _reading(scene, len(points), len(lines))
    return Figure("raw_data", title, reading, _alt(scene, reading), svg, _data(scene, points, lines))


def _planes(scene: Scene, points: Sequence[int], lines: Sequence[Line]) -> list[Plane]:
    """Return a plot per level of a moderator of the groups, with the same axes, or one plot."""
    shape = scene.shape
    chosen = np.asarray(points, dtype=np.intp)
    x, y = _shifted(shape, chosen), scene.y[chosen]
    width = WIDE if shape.panels <= 2 else SMALL
    planes = []
    for index in range(shape.panels):
        fitted = [line for line in shape.fitted if line.panel == index]
        title = fitted[0].label if shape.panels > 1 and fitted else ""
        plane = Plane(title, _across(scene), scene.y_label, width=width, height=250)
        plane.limits(
            [*x.tolist(), *(value for line in shape.fitted for value in line.x.tolist())],
            [*y.tolist(), *(value for line in shape.fitted for value in line.y.tolist())],
        )
        _name_places(plane, scene)
        inside = shape.panel[chosen] == index
        plane.points(
            zip(x[inside].tolist(), y[inside].tolist(), strict=True), colour=GREY, size=3.2, opacity=0.45
        )
        _draw_lines(plane, scene, [line for line in lines if line.panel == index])
        _draw_fitted(plane, scene, fitted)
        planes.append(plane)
    return planes


def _shifted(shape: Shape, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the horizontal places of some observations; those of few values are shifted at random."""
    x = shape.x[chosen]
    values = np.unique(shape.x)
    if not shape.label or not 1 < len(values) <= FEW_VALUES:
        return x
    gap = JITTER * float(np.min(np.diff(values)))
    shifted: NDArray[np.float64] = x + np.random.default_rng(SEED).uniform(-gap, gap, len(x))
    return shifted


def _across(scene: Scene) -> str:
    return scene.shape.label or f"{scene.group_label}, sorted by their means"


def _name_places(plane: Plane, scene: Scene) -> None:
    """Write the names of categories, or the few values of a number, below the plot."""
    shape = scene.shape
    if shape.ticks:
        plane.span((-0.5, len(shape.ticks) - 0.5), plane.y)
        plane.name_x(dict(enumerate(shape.ticks)))
    elif shape.label and len(values := np.unique(shape.x)) <= FEW_VALUES:
        plane.name_x({float(value): tick_text(float(value)) for value in values})
    elif not shape.label:
        plane.span((0.0, scene.groups + 1.0), plane.y)


def _draw_lines(plane: Plane, scene: Scene, lines: Sequence[Line]) -> None:
    strong = not scene.shape.label
    plane.lines(
        [list(zip(line.x.tolist(), line.y.tolist(), strict=True)) for line in lines],
        colour=BLUE if strong else LIGHT,
        width=1.4 if strong else 0.9,
        groups=[line.label for line in lines],
    )


def _draw_fitted(plane: Plane, scene: Scene, fitted: Sequence[Line]) -> None:
    """Draw the fitted lines; a level of the moderator has the colour that it has in other figures."""
    for line in fitted:
        index = scene.shape.fitted.index(line)
        colour = COLOURS[index % len(COLOURS)] if line.label and scene.shape.label else INK
        dash = DASHES[index % len(DASHES)]
        points = list(zip(line.x.tolist(), line.y.tolist(), strict=True))
        plane.line(points, colour=colour, width=2.8, dash=dash, halo=True)
        kind = MARKS[index % 4] if scene.shape.ticks else ""
        if kind:
            plane.marks(points, colour=colour, size=8, kind=kind)
        label = "fitted line" if not line.label or scene.shape.panels > 1 else line.label
        plane.key.append(Key(label, colour, dash=dash, mark=kind, width=2.8))
    if scene.shape.label:
        plane.key.append(Key(f"{scene.group_label}: own lines", LIGHT, dash=""))


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
    if not named:
        return ""
    subject = "The bold line is" if len(named) == 1 else "The bold lines are"
    return f"{subject} fitted by {scene.model}; other predictors are at their means or first levels."


def _alt(scene: Scene, reading: str) -> str:
    across = scene.shape.label or f"groups of {scene.group_label}"
    return (
        f"Scatter plot of {scene.y_label} on the vertical against {across} on the horizontal axis. {reading}"
    )


def _data(scene: Scene, points: Sequence[int], lines: Sequence[Line]) -> Rows:
    panel = scene.shape.panel
    rows: list[tuple[object, ...]] = [
        ("observation", "", int(panel[index]) + 1, float(scene.shape.x[index]), float(scene.y[index]))
        for index in points
    ]
    for kind, drawn in (("group", lines), ("fitted", scene.shape.fitted)):
        for line in drawn:
            own = (kind, line.label, line.panel + 1)
            rows += [(*own, float(x), float(y)) for x, y in zip(line.x, line.y, strict=True)]
    return ("kind", "line", "panel", "x", "y"), tuple(rows)
