"""Select the values of a moderator at which a slope is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.design.predictors import Predictor, PredictorValue

__all__ = ["At", "Place", "Point", "Spread", "points_of", "spread_of"]

Array = NDArray[np.float64]
At = Literal["sd", "range"] | Sequence[PredictorValue]
Place = Literal["level", "mean - SD", "mean", "mean + SD", "minimum", "maximum", "given"]

CONSTANT = 1e-8
"""Share of a variable's variance within groups up to which it counts as constant within groups
(statistics, section 1)."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a moderator and its position in the distribution."""

    value: PredictorValue
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The values of a numeric variable over its units.

    Attributes
    ----------
    unit : str or None
        The grouping factor with the fewest levels within which the number is constant; None for rows.
    values : ndarray, shape (units,)
    """

    unit: str | None
    values: Array

    @property
    def mean(self) -> float:
        """Mean over the units."""
        return float(self.values.mean())

    @property
    def sd(self) -> float:
        """Standard deviation over the units."""
        return float(self.values.std(ddof=1)) if self.values.size > 1 else 0.0


def spread_of(design: Design, predictor: Predictor, declared: bool = False) -> Spread:
    """Return the values of a number over its units: groups if it is constant within groups, else rows.

    If ``declared``, its units are groups even if it varies within some; the value of a group is its mean.
    """
    x = predictor.values
    found: Spread | None = None
    for term in design.random:
        J = len(term.levels)
        sizes = np.bincount(term.refs, minlength=J)
        means = np.bincount(term.refs, weights=x, minlength=J)[sizes > 0] / sizes[sizes > 0]
        constant = np.var(x - _spread_back(means, term.refs, sizes)) <= CONSTANT * np.var(x)
        if not (constant or declared):
            continue
        if found is None or means.size < found.values.size:
            first = np.unique(term.refs, return_index=True)[1]
            found = Spread(term.group, x[first] if constant else means)
    return found or Spread(None, x)


def _spread_back(means: Array, refs: NDArray[np.intp], sizes: NDArray[np.intp]) -> Array:
    by_level = np.zeros(sizes.size)
    by_level[sizes > 0] = means
    return by_level[refs]


def points_of(predictor: Predictor, spread: Spread | None, at: At) -> tuple[Point, ...]:
    """Return the values at which a slope is shown: each level, or mean and one SD to either side.

    A point outside the observed range is replaced by the nearest observed value.
    """
    if not isinstance(at, str):
        return tuple(Point(value, "given") for value in at)
    if predictor.levels or spread is None:
        return tuple(Point(level, "level") for level in predictor.levels)
    low, high, mean = predictor.low, predictor.high, spread.mean
    if at == "range":
        return (Point(low, "minimum"), Point(mean, "mean"), Point(high, "maximum"))
    below = Point(low, "minimum") if mean - spread.sd < low else Point(mean - spread.sd, "mean - SD")
    above = Point(high, "maximum") if mean + spread.sd > high else Point(mean + spread.sd, "mean + SD")
    return (below, Point(mean, "mean"), above)
