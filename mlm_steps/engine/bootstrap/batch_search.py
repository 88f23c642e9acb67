"""The search of ``optimize`` for many replicates at once, each with its own trust region.

A replicate whose search has ended is removed from the batch, so that later iterations take less time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Curvature, Points
from mlm_steps.engine.search.optimize import ACCEPTED, HUGE, NO_RADIUS, SAME_THETA, SAME_VALUE
from mlm_steps.engine.search.trust_region import DEFINITE, ON_BOUNDARY

__all__ = ["Ends", "Evaluates", "minimise_all"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEAR = 1e-9
"""Predicted decrease, relative to the criterion, below which the next Newton step is the last."""
SECULAR = 30
"""Largest number of iterations that fit the length of a step to the trust radius; about five suffice."""
NOT_WORSE = 1e-13
"""Largest relative rise of the criterion in the last step that is attributed to rounding."""


class Evaluates(Protocol):
    """The criterion of many replicates: ``Batch`` for one grouping factor, ``BatchSeveral`` for several."""

    @property
    def size(self) -> int:
        """Number of replicates."""

    @property
    def cells(self) -> int:
        """Size of the arrays of one replicate, as a number of levels of a factor with two coefficients."""

    def take(self, which: NDArray[np.intp]) -> Self:
        """Return the batch of some replicates."""

    def points(self, theta: Array) -> Points:
        """Return value, gradient and Hessian at theta, shape (B, m): one per replicate."""

    def curvature(self, theta: Array) -> Curvature:
        """Return the curvature at theta, shape (B, m); NaN where the criterion does not exist."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Where the searches of a batch ended.

    Attributes
    ----------
    theta : ndarray, shape (B, m)
    points : Points
    found : ndarray of bool, shape (B,)
        Whether the search ended at an optimum.
    """

    theta: Array
    points: Points
    found: Flags

    def replaced(self, where: NDArray[np.intp], other: Ends, source: NDArray[np.intp]) -> Ends:
        """Return a copy in which the ends of the replicates ``where`` come from another search."""
        theta, found = self.theta.copy(), self.found.copy()
        theta[where], found[where] = other.theta[source], other.found[source]
        return Ends(theta, self.points.replaced(where, other.points.take(source)), found)


def minimise_all(batch: Evaluates, start: Array, *, most: int, known: Ends | None = None) -> Ends:
    """Return where the searches of all replicates ended.

    Parameters
    ----------
    batch : Evaluates
    start : ndarray, shape (B, m)
    most : int
        Evaluations after which a search ends without an optimum.
    known : Ends, optional
        Optima found before; a search ends when a step leads back to the known optimum of its replicate.
    """
    theta = start.copy()
    points = batch.points(theta)
    found = np.zeros(batch.size, dtype=bool)
    radius = np.maximum(1.0, np.linalg.norm(theta, axis=1))
    active = np.flatnonzero(np.isfinite(points.value))
    here, at, reach, part = theta[active], points.take(active), radius[active], batch.take(active)
    for _ in range(most):
        if not active.size:
            break
        step, predicted = _trust_steps(at.gradient, at.hessian, reach)
        last = predicted <= NEAR * (1.0 + np.abs(at.value))
        leave = np.abs(here).max(axis=1) > HUGE
        if known is not None:
            leave |= _returns(here + step, at.value - predicted, known, active)
        trial = part.points(here + step)
        better = trial.value <= at.value + NOT_WORSE * (1.0 + np.abs(at.value))
        with np.errstate(invalid="ignore", divide="ignore"):
            gain = np.where(last, 1.0, (at.value - trial.value) / predicted)
        accepted = np.where(last, better, gain > ACCEPTED) & np.isfinite(trial.value)
        reach = _radii(reach, np.linalg.norm(step, axis=1), gain)
        here = np.where(accepted[:, None], here + step, here)
        at = trial.where(accepted, at)
        stuck = reach < NO_RADIUS * (1.0 + np.linalg.norm(here, axis=1))
        found[active] = last | stuck
        done = last | stuck | leave
        if done.any():
            theta[active], points = here, points.replaced(active, at)
            stay = np.flatnonzero(~done)
            active, here, at, reach = active[stay], here[stay], at.take(stay), reach[stay]
            part = part.take(stay)
    theta[active] = here
    return Ends(theta, points.replaced(active, at), found)


def _radii(radius: Array, length: Array, gain: Array) -> Array:
    radius = np.where((gain > 0.7) & (length > 0.9 * radius), 3.0 * radius, radius)
    return np.where(gain >= 0.25, radius, 0.25 * length)


def _returns(theta: Array, value: Array, known: Ends, active: NDArray[np.intp]) -> Flags:
    """Return where a step leads to the known optimum, up to signs."""
    goal = np.abs(known.theta[active])
    near = np.abs(np.abs(theta) - goal) <= SAME_THETA * (0.1 + goal)
    close: Flags = near.all(axis=1) & (np.abs(value - known.points.value[active]) < SAME_VALUE)
    return close


def _trust_steps(gradient: Array, hessian: Array, radius: Array) -> tuple[Array, Array]:
    """Return the minimisers of the quadratic models within each radius, and the decreases they predict."""
    roots, vectors = np.linalg.eigh(hessian)
    slope = np.einsum("bij,bi->bj", vectors, gradient)
    step = _within(roots, slope, radius)
    predicted = -(slope * step + 0.5 * roots * step * step).sum(axis=1)
    return np.einsum("bij,bj->bi", vectors, step), predicted


def _within(roots: Array, slope: Array, radius: Array) -> Array:
    """Return the steps in the eigenbasis (Moré and Sorensen), the hard case included."""
    size = np.abs(roots).max(axis=1)
    size[size == 0.0] = 1.0
    low = np.maximum(0.0, -roots[:, 0]) + DEFINITE * size
    inside = roots[:, 0] > DEFINITE * size
    shift = np.where(inside, 0.0, low)
    step = -slope / (roots + shift[:, None])
    length = np.linalg.norm(step, axis=1)
    inside &= length <= radius
    hard = ~inside & (shift > 0.0) & (length < radius)
    rest = np.sqrt(np.maximum(radius**2 - (step[:, 1:] ** 2).sum(axis=1), 0.0))
    step[:, 0] = np.where(hard, np.copysign(rest, -slope[:, 0]), step[:, 0])
    with_exact_zeros = inside | hard
    if not with_exact_zeros.all():
        todo = np.flatnonzero(~with_exact_zeros)
        step[todo] = _on_boundary(roots[todo], slope[todo], radius[todo], low[todo], size[todo])
    return step


def _on_boundary(roots: Array, slope: Array, radius: Array, low: Array, size: Array) -> Array:
    high = low + np.linalg.norm(slope, axis=1) / radius + size
    shift = low
    for _ in range(SECULAR):
        step = -slope / (roots + shift[:, None])
        length = np.linalg.norm(step, axis=1)
        if (np.abs(length - radius) <= ON_BOUNDARY * radius).all():
            break
        low, high = np.where(length > radius, shift, low), np.where(length > radius, high, shift)
        growth = (step * step / (roots + shift[:, None])).sum(axis=1)
        moved = shift + length**2 / growth * (length - radius) / radius
        shift = np.where((low < moved) & (moved < high), moved, 0.5 * (low + high))
    return step
