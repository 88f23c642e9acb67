"""Steps within a trust region, and the rank-one update of a Hessian."""

from __future__ import annotations

from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

__all__ = ["length_of", "rank_one", "trust_step", "updated"]

Array = NDArray[np.float64]

DEFINITE = 1e-14
"""Smallest eigenvalue, relative to the largest, of a Hessian that counts as positive definite."""
SECULAR_STEPS = 60
"""Largest number of iterations that fit the length of a step to the trust radius; about five suffice."""
ON_BOUNDARY = 1e-3
"""Relative difference between the length of a step and the radius at which the step is on the boundary."""
NO_UPDATE = 1e-8
"""Cosine of an angle below which the rank-one update divides by rounding error and is skipped."""


def trust_step(gradient: Array, hessian: Array, radius: float) -> tuple[Array, float]:
    """Return the minimiser of the quadratic model within ``radius``, and the decrease it predicts.

    This is Newton's step if it is short enough. Otherwise Moré and Sorensen's conditions are solved in the
    eigenbasis, including the hard case.
    """
    _, newton, indefinite = lapack.dposv(hessian, -gradient)
    if indefinite == 0 and length_of(newton) <= radius:
        return newton, -0.5 * float(gradient @ newton)
    roots, vectors, info = lapack.dsyevd(hessian)
    if info != 0 or not isfinite(roots.sum()):
        # Without eigenvalues there is no curvature, so the step is the steepest descent.
        roots, vectors = np.zeros(gradient.size), np.eye(gradient.size)
    slope = vectors.T @ gradient
    step = _within(roots, slope, radius)
    predicted = -float(slope @ step + 0.5 * step @ (roots * step))
    return vectors @ step, predicted


def length_of(vector: Array) -> float:
    """Return the Euclidean length; numpy's own function takes longer than an evaluation's algebra."""
    return sqrt(float(vector @ vector))


def _within(roots: Array, slope: Array, radius: float) -> Array:
    size = float(np.abs(roots).max()) or 1.0
    if roots[0] > DEFINITE * size:
        step = -slope / roots
        if length_of(step) <= radius:
            return step
    low = max(0.0, -float(roots[0])) + DEFINITE * size
    step = -slope / (roots + low)
    length = length_of(step)
    if length < radius:
        step[0] += np.copysign(np.sqrt(radius**2 - step[1:] @ step[1:]) - abs(step[0]), -slope[0])
        return step
    high = low + length_of(slope) / radius + size
    shift = low
    for _ in range(SECULAR_STEPS):
        length = length_of(step)
        if abs(length - radius) <= ON_BOUNDARY * radius:
            break
        low, high = (shift, high) if length > radius else (low, shift)
        growth = float((step * step) @ (1.0 / (roots + shift)))
        shift += length**2 / growth * (length - radius) / radius
        if not low < shift < high:
            shift = 0.5 * (low + high)
        step = -slope / (roots + shift)
    return step


def rank_one(hessian: Array, step: Array, change: Array) -> Array:
    """Return the symmetric rank-one update, or the Hessian itself where the denominator vanishes."""
    miss = change - hessian @ step
    denominator = float(miss @ step)
    if abs(denominator) < NO_UPDATE * length_of(miss) * length_of(step):
        return hessian
    return hessian + np.outer(miss, miss) / denominator


def updated(hessian: Array, step: Array, change: Array) -> Array:
    """Return the symmetric rank-one update if it is positive definite, or else that of BFGS.

    Where neither is defined, because the gradient does not increase along the step, it is the former.
    """
    found = rank_one(hessian, step, change)
    if np.linalg.eigvalsh(found)[0] > 0.0:
        return found
    moved = hessian @ step
    curvature, own = float(step @ change), float(step @ moved)
    if own <= 0.0 or curvature <= NO_UPDATE * length_of(step) * length_of(change):
        return found
    return hessian + np.outer(change, change) / curvature - np.outer(moved, moved) / own
