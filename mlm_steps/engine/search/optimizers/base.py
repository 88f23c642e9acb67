"""The problem that an optimiser receives, and the result that it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import TracePoint, profiled_value
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.engine.search.optimize import Objective
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["Ending", "Optimizer", "Problem", "Spent"]

Array = NDArray[np.float64]

BARRIER = 1e12
"""Value of the criterion where it does not exist. It is finite because line searches interpolate."""


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


class Problem:
    """The profiled criterion of one model, with its bounds and a budget of evaluations.

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

    def __init__(
        self,
        prepared: PreparedDesign,
        method: Method,
        objective: Objective,
        start: Array,
        *,
        max_evaluations: int,
        tolerance: float,
    ) -> None:
        self._prepared, self._method, self._objective = prepared, method, objective
        self._left = max_evaluations
        self.lower = np.full(start.size, -np.inf)
        for factor in prepared.strategy.factors:
            pattern = factor.pattern
            self.lower[factor.theta[pattern.rows == pattern.columns]] = 0.0
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
        values = self._prepared.strategy.value(theta)
        if values is None:
            return BARRIER
        return self._seen(theta, profiled_value(values, self._prepared.n, self._prepared.p, self._method))

    def with_gradient(self, theta: Array) -> tuple[float, Array]:
        """Return the criterion and its exact gradient, shape (m,); `Spent` when the budget is used up."""
        self._count()
        point = self._objective(theta, False)
        if point is None:
            return BARRIER, np.zeros(theta.size)
        return self._seen(theta, point.value, float(np.abs(point.gradient).max())), point.gradient

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
