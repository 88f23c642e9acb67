"""Simple slopes: the slope of one predictor at values of another (statistics, section 11)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import GridRows, PredictorValue, Setting
from mlm_steps.effects.comparisons import PAIRS, affordable
from mlm_steps.effects.directions import Direction, directions
from mlm_steps.effects.fitted import TOO_LARGE, Fitted
from mlm_steps.effects.moderators import At, points_of, spread_of
from mlm_steps.effects.pair import Pair
from mlm_steps.effects.regions import find_region
from mlm_steps.effects.response_slopes import slopes_on_response
from mlm_steps.records.effects import (
    FittedLine,
    Region,
    SimpleSlopes,
    SlopeAt,
    Tested,
)

__all__ = ["simple_slopes"]

LINE_POINTS = 25
"""Number of points of a drawn line over a numeric focal predictor."""
MOST_CONDITIONS = 12
"""Largest number of combinations of levels of other categories with slopes; more would not fit on a page."""
MOST_COMPARED = 12
"""Largest number of levels of a moderator whose pairwise differences are computed; 12 levels have 66."""


def simple_slopes(
    fitted: Fitted,
    focal: str,
    moderator: str,
    *,
    at: At = "sd",
    declared: bool = False,
    level_2: bool = False,
    adjust: str = "tukey",
) -> tuple[SimpleSlopes, ...]:
    """Return the slopes of a focal predictor at values of a moderator, with regions and lines.

    There is one result for each contrast of a focal category with its first level, and for each combination
    of levels of other categories that interact with it; other numbers are held at their mean.

    Parameters
    ----------
    fitted : Fitted
    focal, moderator : str
        Two predictors of the fit.
    at : {"sd", "range"} or sequence
        Values of a numeric moderator: its mean and one SD to either side; minimum, mean and maximum; or the
        given values.
    declared : bool
        Whether the spec names the pair.
    level_2 : bool
        Whether the moderator is declared to belong to groups.
    adjust : str
        Key of ``ADJUSTMENTS``, for the differences between the slopes at levels.
    """
    predictors = fitted.predictors
    moderating = predictors.by_name[moderator]
    spread = None if moderating.category else spread_of(predictors.design, moderating, declared=level_2)
    points = points_of(moderating, spread, at)
    if spread is not None:
        points = tuple(
            each
            for each in points
            if each.place == "given" or predictors.has_value(moderator, float(each.value))
        )
    pair = Pair(fitted, predictors.by_name[focal], moderating, spread, points)
    return tuple(
        _read(pair, direction, given, declared=declared, adjust=adjust)
        for direction in directions(fitted, pair.focal)
        for given in _conditions(fitted, focal, moderator)
    )


def _conditions(fitted: Fitted, focal: str, moderator: str) -> list[Setting]:
    """Return the settings of the other predictors that interact with the focal one.

    There is one setting for each combination of levels. Above ``MOST_CONDITIONS`` the categories with the
    most levels are held at their first level.
    """
    predictors = fitted.predictors
    averaged = (moderator, *predictors.nests.related(focal, moderator))
    further = [predictors.by_name[name] for name in predictors.partners(focal) if name not in averaged]
    varied, count = [], 1
    for predictor in sorted(further, key=lambda each: len(each.levels)):
        count *= len(predictor.centre)
        if count <= MOST_CONDITIONS:
            varied.append(predictor.name)
    held = {p.name: p.centre[0] for p in further if p.name not in varied}
    return [{p.name: setting[p.name] for p in further} for setting in predictors.settings(held, varied)]


def _read(pair: Pair, direction: Direction, given: Setting, *, declared: bool, adjust: str) -> SimpleSlopes:
    fitted = pair.fitted
    rows = pair.slope_rows(direction, given, [point.value for point in pair.points])
    pairs = _compared(pair)
    own = affordable(adjust, len(pairs)) if pair.moderator.levels else "none"
    differences = fitted.differences([point.value for point in pair.points], rows, pairs, own)
    slopes = _slopes(pair, direction, rows, given)
    if fitted.response is not None:
        slopes, differences = slopes_on_response(pair, direction, given, slopes, differences, pairs, own)
    return SimpleSlopes(
        model=fitted.model,
        focal=pair.focal.name,
        focal_contrast=direction.contrast,
        focal_at=direction.at,
        moderator=pair.moderator.name,
        moderator_kind="category" if pair.moderator.category else "number",
        unit=pair.spread.unit if pair.spread else None,
        declared=declared,
        conditions=tuple(fitted.condition(name, value) for name, value in given.items()),
        df_method=fitted.against.method,
        confidence=fitted.confidence,
        adjust=own if differences else affordable(adjust, 0),
        slopes=slopes,
        differences=differences,
        region=_region(pair, direction, given),
        lines=_lines(pair, given),
        ratio_kind=fitted.ratio_kind,
    )


def _slopes(pair: Pair, direction: Direction, rows: GridRows, given: Setting) -> tuple[SlopeAt, ...]:
    zero: PredictorValue = 0.0 if direction.at is None else direction.at
    if pair.focal.category:
        zero = pair.focal.levels[0]
    at_zero = pair.expected(given, [zero])
    intercepts: tuple[Tested, ...] = (TOO_LARGE,) * len(pair.points)
    if at_zero is not None:
        intercepts = pair.fitted.tested(at_zero)
    return tuple(
        SlopeAt(value=point.value, place=point.place, slope=slope, intercept=intercept)
        for point, slope, intercept in zip(pair.points, pair.fitted.tested(rows), intercepts, strict=True)
    )


def _compared(pair: Pair) -> list[tuple[int, int]]:
    """Return the pairs of slopes that are compared: those at levels, the later level minus the earlier.

    There are none for a numeric moderator of a linear model, whose interaction coefficient determines all
    differences. In a generalized model the slope at the last value is compared with that at the first, since
    on the scale of the outcome the coefficient determines neither size nor sign (Ai & Norton 2003).
    """
    count = len(pair.points)
    if pair.moderator.levels:
        return PAIRS["pairwise"](count, 0) if 2 <= len(pair.moderator.levels) <= MOST_COMPARED else []
    return [(count - 1, 0)] if pair.fitted.response is not None and count > 1 else []


def _region(pair: Pair, direction: Direction, given: Setting) -> Region | None:
    if pair.spread is None or pair.moderator.levels:
        return None
    return find_region(pair.fitted, lambda w: pair.slope_rows(direction, given, w), pair.spread)


def _lines(pair: Pair, given: Setting) -> tuple[FittedLine, ...]:
    over: Sequence[PredictorValue] = pair.focal.levels
    if not pair.focal.category:
        over = np.linspace(pair.focal.low, pair.focal.high, LINE_POINTS).tolist()
    rows = pair.expected(given, over)
    if rows is None:
        return ()
    shape = (len(pair.points), len(over), 3)
    bands = [pair.fitted.band(rows).reshape(shape)]
    if pair.fitted.response is not None:
        bands += [band.reshape(shape) for band in pair.fitted.response.curve(rows)]
    names = ("points", "population", "typical")
    lines = [
        FittedLine.model_validate(
            {"value": point.value}
            | {name: _line_points(over, band[i]) for name, band in zip(names, bands, strict=False)}
        )
        for i, point in enumerate(pair.points)
    ]
    return tuple(line for line in lines if len(line.points) > 1)


def _line_points(
    over: Sequence[PredictorValue], band: NDArray[np.float64]
) -> tuple[tuple[PredictorValue, float, float, float], ...]:
    """Return the points at which a line is defined."""
    return tuple((x, *ends) for x, ends in zip(over, band.tolist(), strict=True) if np.isfinite(ends).all())
