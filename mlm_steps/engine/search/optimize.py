"""The search for the optimum: Newton steps inside a trust region, on exact derivatives.

The criterion is even in each column of Lambda, so theta = 0 is always stationary. The search therefore
runs over all of R^m without bounds and follows negative curvature: a stationary point that is not a
minimum has a direction in which the criterion decreases. Signs are normalised afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import Point, TracePoint
from mlm_steps.engine.search.trust_region import length_of, rank_one, trust_step

__all__ = ["Objective", "SearchResult", "Traced", "minimise"]

Array = NDArray[np.float64]

Objective = Callable[[Array, bool], Point | None]
"""The criterion at theta, with its Hessian when asked for; None where it does not exist."""

HUGE = 1e7
"""Size of theta, in the engine's units, above which rounding hides the residual variance."""
FEWEST = 3
"""Limit on evaluations below which the first one has a Hessian, because a search must end with a Hessian."""
LAST = 3e-3
"""Predicted decrease below which the next step may be the last, so that it computes the exact Hessian."""
SLOW = 0.1
"""Ratio of successive predicted decreases above which convergence is slow and needs the exact Hessian."""
POOR = 0.25
"""Ratio of actual to predicted decrease below which the trust region shrinks."""
GOOD = 0.7
"""Ratio of actual to predicted decrease above which the trust region may grow."""
LONG = 0.9
"""Length of a step, relative to the radius, above which a good step lets the trust region grow."""
MISLED = 3
"""Rejected steps in a row after which an approximate Hessian is replaced by the exact one."""
ACCEPTED = 1e-4
"""Smallest ratio of actual to predicted decrease at which a step is accepted."""
NO_RADIUS = 1e-14
"""Radius, relative to theta, below which a step changes no digit of theta."""
SAME_THETA = 1e-2
"""Relative difference in theta below which two optima may be the same."""
SAME_VALUE = 1e-2
"""Difference in the criterion below which two optima may be the same."""
LAST_EVALUATIONS = 3
"""Largest number of evaluations for the Newton steps at the end, which only sharpen theta."""
SHARP = 1e-11
"""Relative length of a Newton step below which theta has all its digits."""
LARGEST_LAST = 1e-2
"""Relative length of a Newton step at the end above which the step is not trusted."""


class Traced:
    """An objective that records its evaluations."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._used = 0
        self.points: list[TracePoint] = []

    def __call__(self, theta: Array, hessian: bool) -> Point | None:
        """Return the point at theta."""
        point = self._objective(theta, hessian)
        self._used += 1
        if point is not None:
            slope = float(np.abs(point.gradient).max())
            self.points.append(TracePoint(self._used, point.value, slope))
        return point


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """Where a search ended.

    Attributes
    ----------
    theta : ndarray, shape (m,)
    point : Point
        Value, gradient and Hessian there.
    evaluations : int
    ended : {"optimum", "evaluations", "diverged", "lost", "stopped"}
        ``diverged``: some standard deviation has no bound. ``lost``: rounding leaves no derivatives there.
        ``stopped``: an optimiser ended without an optimum.
    optimizer : str
        The method that searched.
    message : str
        The message of an optimiser about its end.
    trace : tuple of TracePoint
        The evaluations of the criterion, in order, without the constant of the criterion.
    """

    theta: Array
    point: Point
    evaluations: int
    ended: str
    optimizer: str = "newton"
    message: str = ""
    trace: tuple[TracePoint, ...] = ()


@dataclass(slots=True, eq=False)
class _State:
    """The state of a search between two steps.

    Attributes
    ----------
    objective : callable
    theta : ndarray, shape (m,)
        The best theta so far.
    point : Point
        The criterion there.
    hessian : ndarray, shape (m, m)
        The exact Hessian there, or its approximation.
    exact : bool
        Whether ``hessian`` is exact.
    radius : float
        Radius of the trust region.
    used : int
        Evaluations so far.
    rejected : int
        Steps rejected in a row with an approximate Hessian.
    """

    objective: Objective
    theta: Array
    point: Point
    hessian: Array
    exact: bool
    radius: float
    used: int
    rejected: int = 0

    def result(self, ended: str) -> SearchResult:
        """Return the result of a search that ends here."""
        return SearchResult(self.theta, self.point, self.used, ended)

    def at_limit(self) -> SearchResult:
        """Return the result of a search whose last evaluation computes the exact Hessian."""
        point = self.objective(self.theta, True)
        ended = "lost" if point is None else "evaluations"
        return SearchResult(self.theta, point or self.point, self.used + 1, ended)

    def renew(self) -> bool:
        """Compute the exact Hessian at theta; return whether it exists."""
        point = self.objective(self.theta, True)
        self.used += 1
        if point is None or point.hessian is None:
            return False
        self.point, self.hessian, self.exact, self.rejected = point, point.hessian, True, 0
        return True

    def advance(self, step: Array, predicted: float, with_hessian: bool) -> str | None:
        """Accept or reject a step, and adapt radius and Hessian; return why the search ends, or None."""
        theta = self.theta + step
        trial = self.objective(theta, with_hessian)
        self.used += 1
        gain = -np.inf if trial is None else (self.point.value - trial.value) / predicted
        self._adapt_radius(gain, length_of(step))
        hessian = self.hessian
        if trial is not None and trial.hessian is None:
            hessian = rank_one(hessian, step, trial.gradient - self.point.gradient)
        if trial is not None and gain > ACCEPTED:
            own = trial.average_information if trial.hessian is None else trial.hessian
            self.hessian = hessian if own is None else own
            self.theta, self.point, self.exact, self.rejected = theta, trial, trial.hessian is not None, 0
            return None
        return self._reject(None if trial is None else hessian)

    def _adapt_radius(self, gain: float, length: float) -> None:
        if gain < POOR:
            self.radius = 0.25 * length
        elif gain > GOOD and length > LONG * self.radius:
            self.radius *= 3.0

    def _reject(self, updated: Array | None) -> str | None:
        """Keep theta, with an updated or the exact Hessian; ``updated`` is None where the trial failed."""
        if self.exact:
            return "optimum" if self.radius < NO_RADIUS * (1.0 + length_of(self.theta)) else None
        self.rejected += 1
        if updated is not None and self.rejected < MISLED:
            self.hessian = updated
            return None
        return None if self.renew() else "lost"


def minimise(
    objective: Objective,
    start: Array,
    *,
    exact_hessian: bool,
    max_evaluations: int,
    tolerance: float,
    known: SearchResult | None = None,
    guess: Array | None = None,
) -> SearchResult:
    """Return where the search from ``start`` ended.

    Parameters
    ----------
    objective : callable
    start : ndarray, shape (m,)
        Halved until the criterion exists there.
    exact_hessian : bool
        Whether every evaluation comes with its Hessian. Otherwise the Hessian is computed at the start
        and at the end, or only at the end where the average information takes its place; it is updated by
        the symmetric rank-one formula in between, and computed again when it predicts poorly.
    max_evaluations : int
        Number of evaluations, with or without a Hessian, after which the search ends as failed.
    tolerance : float
        Predicted decrease, relative to the criterion's size, below which the search ends.
    known : SearchResult, optional
        An optimum found before; the search ends when it returns to it.
    guess : ndarray, shape (m, m), optional
        An initial Hessian where the exact one is expensive.
    """
    state = _started(objective, start, exact_hessian, max_evaluations, guess)
    earlier = SLOW
    while state.used < max_evaluations:
        if float(np.abs(state.theta).max()) > HUGE:
            return state.result("diverged")
        final = state.used == max_evaluations - 1
        if final and not state.exact:
            return state.at_limit()
        step, predicted = trust_step(state.point.gradient, state.hessian, state.radius)
        if known is not None and _returns(state.theta + step, state.point.value - predicted, known):
            return state.result("optimum")
        least = tolerance * (1.0 + abs(state.point.value))
        if predicted <= least:
            if state.exact:
                most = min(max_evaluations, state.used + LAST_EVALUATIONS)
                return _sharpened(objective, state.result("optimum"), exact_hessian, most)
            if not state.renew():
                return state.result("lost")
            continue
        pace, earlier = predicted / earlier, predicted
        last = predicted < LAST and (pace > SLOW or predicted * pace <= least)
        ended = state.advance(step, predicted, exact_hessian or last or final)
        if ended is not None:
            return state.result(ended)
    return state.result("evaluations")


def _started(
    objective: Objective, start: Array, exact_hessian: bool, max_evaluations: int, guess: Array | None
) -> _State:
    """Return the state at the first theta, from ``start`` towards 0, where the criterion exists."""
    theta, used = start, 1
    at_once = exact_hessian or max_evaluations < FEWEST
    point = objective(theta, at_once)
    while point is None:
        # At theta = 0 the criterion always exists.
        theta = 0.5 * theta if used < max_evaluations - 1 else np.zeros_like(theta)
        point, used = objective(theta, at_once), used + 1
    candidates = (point.hessian, point.average_information, guess)
    hessian = next((each for each in candidates if each is not None), None)
    radius = max(1.0, length_of(theta))
    if hessian is not None:
        return _State(objective, theta, point, hessian, point.hessian is not None, radius, used)
    point = objective(theta, True)
    if point is None or point.hessian is None:
        raise ValueError("the criterion has no Hessian at the start")
    return _State(objective, theta, point, point.hessian, True, radius, used + 1)


def _returns(theta: Array, value: float, known: SearchResult) -> bool:
    """Return whether a step leads to the known optimum, up to signs."""
    near = np.abs(np.abs(theta) - np.abs(known.theta)) <= SAME_THETA * (0.1 + np.abs(known.theta))
    return bool(near.all()) and abs(value - known.point.value) < SAME_VALUE


def _sharpened(objective: Objective, search: SearchResult, exact_hessian: bool, most: int) -> SearchResult:
    """Return the search after more Newton steps that improve theta only; they continue while they shrink.

    ``most`` limits the evaluations of the whole search.
    """
    theta, point, used = search.theta, search.point, search.evaluations
    hessian = point.hessian
    last = np.inf
    while hessian is not None and used < most:
        size = 1.0 + length_of(theta)
        step, _ = trust_step(point.gradient, hessian, size)
        length = length_of(step)
        if length <= SHARP * size or length > 0.5 * last or length > LARGEST_LAST * size:
            break
        trial = objective(theta + step, exact_hessian)
        used += 1
        if trial is None or length_of(trial.gradient) > length_of(point.gradient):
            break
        if trial.hessian is None:
            # The Hessian of the last point is close enough here.
            criterion_terms = replace(trial.criterion_terms, hessians=point.criterion_terms.hessians)
            trial = Point(trial.value, trial.gradient, hessian, criterion_terms)
        hessian = trial.hessian
        theta, point, last = theta + step, trial, length
    return SearchResult(theta, point, used, "optimum")
