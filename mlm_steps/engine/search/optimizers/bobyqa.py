"""Powell's BOBYQA (2009), quadratic models by interpolation within bounds, by NLopt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem
from mlm_steps.engine.search.optimizers.through_scipy import first_radius

__all__ = ["bobyqa"]

MESSAGES = {3: "the change of the criterion is below the tolerance", 4: "the steps are below the tolerance"}


def bobyqa(problem: Problem, start: NDArray[np.float64]) -> Ending:
    """Return how the search ended; NLopt is an extra that need not be installed."""
    import nlopt

    search = nlopt.opt(nlopt.LN_BOBYQA, start.size)
    search.set_min_objective(lambda theta, _: problem.value(np.array(theta)))
    search.set_lower_bounds(problem.lower)
    search.set_initial_step(first_radius(start))
    search.set_ftol_rel(problem.tolerance)
    search.set_xtol_abs(problem.step_tolerance)
    try:
        theta = np.asarray(search.optimize(start), dtype=float)
    except nlopt.RoundoffLimited:
        return Ending(problem.best, False, "rounding errors limit the progress")
    code = search.last_optimize_result()
    return Ending(theta, code > 0, MESSAGES.get(code, f"NLopt's code {code}"))
