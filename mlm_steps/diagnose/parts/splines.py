"""Columns that bend: restricted cubic splines (Harrell 2015, Regression Modeling Strategies, section 2.4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["bending_columns"]

Array = NDArray[np.float64]

KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
"""Harrell's quantiles for five knots: three columns that bend."""
FEWEST = 3
"""Smallest number of distinct values of a variable whose relation can bend."""
KNOTS_AT = 10_000
"""Rows from which knots are taken; more rows do not change quantiles visibly and sorting them takes time."""


def bending_columns(x: Array) -> Array:
    """Return columns that are zero for a straight line, shape (n, c); c is 0 for fewer than three values.

    A variable with few distinct values gets one knot fewer than it has values, so that c is at most two less
    than their number.
    """
    spread = float(np.ptp(x)) if x.size else 0.0
    if not spread > 0.0:
        return np.empty((x.size, 0))
    scaled = (x - float(x.min())) / spread
    some = scaled if x.size <= KNOTS_AT else scaled[:: x.size // KNOTS_AT]
    distinct = np.unique(some)
    if distinct.size < FEWEST:
        return np.empty((x.size, 0))
    knots = np.unique(np.quantile(some, KNOTS)) if distinct.size > len(KNOTS) else distinct
    if knots.size < FEWEST:  # most rows have one value: the square bends too
        return scaled[:, None] ** 2
    last, before = knots[-1], knots[-2]
    end, previous = _cube(scaled, last), _cube(scaled, before)
    columns = [
        _cube(scaled, knot)
        - previous * (last - knot) / (last - before)
        + end * (before - knot) / (last - before)
        for knot in knots[:-2]
    ]
    return np.column_stack(columns)


def _cube(x: Array, knot: float) -> Array:
    return np.asarray(np.maximum(x - knot, 0.0) ** 3)
