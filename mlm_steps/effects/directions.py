"""Define the slope of a predictor (a category, a line or a curve) as a weighted sum of design rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import Predictor, PredictorValue, Setting
from mlm_steps.effects.fitted import Fitted

__all__ = ["Direction", "directions", "stencil"]

STRAIGHT = 1e-9
"""Relative deviation from a straight line up to which a column counts as straight: rounding error."""
WITHIN = (0.0, 0.3, 0.65, 1.0)
"""Shares of a predictor's range at which straightness is checked; unequal steps reveal periodic functions."""
STEP, MOST_STEPS = 1e-3, 16
"""The first step of numerical differentiation, as a share of the range, and the largest number of steps. Each
step is a quarter of the previous one."""
SETTLED = 1e-10
"""Relative change of a slope up to which it has converged: about the accuracy of finite differences."""
TINY = 1e-300
"""A number added to a denominator that may be 0, too small to change any other."""


@dataclass(frozen=True, slots=True)
class Direction:
    """The slope of a focal predictor as a weighted sum of rows.

    Attributes
    ----------
    contrast : str or None
        The two levels of a category, for example ``Female - Male``.
    values : tuple of PredictorValue
        Values of the focal predictor.
    weights : tuple of float
        The slope is the sum of the rows at these values with these weights.
    at : float or None
        Value of the predictor at which the slope of a curve is taken.
    """

    contrast: str | None
    values: tuple[PredictorValue, ...]
    weights: tuple[float, ...]
    at: float | None = None


def directions(fitted: Fitted, focal: Predictor) -> list[Direction]:
    """Return the slopes of a predictor; a category has one for each level except the first."""
    if focal.category:
        first, *others = focal.levels
        return [
            Direction(f"{focal.label(level)} - {focal.label(first)}", (level, first), (1.0, -1.0))
            for level in others
        ]
    low, high = focal.low, focal.high
    span = high - low
    if len(focal.levels) == 2 or _is_straight(fitted, focal):
        return [Direction(None, (high, low), (1.0 / span, -1.0 / span))]
    return [_tangent(fitted, focal)]


def stencil(focal: Predictor) -> Direction:
    """Return the derivative of a mean, which is a curve on the scale of the outcome, at a number's mean."""
    return _differences_by(focal, STEP)


def _corners(fitted: Fitted, focal: Predictor) -> list[Setting]:
    """Return two settings of the predictors that interact with a predictor."""
    others = [fitted.predictors.by_name[name] for name in fitted.predictors.partners(focal.name)]
    return [{}, {p.name: p.levels[-1] if p.levels else p.high for p in others}]


def _tangent(fitted: Fitted, focal: Predictor) -> Direction:
    """Return the slope of a curve at the predictor's reference value, by central differences.

    The step is reduced until the slope no longer changes, or until the function is defined at all points.
    """
    corners, best, least = _corners(fitted, focal), _differences_by(focal, STEP), np.inf
    before: NDArray[np.float64] | None = None
    for quartered in range(MOST_STEPS):
        direction = _differences_by(focal, STEP * 0.25**quartered)
        settings = [{**corner, focal.name: x} for corner in corners for x in direction.values]
        rows = fitted.predictors.rows(settings)
        if not rows.defined.all():
            continue
        slopes = np.einsum("cvp,v->cp", rows.full.reshape(len(corners), 4, -1), np.array(direction.weights))
        if before is None:
            best = direction
        else:
            change = float(np.max(np.abs(slopes - before) / (np.abs(slopes).max(axis=0) + TINY)))
            if change < least:
                best, least = direction, change
            if change <= SETTLED:
                break
        before = slopes
    return best


def _differences_by(focal: Predictor, share: float) -> Direction:
    middle, h = focal.held, share * (focal.high - focal.low)
    values = (middle - 2 * h, middle - h, middle + h, middle + 2 * h)
    weights = tuple(w / (12.0 * h) for w in (1.0, -8.0, 8.0, -1.0))
    return Direction(None, values, weights, at=middle)


def _is_straight(fitted: Fitted, focal: Predictor) -> bool:
    """Return whether all columns are linear in a predictor, at two values of each interacting predictor."""
    predictors = fitted.predictors
    values = [focal.low + share * (focal.high - focal.low) for share in WITHIN]
    for corner in _corners(fitted, focal):
        rows = predictors.rows([{**corner, focal.name: value} for value in values])
        if not rows.defined.all():
            return False
        full = rows.full
        line = full[0] + np.array(WITHIN)[:, None] * (full[-1] - full[0])
        if (np.abs(full - line) > STRAIGHT * np.abs(full).max(axis=0)).any():
            return False
    return True
