"""The joint search over theta, beta and log(phi) of a generalized model (statistics, section 22.3).

Quasi-Newton steps within a trust region lead near the optimum. They start from the information of the fixed
effects and from differences of the gradient in the other parameters. At the end the Hessian is that of
central differences of the exact gradient, and Newton's steps sharpen the optimum. The criterion is even in
each column of Lambda, so that theta = 0 is always stationary: the search has no bounds and follows negative
curvature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import TracePoint
from mlm_steps.engine.pirls.laplace import Evaluation
from mlm_steps.engine.search.trust_region import trust_step, updated

__all__ = ["Criterion", "JointObjective", "JointSearch", "search_jointly"]

Array = NDArray[np.float64]

Criterion = Callable[[Array, Sequence[Array] | None], Evaluation | None]
"""The criterion at a parameter vector, from random effects near the modes; None where it does not exist."""

STEP = 1e-4
"""Step of differences in a parameter, which changes the linear predictor by about this much."""
LAST = 1e-6
"""Predicted decrease of the deviance below which the exact Hessian is computed."""
SHARP = 1e-14
"""Predicted decrease, relative to the deviance, below which the search ends."""
RADIUS = 0.5
"""First radius of the trust region, in units of the linear predictor."""
FARTHEST = 1e3
"""Size of a covariance parameter above which the search ends, since it has no finite optimum."""
POOR, GOOD = 0.25, 0.7
"""Ratios of actual to predicted decrease below which the trust region shrinks, and above which it grows."""
ACCEPTED = 1e-4
"""Smallest ratio of actual to predicted decrease at which a step is accepted."""
ROUNDING = 1e-11
"""Relative difference of two deviances that rounding explains."""
NO_RADIUS = 1e-12
"""Radius below which a step changes nothing."""
PATIENCE = 6
"""Number of updates of the Hessian, beyond one per parameter, after which it is computed exactly."""
NEAR = 1.0
"""Predicted decrease of the deviance below which so many updates show slow convergence."""
ENOUGH = 1e-8
"""Predicted decrease of the deviance at the end above which the Hessian is computed once more."""
MOST_NEWTON = 8
"""Largest number of Newton steps on one Hessian at the end."""
KNOWN = 1e-2
"""Distance in the parameters and in the deviance from a known optimum at which another search ends."""


class JointObjective:
    """A criterion that counts and records its evaluations and starts each from the modes of the last one."""

    def __init__(self, criterion: Criterion, *, used: int = 0) -> None:
        self._criterion = criterion
        self._modes: Sequence[Array] | None = None
        self.used = used
        self.trace: list[TracePoint] = []

    def __call__(self, psi: Array) -> Evaluation | None:
        """Return the criterion at a parameter vector."""
        self.used += 1
        found = self._criterion(psi, self._modes)
        if found is None and self._modes is not None:
            # The modes of the last point may be too far.
            found = self._criterion(psi, None)
        if found is not None:
            self._modes = found.u
            slope = float(np.abs(found.gradient).max())
            self.trace.append(TracePoint(self.used, found.value, slope))
        return found

    def hessian(self, psi: Array, at: Evaluation) -> Array | None:
        """Return the Hessian by central differences of the gradient, or None where it does not exist."""
        columns = []
        for r in range(psi.size):
            step = np.zeros(psi.size)
            step[r] = STEP * max(1.0, abs(psi[r]))
            above = self._criterion(psi + step, at.u)
            if above is None:
                return None
            # The modes on the other side are the reflection of these, up to the square of the step.
            reflected = [2.0 * middle - end for middle, end in zip(at.u, above.u, strict=True)]
            below = self._criterion(psi - step, reflected)
            if below is None:
                return None
            columns.append((above.gradient - below.gradient) / (2.0 * step[r]))
        self.used += 2 * psi.size
        whole = np.array(columns)
        return np.asarray((whole + whole.T) / 2)

    def rows(self, psi: Array, at: Evaluation, information: Array, places: Sequence[int]) -> Array:
        """Return a first Hessian: ``information``, with the rows of some parameters by differences."""
        hessian = information.copy()
        for r in places:
            step = np.zeros(psi.size)
            step[r] = STEP * max(1.0, abs(psi[r]))
            beside = self._criterion(psi + step, at.u)
            self.used += 1
            if beside is not None:
                hessian[r] = hessian[:, r] = (beside.gradient - at.gradient) / step[r]
        return hessian


@dataclass(frozen=True, slots=True, eq=False)
class JointSearch:
    """Where a joint search ended.

    Attributes
    ----------
    psi : ndarray
    at : Evaluation
    hessian : ndarray or None
        Exact Hessian; None if it does not exist there.
    ended : {"optimum", "evaluations", "diverged", "lost", "stopped"}
        ``diverged``: a covariance parameter has no bound. ``lost``: there are no derivatives. ``stopped``: an
        optimiser ended without an optimum.
    optimizer : str
        The method that searched.
    message : str
        The message of an optimiser about its end.
    """

    psi: Array
    at: Evaluation
    hessian: Array | None
    ended: str
    optimizer: str = "newton"
    message: str = ""


def search_jointly(
    objective: JointObjective,
    start: Array,
    at: Evaluation,
    hessian: Array,
    *,
    n_theta: int,
    max_evaluations: int,
    known: JointSearch | None = None,
) -> JointSearch:
    """Return where the search ended.

    Parameters
    ----------
    objective : JointObjective
    start : ndarray
        The first parameter vector, theta first.
    at : Evaluation
        The criterion there.
    hessian : ndarray
        An approximate Hessian there.
    n_theta : int
    max_evaluations : int
        Number of evaluations of the objective after which the search ends.
    known : JointSearch, optional
        An optimum found before; the search ends when it comes near it.
    """
    psi, radius, misses, exact, updates = start, RADIUS, 0, False, 0
    while objective.used < max_evaluations:
        if n_theta and float(np.abs(psi[:n_theta]).max()) > FARTHEST:
            return JointSearch(psi, at, None, "diverged")
        if known is not None and _near(psi, at, known, n_theta):
            return known
        step, predicted = trust_step(at.gradient, hessian, radius)
        slow = updates > start.size + PATIENCE and (predicted < NEAR or updates > 3 * (start.size + PATIENCE))
        if not exact and (predicted < LAST or misses > 2 or slow):
            renewed = objective.hessian(psi, at)
            if renewed is None:
                return JointSearch(psi, at, None, "lost")
            hessian, exact, misses, updates = renewed, True, 0, 0
            continue
        if exact and predicted < LAST:
            return _sharpened(objective, JointSearch(psi, at, hessian, "optimum"))
        trial = objective(psi + step)
        gain = -np.inf if trial is None else (at.value - trial.value) / predicted
        length = float(np.linalg.norm(step))
        if gain < POOR:
            radius = 0.25 * length
        elif gain > GOOD and length > 0.9 * radius:
            radius *= 3.0
        if trial is not None:
            hessian, updates = updated(hessian, step, trial.gradient - at.gradient), updates + 1
        if trial is not None and gain > ACCEPTED:
            psi, at, misses, exact = psi + step, trial, 0, False
        else:
            misses, exact = misses + 1, False
            if radius < NO_RADIUS:
                return JointSearch(psi, at, objective.hessian(psi, at), "optimum")
    return JointSearch(psi, at, objective.hessian(psi, at), "evaluations")


def _near(psi: Array, at: Evaluation, known: JointSearch, n_theta: int) -> bool:
    """Return whether a point is near a known optimum, up to signs of theta."""
    distance = np.abs(psi - known.psi)
    distance[:n_theta] = np.abs(np.abs(psi[:n_theta]) - np.abs(known.psi[:n_theta]))
    return bool((distance < KNOWN).all()) and abs(at.value - known.at.value) < KNOWN


def _sharpened(objective: JointObjective, search: JointSearch) -> JointSearch:
    """Return the search after Newton's steps, which continue while they help.

    The steps are those on the given Hessian, and once more on a new one if they end too early.
    """
    found = _newton(objective, search)
    if found.hessian is None or trust_step(found.at.gradient, found.hessian, RADIUS)[1] <= ENOUGH:
        return found
    renewed = objective.hessian(found.psi, found.at)
    return found if renewed is None else _newton(objective, replace(found, hessian=renewed))


def _newton(objective: JointObjective, search: JointSearch) -> JointSearch:
    psi, at, hessian = search.psi, search.at, search.hessian
    if hessian is None:
        return search
    step, predicted = trust_step(at.gradient, hessian, RADIUS)
    for _ in range(MOST_NEWTON):
        if predicted <= SHARP * (1.0 + abs(at.value)):
            break
        trial = objective(psi + step)
        if trial is None or trial.value > at.value + ROUNDING * (1.0 + abs(at.value)):
            break
        following, left = trust_step(trial.gradient, hessian, RADIUS)
        if left >= predicted:
            break
        psi, at, step, predicted = psi + step, trial, following, left
    return replace(search, psi=psi, at=at)
