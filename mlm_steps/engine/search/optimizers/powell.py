"""Line searches along conjugate directions (Powell 1964), without derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem
from mlm_steps.engine.search.optimizers.through_scipy import UNLIMITED, minimise_by_scipy

__all__ = ["powell"]


def powell(problem: Problem, start: NDArray[np.float64]) -> Ending:
    """Return how the search ended."""
    options = {
        "xtol": problem.step_tolerance,
        "ftol": problem.tolerance,
        "maxfev": UNLIMITED,
        "maxiter": UNLIMITED,
    }
    return minimise_by_scipy(problem, start, "Powell", options)
