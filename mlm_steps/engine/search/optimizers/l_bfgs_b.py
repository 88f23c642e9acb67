"""Limited-memory quasi-Newton steps within bounds (Byrd et al. 1995), on the exact gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem
from mlm_steps.engine.search.optimizers.through_scipy import UNLIMITED, minimise_by_scipy

__all__ = ["l_bfgs_b"]


def l_bfgs_b(problem: Problem, start: NDArray[np.float64]) -> Ending:
    """Return how the search ended."""
    options = {
        "ftol": problem.tolerance,
        "gtol": problem.step_tolerance,
        "maxfun": UNLIMITED,
        "maxiter": UNLIMITED,
    }
    return minimise_by_scipy(problem, start, "L-BFGS-B", options, gradient=True)
