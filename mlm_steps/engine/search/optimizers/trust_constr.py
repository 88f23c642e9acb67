"""Quasi-Newton steps inside a trust region (Byrd, Hribar & Nocedal 1999), on the exact gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem
from mlm_steps.engine.search.optimizers.through_scipy import UNLIMITED, minimise_by_scipy

__all__ = ["trust_constr"]


def trust_constr(problem: Problem, start: NDArray[np.float64]) -> Ending:
    """Return how the search ended.

    It runs without bounds. The criterion needs none, because it is even in each column of Lambda. With
    bounds, scipy's interior-point method ends before it reaches a bound, because its test of the gradient
    does not wait until the barrier term vanishes.
    """
    options = {
        "gtol": problem.step_tolerance,
        "xtol": 0.01 * problem.step_tolerance,
        "maxiter": UNLIMITED,
    }
    return minimise_by_scipy(problem, start, "trust-constr", options, gradient=True, bounded=False)
