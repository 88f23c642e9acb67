"""Caterpillar plot: the sorted conditional modes of the final rung with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlm_steps.figures.base import (
    BLUE,
    GREY,
    INK,
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
    style_axes,
)
from mlm_steps.figures.generalized import scale_words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["caterpillar"]

QUANTILE = 1.96
"""The 97.5 % quantile of the normal distribution, for intervals of 95 % (statistics, section 10)."""
MOST_PANELS = 4
"""Largest number of random effects that are drawn, so that each panel is large enough to read."""
MOST_NAMED = 30
"""Largest number of groups that are drawn as rows with their names, which fit on a page."""
MOST_BARS = 400
"""Largest number of groups with a bar each. With more groups bars overlap, and a band replaces them."""
INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True)
class _Panel:
    """One random effect with its conditional modes in ascending order."""

    group: str
    effect: str
    title: str
    levels: list[str]
    estimate: NDArray[np.float64]
    half: NDArray[np.float64]
    clear: NDArray[np.bool_]


def caterpillar(given: FigureInput) -> Figure | None:
    """Return the caterpillar of the last rung; None if no rung was fitted."""
    if not given.run.fits:
        return None
    final = given.run.fits[-1]
    modes = given.run.modes.get(final.model)
    if modes is None or modes.empty:
        return None
    panels = _panels(given, modes, final.model)
    shown = panels[:MOST_PANELS]
    label = safe(given.run.labels.model(final.model))
    title = f"Conditional modes of the random effects in {label}"
    with settings():
        svg = _draw(shown, title, f"Deviation from the mean{scale_words(final)}")
    reading = _reading(shown, len(panels))
    if not final.linear:
        reading += f" The modes are on the {final.link} scale."
    return Figure("caterpillar", title, reading, _alt(shown, reading), svg, _data(panels))


def _panels(given: FigureInput, modes: pd.DataFrame, model: str) -> list[_Panel]:
    panels = []
    for (_, group, effect), rows in modes.groupby(
        ["term_index", "group", "effect"], sort=False, observed=True
    ):
        ordered = rows.sort_values("estimate", kind="stable")
        estimate = ordered["estimate"].to_numpy(dtype=float)
        half = QUANTILE * ordered["cond_sd"].to_numpy(dtype=float)
        slope = given.run.effect_label(str(effect), model)
        what = "Intercept" if effect == INTERCEPT else f"Slope of {slope}"
        title = f"{what}, by {group_label(given, str(group))}"
        levels = [str(level) for level in ordered["level"]]
        clear = (estimate - half > 0) | (estimate + half < 0)
        panels.append(_Panel(str(group), str(effect), safe(title), levels, estimate, half, clear))
    return panels


def _draw(panels: list[_Panel], title: str, axis: str) -> bytes:
    named = max(len(panel.levels) for panel in panels) <= MOST_NAMED
    across = min(len(panels), 2)
    down = -(-len(panels) // across)
    height = 0.9 + 0.24 * max(len(p.levels) for p in panels) if named else 3.9
    figure = canvas(9.0, max(height, 2.8) * down)
    grid = figure.subplots(down, across, squeeze=False)
    total = max(height, 2.8) * down
    figure.subplots_adjust(
        left=0.16 if named else 0.08, right=0.98, top=1 - 0.4 / total, bottom=0.6 / total,
        wspace=0.45 if named else 0.2, hspace=0.35,
    )  # fmt: skip
    for axes, panel in zip(grid.flat, panels, strict=False):
        (_across if named else _along)(axes, panel, axis)
        axes.set_title(shorten(panel.title, 90 if across == 1 else 52), fontsize=9.5, color=INK, loc="left")
        style_axes(axes)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    return finish(figure, "caterpillar", title)


def _across(axes: Axes, panel: _Panel, axis: str) -> None:
    """Draw each group as a row with its name."""
    positions = list(range(len(panel.levels)))
    for clear in (False, True):
        chosen = [i for i in positions if bool(panel.clear[i]) is clear]
        if chosen:
            axes.errorbar(
                panel.estimate[chosen], chosen, xerr=panel.half[chosen], fmt="o", markersize=4.5,
                color=BLUE if clear else GREY, markerfacecolor=BLUE if clear else "white", elinewidth=1.3,
            )  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(positions, [shorten(level, 16) for level in panel.levels])
    axes.set_ylim(-0.7, len(positions) - 0.3)
    axes.set_xlabel(axis)


def _along(axes: Axes, panel: _Panel, axis: str) -> None:
    """Draw the groups by rank, with a bar each, or with one band if bars would overlap."""
    from matplotlib.collections import LineCollection

    rank = np.arange(1, len(panel.levels) + 1)
    low, high = panel.estimate - panel.half, panel.estimate + panel.half
    if len(rank) > MOST_BARS:
        drawn = np.unique(np.linspace(0, len(rank) - 1, MOST_BARS).round().astype(int))
        axes.fill_between(
            rank[drawn], low[drawn], high[drawn], color="#BBD6E8", linewidth=0, label="95\u202f% interval"
        )
        axes.plot(rank[drawn], panel.estimate[drawn], color=BLUE, linewidth=1.8)
    else:
        for clear, colour in ((False, "#B4BAC2"), (True, BLUE)):
            chosen = panel.clear if clear else ~panel.clear
            bars = np.stack([np.column_stack([rank, low]), np.column_stack([rank, high])], axis=1)[chosen]
            axes.add_collection(
                LineCollection(list(bars), colors=colour, linewidths=min(1.3, 200 / len(rank)))
            )
            axes.plot(
                rank[chosen], panel.estimate[chosen], linestyle="none", marker="o",
                color=colour if clear else GREY, markersize=2.4, markeredgewidth=0,
            )  # fmt: skip
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlim(0, len(rank) + 1)
    axes.margins(y=0.06)
    axes.set_xlabel("Rank of the group")
    axes.set_ylabel(axis, fontsize=9)


def _reading(panels: list[_Panel], count: int) -> str:
    parts = []
    for panel in panels:
        clear = int(panel.clear.sum())
        low, high = (number(float(panel.estimate[end]), 3) for end in (0, -1))
        noun = "group" if len(panel.levels) == 1 else "groups"
        parts.append(
            f"{panel.title}: {clear} of {len(panel.levels)} {noun} have a 95\u202f% interval that excludes "
            f"0, and the conditional modes range from {low} to {high}"
        )
    rest = f" The first {len(panels)} of {count} random effects are drawn." if count > len(panels) else ""
    return "; ".join(parts) + "." + rest


def _alt(panels: list[_Panel], reading: str) -> str:
    noun = "panel" if len(panels) == 1 else "panels"
    return (
        f"Caterpillar plot in {len(panels)} {noun}: groups in ascending order, each with its "
        f"conditional mode and a 95\u202f% interval. {reading}"
    )


def _data(panels: list[_Panel]) -> Rows:
    rows: list[tuple[object, ...]] = []
    for panel in panels:
        low, high = panel.estimate - panel.half, panel.estimate + panel.half
        values = zip(panel.levels, panel.estimate, low, high, panel.clear, strict=True)
        for rank, (level, estimate, lower, upper, clear) in enumerate(values, start=1):
            rows.append(
                (
                    panel.group,
                    panel.effect,
                    rank,
                    level,
                    float(estimate),
                    float(lower),
                    float(upper),
                    bool(clear),
                )
            )
    columns = ("group", "effect", "rank", "level", "estimate", "low", "high", "interval_without_0")
    return columns, tuple(rows)
