"""Figure of the influence of groups: Cook's distances and DFBETAS of each group of the final rung."""

from __future__ import annotations

from dataclasses import dataclass
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
"""Largest number of groups whose names are written in a panel."""
MOST_WITHIN = 400
"""Largest number of groups, chosen with a fixed seed, that are drawn although they are within the lines."""
MOST_PANELS = 7
"""Largest number of panels: Cook's distances and that many coefficients less one."""


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """One measure of all groups: its title, the values, the lines and whether its sign matters."""

    title: str
    values: NDArray[np.float64]
    line: float
    signed: bool


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
    panels = _panels(given, found, factor)
    label = safe(given.run.labels.model(found.model))
    groups = group_label(given, factor.grouping_factor)
    title = f"Influence of each group ({groups}) on {label}"
    with settings():
        svg = _draw(panels, factor.levels, title)
    reading = _reading(factor)
    alt = f"Dots for each group in {len(panels)} panels: Cook’s distance and DFBETAS. {reading}"
    return Figure("influence", title, reading, alt, svg, _data(found, factor))


def _panels(given: FigureInput, found: ModelInfluence, factor: FactorInfluence) -> list[_Panel]:
    cook = np.array(factor.cook, dtype=np.float64)
    panels = [_Panel("Cook’s distance", cook, factor.cook_line, signed=False)]
    dfbetas = np.array(factor.dfbetas, dtype=np.float64)
    for at, column in enumerate(found.columns[: MOST_PANELS - 1]):
        parts = [given.run.effect_label(part, found.model) for part in split_product(column)]
        effect = "Intercept" if column == "(Intercept)" else safe(" × ".join(parts))
        panels.append(_Panel(f"DFBETAS: {effect}", dfbetas[:, at], factor.dfbetas_line, signed=True))
    return panels


def _draw(panels: list[_Panel], levels: tuple[str, ...], title: str) -> bytes:
    across = min(len(panels), 2)
    down = -(-len(panels) // across)
    total = 0.5 + 1.9 * down
    figure = canvas(9.0, total)
    grid = figure.subplots(down, across, squeeze=False)
    figure.subplots_adjust(
        left=0.07, right=0.98, top=1 - 0.3 / total, bottom=0.5 / total, wspace=0.16, hspace=0.42
    )
    for axes, panel in zip(grid.flat, panels, strict=False):
        _panel(axes, panel, levels)
        style_axes(axes)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("Group, in the order of the data", fontsize=9)
    return finish(figure, "influence", title)


def _panel(axes: Axes, panel: _Panel, levels: tuple[str, ...]) -> None:
    place = np.arange(1, len(levels) + 1)
    out = np.abs(panel.values) > panel.line
    within = np.zeros(len(levels), dtype=bool)
    within[list(spread(len(levels), MOST_WITHIN))] = True
    for chosen, colour in ((within & ~out, GREY), (out, BLUE)):
        axes.plot(
            place[chosen], panel.values[chosen], linestyle="none", marker="o", color=colour, markersize=3.0,
            markeredgewidth=0,
        )  # fmt: skip
    lines = (panel.line, -panel.line) if panel.signed else (panel.line,)
    for line in lines:
        axes.axhline(line, color=VERMILION, linewidth=0.9, linestyle="--")
    axes.axhline(0, color=INK, linewidth=0.6)
    sizes = np.where(np.isnan(panel.values), -1.0, np.abs(panel.values))
    for at in np.argsort(-sizes, kind="stable")[:MOST_NAMED]:
        if out[at]:
            right = place[at] > 0.85 * len(levels)
            axes.annotate(
                shorten(levels[at], 14), (place[at], panel.values[at]), textcoords="offset points",
                xytext=(-4 if right else 4, 2), fontsize=8, color=INK, ha="right" if right else "left",
            )  # fmt: skip
    axes.set_xlim(0, len(levels) + 1)
    axes.margins(y=0.12)
    axes.set_title(shorten(panel.title, 52), fontsize=9.5, color=INK, loc="left")


def _reading(factor: FactorInfluence) -> str:
    sampled = (
        f" Of the groups within the lines, a sample of {MOST_WITHIN} is drawn."
        if len(factor.levels) > MOST_WITHIN
        else ""
    )
    return (
        f"Dashed lines at 4/J = {number(factor.cook_line, 2)} for Cook’s distance and at ±2/√J = "
        f"{number(factor.dfbetas_line, 2)} for DFBETAS; the groups farthest beyond them are named.{sampled}"
    )


def _data(found: ModelInfluence, factor: FactorInfluence) -> Rows:
    columns = ("group", "level", "cook", *(f"dfbetas[{column}]" for column in found.columns))
    rows = tuple(
        (factor.grouping_factor, level, factor.cook[place], *factor.dfbetas[place])
        for place, level in enumerate(factor.levels)
    )
    return columns, rows
