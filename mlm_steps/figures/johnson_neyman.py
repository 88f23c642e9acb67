"""The slope of a predictor over the values of its moderator, and the regions where it differs from 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlm_steps.figures.base import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    Figure,
    FigureInput,
    Rows,
    finish,
    group_label,
    safe,
    settings,
    shorten,
    style_axes,
)
from mlm_steps.figures.generalized import scale_words
from mlm_steps.figures.interaction import (
    MOST_PANELS,
    draw_rug,
    held,
    last_slopes,
    number,
    panel_grid,
    panel_title,
    with_unit,
)
from mlm_steps.records.effects import Region, SimpleSlopes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["johnson_neyman"]

Point = tuple[float, float, float, float]
Shown = tuple[SimpleSlopes, Region]


def johnson_neyman(given: FigureInput) -> Figure | None:
    """Return the regions of the last rung with an interaction; None if no moderator is numeric."""
    pairs: list[Shown] = [(pair, pair.region) for pair in last_slopes(given) if pair.region is not None]
    if not pairs:
        return None
    shown = pairs[:MOST_PANELS]
    title = f"Where slopes differ from 0 in {safe(given.run.labels.model(pairs[0][0].model))}"
    with settings():
        figure, panels = panel_grid(len(shown))
        for axes, (pair, region) in zip(panels, shown, strict=True):
            _draw(axes, given, pair, region)
        svg = finish(figure, "johnson_neyman", title)
    reading = " ".join([*(_reading(given, *each) for each in shown), *_rest(len(shown), len(pairs))])
    alt = (
        "Line plots of a slope on the vertical axis against the moderator on the horizontal one, with a "
        f"pointwise band, a line at 0 and a solid line where the slope differs from 0. {reading}"
    )
    return Figure("johnson_neyman", title, reading, alt, svg, _data(given, pairs))


def _rest(shown: int, count: int) -> list[str]:
    return [f"{shown} of {count} panels are drawn; the table holds all."] if count > shown else []


def _draw(axes: Axes, given: FigureInput, pair: SimpleSlopes, region: Region) -> None:
    w, slope, low, high = (list(column) for column in zip(*region.curve, strict=True))
    axes.axhline(0.0, color=INK, linewidth=0.9)
    axes.fill_between(w, low, high, color=GREY, alpha=0.16, linewidth=0)
    axes.plot(w, slope, color=GREY, linestyle="--", linewidth=1.6, label="does not differ from 0")
    first = True
    for stretch in region.stretches:
        part = _within(region.curve, stretch.low, stretch.high)
        x = [point[0] for point in part]
        axes.fill_between(x, [p[2] for p in part], [p[3] for p in part], color=BLUE, alpha=0.22, linewidth=0)
        axes.plot(
            x, [p[1] for p in part], color=BLUE, linewidth=2.6, label="differs from 0" if first else None
        )
        first = False
    for bound in region.bounds:
        if region.observed_low < bound < region.observed_high:
            axes.axvline(bound, color=VERMILION, linestyle=":", linewidth=1.6)
            axes.annotate(
                number(bound), (bound, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -3),
                textcoords="offset points", va="top", fontsize=9, color=VERMILION,
            )  # fmt: skip
    draw_rug(axes, _units(given, pair, region))
    axes.set_xlabel(shorten(with_unit(given, pair.moderator), 60))
    scale = scale_words(given.run.fit(pair.model))
    axes.set_ylabel(shorten(f"Slope of {safe(given.run.labels.column(pair.focal))}{scale}", 50))
    style_axes(axes)
    axes.set_title(shorten(panel_title(given, pair), 62), fontsize=10, loc="left")
    axes.legend(loc="best", frameon=False, fontsize=9, handlelength=3.2)


def _within(curve: Sequence[Point], low: float, high: float) -> list[Point]:
    """Return the points of a curve between two values, and interpolated points at the two values."""
    inside = [point for point in curve if low < point[0] < high]
    return [_at(curve, low), *inside, _at(curve, high)]


def _at(curve: Sequence[Point], w: float) -> Point:
    x, *heights = (list(column) for column in zip(*curve, strict=True))
    slope, low, high = (float(np.interp(w, x, height)) for height in heights)
    return (w, slope, low, high)


def _units(given: FigureInput, pair: SimpleSlopes, region: Region) -> list[float]:
    """Return the moderator's value in each unit: in each row, or its mean in each group."""
    if pair.moderator not in given.frame:
        return []
    values = given.frame[pair.moderator].astype(float)
    groups = given.formulas[pair.model].groups
    columns = next((list(each) for each in groups if ":".join(each) == region.unit), None)
    if columns is None or any(column not in given.frame for column in columns):
        return list(values.tolist())
    keys = [given.frame[column] for column in columns]
    return list(values.groupby(keys, observed=True).mean().tolist())


def _reading(given: FigureInput, pair: SimpleSlopes, region: Region) -> str:
    labels = given.run.labels
    unit = f"levels of {group_label(given, region.unit)}" if region.unit else "rows"
    where = held(given, pair.conditions)
    if region.stretches:
        ranges = " and ".join(
            f"{number(part.low)} to {number(part.high)} ({'positive' if part.sign > 0 else 'negative'})"
            for part in region.stretches
        )
        verdict = (
            f"differs from 0 for {ranges}; {100 * region.share:.0f} % of the {unit} lie in this range"
            if len(region.stretches) == 1
            else f"differs from 0 for {ranges}; {100 * region.share:.0f} % of the {unit} lie in these ranges"
        )
    else:
        verdict = "does not differ from 0 at any observed value"
    return (
        f"Over the observed values of {safe(labels.column(pair.moderator))}, "
        f"{number(region.observed_low)} to {number(region.observed_high)}, "
        f"the slope of {safe(labels.column(pair.focal))}"
        f"{f' with {where}' if where else ''} {verdict}."
    )


def _data(given: FigureInput, pairs: list[Shown]) -> Rows:
    def differs(region: Region, w: float) -> bool:
        return any(part.low <= w <= part.high for part in region.stretches)

    rows = tuple(
        (pair.focal, pair.moderator, held(given, pair.conditions), *point, differs(region, point[0]))
        for pair, region in pairs
        for point in region.curve
    )
    return ("focal", "moderator", "conditions", "w", "slope", "low", "high", "differs"), rows
