"""A joint search by an optimiser that was chosen by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.engine.search.joint import JointObjective, JointSearch
from mlm_steps.engine.search.optimizers import (
    OPTIMIZERS,
    Ending,
    Problem,
    Spent,
    lower_bounds,
    require_optimizer,
)
from mlm_steps.errors import Fault, FitError

__all__ = ["search_jointly_with"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Joint:
    """The deviance of a generalized model."""

    model: PreparedGlmm
    objective: JointObjective

    @property
    def lower(self) -> Array:
        """The lower bounds of theta, the fixed effects and log(phi)."""
        return lower_bounds(self.model.factors, self.model.size)

    def value(self, theta: Array) -> float | None:
        """Return the deviance, or None where it does not exist."""
        found = self.with_gradient(theta)
        return None if found is None else found[0]

    def with_gradient(self, theta: Array) -> tuple[float, Array] | None:
        """Return the deviance and its gradient, or None where they do not exist."""
        found = self.objective(theta)
        return None if found is None else (found.value, found.gradient)


def search_jointly_with(
    model: PreparedGlmm, objective: JointObjective, control: Control, start: Array
) -> JointSearch:
    """Return where the optimiser ``control.optimizer`` ended, with its Hessian, in the engine's units.

    Raises
    ------
    FitError
        When there is no such optimiser, it is not installed, or the criterion does not exist where it ended.
    """
    word = control.optimizer
    require_optimizer(word)
    criterion = _Joint(model, objective)
    problem = Problem(criterion, start, max_evaluations=control.max_evaluations, tolerance=control.tolerance)
    try:
        ending = OPTIMIZERS[word](problem, np.maximum(start, problem.lower))
        ended = "optimum" if ending.normal else "stopped"
    except Spent:
        ending, ended = Ending(problem.best, False, ""), "evaluations"
    at = objective(ending.theta)
    if at is None:
        raise FitError(Fault("", f"{word} ended where the criterion does not exist"))
    hessian = objective.hessian(ending.theta, at)
    return JointSearch(ending.theta, at, hessian, ended, word, ending.message)
