"""The problem that an optimiser receives, and the result that it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import TracePoint
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["Ending", "Optimizer", "Problem", "Searched", "Spent", "lower_bounds"]

Array = NDArray[np.float64]

BARRIER = 1e12
"""Value of the criterion where it does not exist. It is finite because line searches interpolate."""


def lower_bounds(factors: Sequence[FactorTerms], size: int) -> Array:
    """Return the lower bounds of parameters that begin with theta."""
    lower = np.full(size, -np.inf)
    for factor in factors:
        lower[factor.theta[factor.pattern.rows == factor.pattern.columns]] = 0.0
    return lower


class Spent(Exception):  # noqa: N818 - reaching the limit is not an error
    """Raised inside an optimiser when its evaluations are used up."""


@dataclass(frozen=True, slots=True, eq=False)
class Ending:
    """How an optimiser ended, as it reports.

    Attributes
    ----------
    theta : ndarray, shape (m,)
        Where it ended, in the engine's units.
    normal : bool
        Whether it reports an optimum.
    message : str
        The message of its library.
    """

    theta: Array
    normal: bool
    message: str


class Searched(Protocol):
    """The criterion of one model as optimisers see it, at parameters in the engine's units."""

    @property
    def lower(self) -> Array:
        """The lower bounds: 0 for the diagonal of Lambda, minus infinity for the rest."""

    def value(self, theta: Array) -> float | None:
        """Return the criterion, or None where it does not exist."""

    def with_gradient(self, theta: Array) -> tuple[float, Array] | None:
        """Return the criterion and its exact gradient, or None where it does not exist."""


class Problem:
    """The criterion of one model, with its bounds and a budget of evaluations.

    Attributes
    ----------
    lower : ndarray, shape (m,)
        0 for the diagonal of Lambda, minus infinity for the rest; nothing is bounded above.
    tolerance : float
        Relative change of the criterion below which a search may end.
    used : int
        Evaluations so far; one with a gradient counts once.
    best : ndarray, shape (m,)
        The point with the lowest criterion so far.
    trace : list of TracePoint
        The evaluations so far.
    """

    def __init__(self, criterion: Searched, start: Array, *, max_evaluations: int, tolerance: float) -> None:
        self._criterion = criterion
        self._left = max_evaluations
        self.lower = criterion.lower
        self.tolerance = tolerance
        self.used = 0
        self.best, self._lowest = start, np.inf
        self.trace: list[TracePoint] = []

    @property
    def step_tolerance(self) -> float:
        """Step in theta below which a search may end: near an optimum the criterion is quadratic."""
        return float(np.sqrt(self.tolerance))

    def value(self, theta: Array) -> float:
        """Return the criterion; `Spent` when the budget is used up."""
        self._count()
        value = self._criterion.value(theta)
        return BARRIER if value is None else self._seen(theta, value)

    def with_gradient(self, theta: Array) -> tuple[float, Array]:
        """Return the criterion and its exact gradient, shape (m,); `Spent` when the budget is used up."""
        self._count()
        found = self._criterion.with_gradient(theta)
        if found is None:
            return BARRIER, np.zeros(theta.size)
        value, gradient = found
        return self._seen(theta, value, float(np.abs(gradient).max())), gradient

    def _count(self) -> None:
        if self.used >= self._left:
            raise Spent
        self.used += 1

    def _seen(self, theta: Array, value: float, slope: float | None = None) -> float:
        if not np.isfinite(value):
            return BARRIER
        self.trace.append(TracePoint(self.used, value, slope))
        if value < self._lowest:
            self.best, self._lowest = np.array(theta, dtype=float), value
        return value


class Optimizer(Protocol):
    """A search for the minimum of a `Problem`.

    A new optimiser is a module with such a function, named as in the spec, and a line in ``OPTIMIZERS``.
    Libraries are imported inside the function; an optional library is named in ``NEEDS``. The function
    respects ``problem.lower`` or uses no bounds, ends by ``problem.tolerance``, does not catch `Spent`,
    and returns where it ended, not the best point of the search.
    """

    def __call__(self, problem: Problem, start: Array) -> Ending:
        """Return how the search from ``start``, shape (m,), ended."""
        ...
