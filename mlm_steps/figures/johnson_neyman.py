"""The slope of a predictor over the values of its moderator, and the regions where it differs from 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlm_steps.figures.base import Figure, FigureInput, Rows, units_label
from mlm_steps.figures.generalized import scale_words
from mlm_steps.figures.interaction import (
    MOST_PANELS,
    held,
    last_slopes,
    number,
    panel_title,
    rug_values,
    with_unit,
)
from mlm_steps.figures.svg.colours import ALERT, BLUE, GREY, INK, VERMILION
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.records.effects import Region, SimpleSlopes

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
    svg = document([_draw(given, *each) for each in shown], title)
    reading = " ".join([*(_reading(given, *each) for each in shown), *_rest(len(shown), len(pairs))])
    alt = (
        "Line plots of a slope on the vertical axis against the moderator on the horizontal one, with a "
        f"pointwise band, a line at 0 and a solid line where the slope differs from 0. {reading}"
    )
    return Figure("johnson_neyman", title, reading, alt, svg, _data(given, pairs))


def _rest(shown: int, count: int) -> list[str]:
    return [f"{shown} of {count} panels are drawn; the table holds all."] if count > shown else []


def _draw(given: FigureInput, pair: SimpleSlopes, region: Region) -> Plane:
    scale = scale_words(given.run.fit(pair.model))
    up = f"Slope of {safe(given.run.labels.column(pair.focal))}{scale}"
    plane = Plane(panel_title(given, pair), with_unit(given, pair.moderator), up, width=WIDE, height=220)
    plane.limits([p[0] for p in region.curve], [0.0, *(v for p in region.curve for v in (p[2], p[3]))])
    plane.level(0.0, colour=INK, dash="")
    _draw_curve(plane, region.curve, clear=False)
    for stretch in region.stretches:
        _draw_curve(plane, _within(region.curve, stretch.low, stretch.high), clear=True)
    for bound in region.bounds:
        if region.observed_low < bound < region.observed_high:
            plane.upright(bound, colour=VERMILION, dash="2 3", width=1.6)
            plane.text(bound, plane.y[1], number(bound), move=(4.0, 11.0), colour=ALERT)
    plane.rug(rug_values(_units(given, pair, region)))
    if region.stretches:
        plane.key.append(Key("differs from 0", BLUE, dash="", width=2.8))
    if len(region.stretches) != 1 or region.bounds:
        plane.key.append(Key("does not differ from 0", GREY, dash="5 3", width=1.6))
    return plane


def _draw_curve(plane: Plane, curve: Sequence[Point], *, clear: bool) -> None:
    """Draw the slope with its band, where it differs from 0 or everywhere."""
    colour = BLUE if clear else GREY
    lower, upper = [(p[0], p[2]) for p in curve], [(p[0], p[3]) for p in curve]
    plane.band(lower, upper, colour=colour, opacity=0.22 if clear else 0.16)
    line = [(p[0], p[1]) for p in curve]
    plane.line(line, colour=colour, width=2.8 if clear else 1.6, dash="" if clear else "5 3")


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
    unit = units_label(given, region.unit) if region.unit else "rows"
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
