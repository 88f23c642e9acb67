"""Estimates of a transformed outcome on the scale of the data column."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.outcome_scale import OutcomeScale
from mlm_steps.records.effects import BackTransformed, Tested

__all__ = ["taken_back", "taken_back_difference"]

Array = NDArray[np.float64]
OUTSIDE = BackTransformed(code="outside_domain")


def taken_back(scale: OutcomeScale | None, test: Tested) -> BackTransformed | None:
    """Return a mean on the scale of the data column; None for an outcome without such a scale."""
    if scale is None or scale.column is None:
        return None
    return _back(scale.back, test)


def taken_back_difference(scale: OutcomeScale | None, test: Tested) -> BackTransformed | None:
    """Return a difference of means as a ratio or difference of the data column; None if it is neither."""
    if scale is None or scale.column is None or scale.difference is None:
        return None
    return _back(scale.back_difference, test)


def _back(function: Callable[[Array], tuple[Array, Array]], test: Tested) -> BackTransformed:
    """Return the transformed estimate and limits, with a standard error from the delta method."""
    if test.estimate is None or test.se is None or test.ci_low is None or test.ci_high is None:
        return BackTransformed(code=test.code)
    points = np.array([test.estimate, test.ci_low, test.ci_high])
    values, slopes = function(points)
    if not math.isfinite(values[0]):
        return OUTSIDE
    # A limit outside the domain of the function, such as a square root below 0, is moved to the domain's end.
    ends = np.where(np.isnan(values), function(np.zeros(3))[0], values)[1:]
    low, high = sorted(ends.tolist())
    return BackTransformed(
        estimate=float(values[0]),
        se=_finite(abs(slopes[0]) * test.se),
        ci_low=_finite(low),
        ci_high=_finite(high),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
