"""Figure of the influence of groups: Cook's distances and DFBETAS of each group of the final rung."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlm_steps.figures.base import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    Figure,
    FigureInput,
    Rows,
    canvas,
    finish,
    group_label,
    number,
    safe,
    settings,
    shorten,
    spread,
    style_axes,
)
from mlm_steps.records.influence import FactorInfluence, InfluenceRecord, ModelInfluence
from mlm_steps.records.spelling import split_product

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["influence"]

MOST_NAMED = 3
"""Largest number of groups whose names are written in the panel of Cook's distances."""
MOST_WITHIN = 400
"""Largest number of groups, chosen with a fixed seed, that are drawn although they are within the lines."""
MOST_ROWS = 12
"""Largest number of coefficients with a row of DFBETAS: the first ones of the model."""


def influence(given: FigureInput) -> Figure | None:
    """Return the figure of the last rung; None if no group was left out.

    With several grouping factors, the one with the most groups above the line of Cook's distance is drawn.
    """
    record = given.run.result(InfluenceRecord, "influence")
    fitted = {fit.model for fit in given.run.fits}
    models = record.models if isinstance(record, InfluenceRecord) else ()
    if not models or models[-1].model not in fitted:
        return None
    found = models[-1]
    drawn = [factor for factor in found.factors if factor.most]
    if not drawn or not found.columns:
        return None
    factor = max(drawn, key=lambda each: each.above)
    effects = [_effect(given, found, column) for column in found.columns[:MOST_ROWS]]
    label = safe(given.run.labels.model(found.model))
    groups = group_label(given, factor.grouping_factor)
    title = f"Influence of each group ({groups}) on {label}"
    with settings():
        svg = _draw(factor, effects, title)
    reading = _reading(factor)
    alt = f"Two panels: Cook’s distance of each group, and its DFBETAS for each coefficient. {reading}"
    return Figure("influence", title, reading, alt, svg, _data(found, factor))


def _effect(given: FigureInput, found: ModelInfluence, column: str) -> str:
    if column == "(Intercept)":
        return "Intercept"
    return safe(" × ".join(given.run.effect_label(part, found.model) for part in split_product(column)))


def _draw(factor: FactorInfluence, effects: list[str], title: str) -> bytes:
    total = max(3.2, 1.0 + 0.6 * len(effects))
    figure = canvas(9.0, total)
    left, right = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.07, right=0.98, top=1 - 0.35 / total, bottom=0.5 / total, wspace=0.12)
    _distances(left, factor)
    _coefficients(right, factor, effects)
    for axes in (left, right):
        style_axes(axes)
    return finish(figure, "influence", title)


def _distances(axes: Axes, factor: FactorInfluence) -> None:
    """Draw Cook's distances in the order of the groups."""
    cook = np.array(factor.cook, dtype=np.float64)
    place = np.arange(1, cook.size + 1, dtype=np.float64)
    _dots(axes, place, cook, cook > factor.cook_line)
    axes.axhline(factor.cook_line, color=VERMILION, linewidth=0.9, linestyle="--")
    for at in _named(cook, factor.cook_line):
        after = place[at] <= 0.8 * cook.size
        _name(axes, factor.levels[at], (place[at], cook[at]), 4 if after else -4, 2)
    axes.set_xlim(0, cook.size + 1)
    axes.set_ylim(bottom=0)
    axes.margins(y=0.1)
    axes.set_xlabel("Group, in the order of the data", fontsize=9)
    axes.set_title("Cook’s distance", fontsize=9.5, color=INK, loc="left")


def _coefficients(axes: Axes, factor: FactorInfluence, effects: list[str]) -> None:
    """Draw the DFBETAS of each coefficient as a row."""
    dfbetas = np.array(factor.dfbetas, dtype=np.float64)
    for row, effect in enumerate(effects):
        values, height = dfbetas[:, row], np.full(len(dfbetas), -float(row))
        _dots(axes, values, height, np.abs(values) > factor.dfbetas_line)
        for side in (-1.0, 1.0):
            for at in _named(np.maximum(side * values, 0.0), factor.dfbetas_line)[:1]:
                _name(axes, factor.levels[at], (values[at], -float(row)), -3 * side, -10)
        place = (0.0, -row + 0.3)
        axes.annotate(shorten(effect, 56), place, xycoords=("axes fraction", "data"), fontsize=8.5, color=INK)
    for line in (-factor.dfbetas_line, factor.dfbetas_line):
        axes.axvline(line, color=VERMILION, linewidth=0.9, linestyle="--")
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.set_yticks([])
    axes.set_ylim(-len(effects) + 0.4, 0.7)
    axes.margins(x=0.06)
    axes.set_xlabel("DFBETAS", fontsize=9)
    axes.set_title("DFBETAS of each coefficient", fontsize=9.5, color=INK, loc="left")


def _dots(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], out: NDArray[np.bool_]) -> None:
    within = np.zeros(out.size, dtype=bool)
    within[list(spread(out.size, MOST_WITHIN))] = True
    for chosen, colour in ((within & ~out, GREY), (out, BLUE)):
        axes.plot(
            x[chosen], y[chosen], linestyle="none", marker="o", color=colour, markersize=3.2,
            markeredgewidth=0,
        )  # fmt: skip


def _named(values: NDArray[np.float64], line: float) -> list[int]:
    """Return the positions of the groups farthest beyond the line."""
    sizes = np.where(np.isnan(values), -1.0, np.abs(values))
    return [int(at) for at in np.argsort(-sizes, kind="stable")[:MOST_NAMED] if sizes[at] > line]


def _name(axes: Axes, level: str, place: tuple[float, float], right: float, up: float) -> None:
    axes.annotate(
        shorten(level, 14), place, textcoords="offset points", xytext=(right, up), fontsize=7.5, color=INK,
        ha="left" if right > 0 else "right",
    )  # fmt: skip


def _reading(factor: FactorInfluence) -> str:
    sampled = (
        f" Of the groups within the lines, a sample of {MOST_WITHIN} is drawn."
        if len(factor.levels) > MOST_WITHIN
        else ""
    )
    return (
        f"Dashed lines at 4/J = {number(factor.cook_line, 2)} for Cook’s distance and at ±2/√J = "
        f"{number(factor.dfbetas_line, 2)} for DFBETAS. The groups farthest beyond them are named.{sampled}"
    )


def _data(found: ModelInfluence, factor: FactorInfluence) -> Rows:
    columns = ("group", "level", "cook", *(f"dfbetas[{column}]" for column in found.columns))
    rows = tuple(
        (factor.grouping_factor, level, factor.cook[place], *factor.dfbetas[place])
        for place, level in enumerate(factor.levels)
    )
    return columns, rows
