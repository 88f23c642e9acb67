"""The simplex of Nelder & Mead (1965), without derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem
from mlm_steps.engine.search.optimizers.through_scipy import UNLIMITED, minimise_by_scipy

__all__ = ["nelder_mead"]


def nelder_mead(problem: Problem, start: NDArray[np.float64]) -> Ending:
    """Return how the search ended."""
    options = {
        "xatol": problem.step_tolerance,
        "fatol": problem.tolerance * (1.0 + abs(problem.value(start))),
        "maxfev": UNLIMITED,
        "maxiter": UNLIMITED,
        "adaptive": start.size > 3,
    }
    return minimise_by_scipy(problem, start, "Nelder-Mead", options)
