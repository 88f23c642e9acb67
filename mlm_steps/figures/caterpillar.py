"""Caterpillar plot: the sorted conditional modes of the headline rung with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label
from mlm_steps.figures.generalized import scale_words
from mlm_steps.figures.svg.colours import BLUE, FAINT, GREY, INK, SKY
from mlm_steps.figures.svg.lettering import safe, spread_text
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.figures.svg.scale import range_of

if TYPE_CHECKING:
    import pandas as pd
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
    """Return the caterpillar of the headline rung; None if no rung was fitted."""
    final = given.run.headline
    if final is None:
        return None
    modes = given.run.modes.get(final.model)
    if modes is None or modes.empty:
        return None
    panels = _panels(given, modes, final.model)
    shown = panels[:MOST_PANELS]
    label = safe(given.run.labels.model(final.model))
    title = f"Conditional modes of the random effects in {label}"
    axis = f"Deviation from the mean{scale_words(final)}"
    svg = document(_planes(shown, axis), title)
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


def _planes(panels: list[_Panel], axis: str) -> list[Plane]:
    named = max(len(panel.levels) for panel in panels) <= MOST_NAMED
    return [(_across if named else _along)(panel, axis) for panel in panels]


def _across(panel: _Panel, axis: str) -> Plane:
    """Return a plot with each group as a row with its name, the largest at the top."""
    plane = Plane(panel.title, axis, width=WIDE, height=max(90.0, 17.0 * len(panel.levels)))
    plane.span(range_of([*(panel.estimate - panel.half), *(panel.estimate + panel.half), 0.0]), (0.0, 1.0))
    plane.name_rows(panel.levels[::-1], share=0.3)
    plane.upright(0.0, colour=INK)
    J = len(panel.levels)
    _bars(plane, panel, [float(index - J + 1) for index in range(J)], upright=False)
    return plane


def _along(panel: _Panel, axis: str) -> Plane:
    """Return a plot of the groups by rank, with a bar each, or with one band if bars would overlap."""
    rank = np.arange(1, len(panel.levels) + 1)
    low, high = panel.estimate - panel.half, panel.estimate + panel.half
    plane = Plane(panel.title, "Rank of the group", axis, width=WIDE, height=210)
    plane.span((0.0, len(rank) + 1.0), range_of([*low, *high, 0.0]))
    plane.level(0.0, colour=INK, dash="")
    if len(rank) > MOST_BARS:
        drawn = np.unique(np.linspace(0, len(rank) - 1, MOST_BARS).round().astype(int))
        at = rank[drawn].astype(float).tolist()
        ends = [list(zip(at, values[drawn].tolist(), strict=True)) for values in (low, high, panel.estimate)]
        plane.band(ends[0], ends[1], colour=SKY, opacity=0.35)
        plane.line(ends[2], colour=BLUE, width=1.8)
        plane.key = [Key("95\u202f% interval", SKY, area=True)]
    else:
        _bars(plane, panel, rank.astype(float).tolist(), upright=True)
    return plane


def _bars(plane: Plane, panel: _Panel, places: list[float], *, upright: bool) -> None:
    """Draw the interval and the mode of each group at its place."""
    width = min(1.5, 260 / len(places))
    for clear, colour, mark in ((False, FAINT, GREY), (True, BLUE, BLUE)):
        chosen = [index for index in range(len(places)) if bool(panel.clear[index]) is clear]
        names = [panel.levels[index] for index in chosen]
        ends, modes = [], []
        for index in chosen:
            mode, half, place = float(panel.estimate[index]), float(panel.half[index]), places[index]
            ends.append([_point(mode - half, place, upright), _point(mode + half, place, upright)])
            modes.append(_point(mode, place, upright))
        plane.lines(ends, colour=colour, width=width, groups=names)
        size = 6.0 if not upright else min(5.0, max(2.4, 500 / len(places)))
        plane.marks(modes, colour=mark, size=size, hollow=not clear and not upright, groups=names)
    plane.key = [
        Key("interval without 0", BLUE, dash="", mark="o"), Key("interval with 0", FAINT, dash="", mark="o"),
    ]  # fmt: skip


def _point(value: float, place: float, upright: bool) -> tuple[float, float]:
    return (place, value) if upright else (value, place)


def _reading(panels: list[_Panel], count: int) -> str:
    parts = []
    for panel in panels:
        clear = int(panel.clear.sum())
        low, high = (spread_text(float(panel.estimate[end])) for end in (0, -1))
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
