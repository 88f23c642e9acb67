"""The search for the optimum: Newton steps inside a trust region, on exact derivatives.

The criterion is even in each column of Lambda, so theta = 0 is always stationary. The search therefore
runs over all of R^m without bounds and follows negative curvature: a stationary point that is not a
minimum has a direction in which the criterion decreases. Signs are normalised afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.criterion.criterion import Point, TracePoint

__all__ = ["Objective", "SearchResult", "Traced", "minimise", "rank_one", "trust_step"]

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
ACCEPTED = 1e-4
"""Smallest ratio of actual to predicted decrease at which a step is accepted."""
DEFINITE = 1e-14
"""Smallest eigenvalue, relative to the largest, of a Hessian that counts as positive definite."""
SECULAR_STEPS = 60
"""Largest number of iterations that fit the length of a step to the trust radius; about five suffice."""
ON_BOUNDARY = 1e-3
"""Relative difference between the length of a step and the radius at which the step is on the boundary."""
NO_RADIUS = 1e-14
"""Radius, relative to theta, below which a step changes no digit of theta."""
SAME_THETA = 1e-2
"""Relative difference in theta below which two optima may be the same."""
SAME_VALUE = 1e-2
"""Difference in the criterion below which two optima may be the same."""
NO_UPDATE = 1e-8
"""Cosine of an angle below which the rank-one update divides by rounding error and is skipped."""
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


def trust_step(gradient: Array, hessian: Array, radius: float) -> tuple[Array, float]:
    """Return the minimiser of the quadratic model within ``radius``, and the decrease it predicts.

    This is Newton's step if it is short enough. Otherwise Moré and Sorensen's conditions are solved in the
    eigenbasis, including the hard case.
    """
    _, newton, indefinite = lapack.dposv(hessian, -gradient)
    if indefinite == 0 and _length(newton) <= radius:
        return newton, -0.5 * float(gradient @ newton)
    roots, vectors, info = lapack.dsyevd(hessian)
    if info != 0 or not isfinite(roots.sum()):
        # Without eigenvalues there is no curvature, so the step is the steepest descent.
        roots, vectors = np.zeros(gradient.size), np.eye(gradient.size)
    slope = vectors.T @ gradient
    step = _within(roots, slope, radius)
    predicted = -float(slope @ step + 0.5 * step @ (roots * step))
    return vectors @ step, predicted


def _length(vector: Array) -> float:
    """Return the Euclidean length; numpy's own function takes longer than an evaluation's algebra."""
    return sqrt(float(vector @ vector))


def _within(roots: Array, slope: Array, radius: float) -> Array:
    size = float(np.abs(roots).max()) or 1.0
    if roots[0] > DEFINITE * size:
        step = -slope / roots
        if _length(step) <= radius:
            return step
    low = max(0.0, -float(roots[0])) + DEFINITE * size
    step = -slope / (roots + low)
    length = _length(step)
    if length < radius:
        step[0] += np.copysign(np.sqrt(radius**2 - step[1:] @ step[1:]) - abs(step[0]), -slope[0])
        return step
    high = low + _length(slope) / radius + size
    shift = low
    for _ in range(SECULAR_STEPS):
        length = _length(step)
        if abs(length - radius) <= ON_BOUNDARY * radius:
            break
        low, high = (shift, high) if length > radius else (low, shift)
        growth = float((step * step) @ (1.0 / (roots + shift)))
        shift += length**2 / growth * (length - radius) / radius
        if not low < shift < high:
            shift = 0.5 * (low + high)
        step = -slope / (roots + shift)
    return step


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
    theta, used = start, 1
    at_once = exact_hessian or max_evaluations < FEWEST
    point = objective(theta, at_once)
    while point is None:
        # At theta = 0 the criterion always exists.
        theta = 0.5 * theta if used < max_evaluations - 1 else np.zeros_like(theta)
        point, used = objective(theta, at_once), used + 1
    hessian = next(
        (known for known in (point.hessian, point.average_information, guess) if known is not None), None
    )
    radius, misled = max(1.0, _length(theta)), 0
    if hessian is None:
        renewed, used = objective(theta, True), used + 1
        if renewed is None or renewed.hessian is None:
            raise ValueError("the criterion has no Hessian at the start")
        point, hessian = renewed, renewed.hessian
    fresh = point.hessian is not None
    earlier = SLOW
    while used < max_evaluations:
        if float(np.abs(theta).max()) > HUGE:
            return SearchResult(theta, point, used, "diverged")
        ending = used == max_evaluations - 1
        if ending and not fresh:
            renewed = objective(theta, True)
            return SearchResult(theta, renewed or point, used + 1, "evaluations" if renewed else "lost")
        step, predicted = trust_step(point.gradient, hessian, radius)
        if known is not None and _returns(theta + step, point.value - predicted, known):
            return SearchResult(theta, point, used, "optimum")
        least = tolerance * (1.0 + abs(point.value))
        if predicted <= least:
            if fresh:
                most = min(max_evaluations, used + LAST_EVALUATIONS)
                return _sharpened(objective, SearchResult(theta, point, used, "optimum"), exact_hessian, most)
            renewed = objective(theta, True)
            used += 1
            if renewed is None or renewed.hessian is None:
                return SearchResult(theta, point, used, "lost")
            point, hessian, fresh = renewed, renewed.hessian, True
            continue
        pace, earlier = predicted / earlier, predicted
        last = predicted < LAST and (pace > SLOW or predicted * pace <= least)
        trial = objective(theta + step, exact_hessian or last or ending)
        used += 1
        gain = -np.inf if trial is None else (point.value - trial.value) / predicted
        length = _length(step)
        if gain < POOR:
            radius = 0.25 * length
        elif gain > GOOD and length > 0.9 * radius:
            radius *= 3.0
        updated = hessian
        if trial is not None and trial.hessian is None:
            updated = rank_one(hessian, step, trial.gradient - point.gradient)
        if trial is not None and gain > ACCEPTED:
            own = trial.average_information if trial.hessian is None else trial.hessian
            hessian = updated if own is None else own
            theta, point, fresh, misled = theta + step, trial, trial.hessian is not None, 0
        elif not fresh:
            misled += 1
            if trial is not None and misled < 3:
                hessian = updated
                continue
            renewed = objective(theta, True)
            used += 1
            if renewed is None or renewed.hessian is None:
                return SearchResult(theta, point, used, "lost")
            point, hessian, fresh, misled = renewed, renewed.hessian, True, 0
        elif radius < NO_RADIUS * (1.0 + _length(theta)):
            return SearchResult(theta, point, used, "optimum")
    return SearchResult(theta, point, used, "evaluations")


def _returns(theta: Array, value: float, known: SearchResult) -> bool:
    """Return whether a step leads to the known optimum, up to signs."""
    near = np.abs(np.abs(theta) - np.abs(known.theta)) <= SAME_THETA * (0.1 + np.abs(known.theta))
    return bool(near.all()) and abs(value - known.point.value) < SAME_VALUE


def rank_one(hessian: Array, step: Array, change: Array) -> Array:
    """Return the symmetric rank-one update, or the Hessian itself where the denominator vanishes."""
    miss = change - hessian @ step
    denominator = float(miss @ step)
    if abs(denominator) < NO_UPDATE * _length(miss) * _length(step):
        return hessian
    return hessian + np.outer(miss, miss) / denominator


def _sharpened(objective: Objective, search: SearchResult, exact_hessian: bool, most: int) -> SearchResult:
    """Return the search after more Newton steps that improve theta only; they continue while they shrink.

    ``most`` limits the evaluations of the whole search.
    """
    theta, point, used = search.theta, search.point, search.evaluations
    hessian = point.hessian
    last = np.inf
    while hessian is not None and used < most:
        size = 1.0 + _length(theta)
        step, _ = trust_step(point.gradient, hessian, size)
        length = _length(step)
        if length <= SHARP * size or length > 0.5 * last or length > LARGEST_LAST * size:
            break
        trial = objective(theta + step, exact_hessian)
        used += 1
        if trial is None or _length(trial.gradient) > _length(point.gradient):
            break
        if trial.hessian is None:
            # The Hessian of the last point is close enough here.
            criterion_terms = replace(trial.criterion_terms, hessians=point.criterion_terms.hessians)
            trial = Point(trial.value, trial.gradient, hessian, criterion_terms)
        hessian = trial.hessian
        theta, point, last = theta + step, trial, length
    return SearchResult(theta, point, used, "optimum")
