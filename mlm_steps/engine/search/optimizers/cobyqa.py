"""Quadratic models by interpolation within bounds (Ragonneau & Zhang 2023), without derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem
from mlm_steps.engine.search.optimizers.through_scipy import UNLIMITED, first_radius, minimise_by_scipy

__all__ = ["cobyqa"]


def cobyqa(problem: Problem, start: NDArray[np.float64]) -> Ending:
    """Return how the search ended."""
    options = {
        "initial_tr_radius": first_radius(start),
        "final_tr_radius": problem.step_tolerance,
        "maxfev": UNLIMITED,
        "maxiter": UNLIMITED,
    }
    return minimise_by_scipy(problem, start, "COBYQA", options)
