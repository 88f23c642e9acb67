"""Where the searches start, and which of them wins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion import Point, profiled
from mlm_steps.engine.kernel import Kernel
from mlm_steps.engine.optimize import Objective, Search, minimise
from mlm_steps.engine.values import Control, Method

__all__ = ["find_optimum"]

Array = NDArray[np.float64]


def objective_of(kernel: Kernel, method: Method) -> Objective:
    """Return the profiled criterion of theta in the engine's units."""

    def objective(theta: Array, hessian: bool) -> Point | None:
        pieces = kernel.strategy.pieces(theta, hessian=hessian)
        return None if pieces is None else profiled(pieces, kernel.n, kernel.p, method)

    return objective


def find_optimum(kernel: Kernel, method: Method, control: Control, start: Array | None) -> Search:
    """Return the best optimum found, with a Hessian, in the engine's units."""
    objective = objective_of(kernel, method)
    return minimise(
        objective,
        _default_start(kernel) if start is None else start,
        exact_hessian=kernel.strategy.exact_hessian,
        max_evaluations=control.max_evaluations,
        tolerance=control.tolerance,
    )


def _default_start(kernel: Kernel) -> Array:
    theta = np.zeros(sum(factor.pattern.m for factor in kernel.strategy.factors))
    for factor in kernel.strategy.factors:
        theta[factor.theta[factor.pattern.rows == factor.pattern.columns]] = 1.0
    return theta
