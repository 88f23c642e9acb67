"""A search by an optimiser that was chosen by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import profiled_value
from mlm_steps.engine.result.lmm_fit import Control, Method
from mlm_steps.engine.search.optimize import Objective, SearchResult
from mlm_steps.engine.search.optimizers import (
    OPTIMIZERS,
    Ending,
    Problem,
    Spent,
    lower_bounds,
    require_optimizer,
)
from mlm_steps.engine.search.search import first_start, objective_of
from mlm_steps.engine.search.starts import contrasting_starts
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.errors import Fault, FitError

__all__ = ["search_with"]

Array = NDArray[np.float64]


def search_with(
    prepared: PreparedDesign, method: Method, control: Control, start: Array | None = None
) -> SearchResult:
    """Return where the optimiser ``control.optimizer`` ended, with its Hessian, in the engine's units.

    ``control.restarts`` more searches follow from contrasting starts; the lowest end is returned.

    Raises
    ------
    FitError
        When there is no such optimiser, it is not installed, or the criterion has no derivatives where it
        ended.
    """
    word = control.optimizer
    require_optimizer(word)
    best = _once(
        prepared, method, control, first_start(prepared, method, control) if start is None else start
    )
    for other in islice(contrasting_starts(prepared, best), control.restarts):
        rival = _once(prepared, method, control, other)
        used = best.evaluations + rival.evaluations
        best = replace(rival if rival.point.value < best.point.value else best, evaluations=used)
    return best


@dataclass(frozen=True, slots=True, eq=False)
class _Profiled:
    """The profiled criterion of a linear model."""

    prepared: PreparedDesign
    method: Method
    objective: Objective

    @property
    def lower(self) -> Array:
        """The lower bounds of theta."""
        factors = self.prepared.strategy.factors
        return lower_bounds(factors, sum(factor.pattern.m for factor in factors))

    def value(self, theta: Array) -> float | None:
        """Return the criterion, or None where it does not exist."""
        values = self.prepared.strategy.value(theta)
        if values is None:
            return None
        return profiled_value(values, self.prepared.n, self.prepared.p, self.method)

    def with_gradient(self, theta: Array) -> tuple[float, Array] | None:
        """Return the criterion and its gradient, or None where they do not exist."""
        point = self.objective(theta, False)
        return None if point is None else (point.value, point.gradient)


def _once(prepared: PreparedDesign, method: Method, control: Control, start: Array) -> SearchResult:
    objective = objective_of(prepared, method)
    criterion = _Profiled(prepared, method, objective)
    problem = Problem(criterion, start, max_evaluations=control.max_evaluations, tolerance=control.tolerance)
    inside = np.maximum(start, problem.lower)
    try:
        ending = OPTIMIZERS[control.optimizer](problem, inside)
        ended = "optimum" if ending.normal else "stopped"
    except Spent:
        ending, ended = Ending(problem.best, False, ""), "evaluations"
    point = objective(ending.theta, True)
    if point is None or point.hessian is None:
        raise FitError(Fault("", f"{control.optimizer} ended where the criterion does not exist"))
    trace = tuple(problem.trace)
    return SearchResult(ending.theta, point, problem.used, ended, control.optimizer, ending.message, trace)
