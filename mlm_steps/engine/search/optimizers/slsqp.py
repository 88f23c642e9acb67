"""Sequential quadratic programming (Kraft 1988), on the exact gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem
from mlm_steps.engine.search.optimizers.through_scipy import UNLIMITED, minimise_by_scipy

__all__ = ["slsqp"]


def slsqp(problem: Problem, start: NDArray[np.float64]) -> Ending:
    """Return how the search ended."""
    options = {
        "ftol": problem.tolerance * (1.0 + abs(problem.value(start))),
        "maxiter": UNLIMITED,
    }
    return minimise_by_scipy(problem, start, "SLSQP", options, gradient=True)
