"""Assess the end of a search by the gradient and the Hessian (statistics, section 12)."""

from __future__ import annotations

from math import hypot
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.lambda_ import lower_factor
from mlm_steps.engine.result.lmm_fit import BOUNDARY, ConvergenceReport
from mlm_steps.engine.search.optimize import SearchResult
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["assess"]

Array = NDArray[np.float64]

GRADIENT_TOLERANCE = 2e-3
"""Largest scaled gradient of an optimum, as in lme4."""
EIGENVALUE_TOLERANCE = -1e-6
"""Smallest eigenvalue of the Hessian at a minimum, relative to the largest; rounding can make it negative."""
RATIO_TOLERANCE = 1e-6
"""Ratio of the Hessian's eigenvalues below which the parameters are nearly unidentifiable."""
RUNAWAY = 1e3
"""Size of an element of theta above which it may diverge to infinity."""
FLAT = 0.1
"""Curvature in the logarithm of an element above ``RUNAWAY`` below which the element diverges."""
TINY = 1e-300
"""Smallest eigenvalue that is used as a divisor, so that no division is by zero."""


def assess(prepared: PreparedDesign, search: SearchResult) -> ConvergenceReport:
    """Return the report on a search in the engine's units, in which covariates have unit scale."""
    gradient, hessian = search.point.gradient, search.point.hessian
    if hessian is None:
        raise ValueError("the report needs the Hessian")
    E = _natural_steps(prepared, search.theta)
    roots, vectors = np.linalg.eigh(E.T @ hessian @ E)
    scaled = _scaled_gradient(E.T @ gradient, roots, vectors)
    reasons = []
    if search.ended == "evaluations":
        reasons.append(f"a search used up its limit ({search.evaluations} evaluations in all)")
    if search.ended == "stopped":
        reasons.append(f"the optimiser gave up: {search.message}")
    if scaled > GRADIENT_TOLERANCE:
        reasons.append(f"the scaled gradient is {scaled:.2g} where at most {GRADIENT_TOLERANCE:g} is allowed")
    if roots[0] < EIGENVALUE_TOLERANCE * max(1.0, float(roots[-1])):
        reasons.append("the criterion falls in some direction: this is no minimum")
    if _runs_away(search.theta, hessian):
        reasons.append("the residual variance goes to zero beside that of the random effects")
    singular = _singular(prepared, search.theta)
    failed = bool(reasons)
    if not failed and not singular and roots[0] < RATIO_TOLERANCE * max(1.0, float(roots[-1])):
        reasons.append("the covariance parameters are nearly unidentifiable from these data")
    status: Literal["converged", "singular", "failed"] = (
        "failed" if failed else "singular" if singular else "converged"
    )
    return ConvergenceReport(
        status, search.optimizer, search.evaluations, gradient, scaled, hessian, tuple(reasons),
        claimed=search.ended == "optimum", trace=search.trace,
    )  # fmt: skip


def _natural_steps(prepared: PreparedDesign, theta: Array) -> Array:
    """Return steps in theta of comparable size whatever the variances are, as columns (m, m).

    They are F E, with F Fᵀ = I + Lambda Lambdaᵀ and E lower triangular: relative to Lambda where the random
    effects are larger than the residual, and absolute where they are smaller.
    """
    steps = np.zeros((theta.size, theta.size))
    for factor in prepared.strategy.factors:
        pattern = factor.pattern
        Lambda = pattern.factor(theta[factor.theta])
        F = _with_identity(Lambda)
        own = (pattern.columns[:, None] == pattern.columns) * F[pattern.rows[:, None], pattern.rows]
        steps[factor.theta[:, None], factor.theta] = own
    return steps


def _with_identity(Lambda: Array) -> Array:
    """Return the lower triangular F with F Fᵀ = I + Lambda Lambdaᵀ; the product is never formed."""
    if Lambda.shape == (1, 1):
        return np.sqrt(1.0 + Lambda**2)
    if Lambda.shape == (2, 2):
        (a, _), (b, c) = Lambda.tolist()
        first = hypot(1.0, a)
        return np.array([[first, 0.0], [a * b / first, hypot(1.0, c, b / first)]])
    return lower_factor(np.hstack([Lambda, np.eye(Lambda.shape[0])]))


def _scaled_gradient(gradient: Array, roots: Array, vectors: Array) -> float:
    curvature = np.sqrt(np.maximum(np.abs(roots), TINY))
    along = np.abs(vectors.T @ gradient)
    return float(np.minimum(along, along / curvature).max())


def _runs_away(theta: Array, hessian: Array) -> bool:
    """Return whether the criterion is flat in the logarithms of elements that are very large."""
    large = np.abs(theta) > RUNAWAY
    if not large.any():
        return False
    by_logarithm = (hessian * np.outer(theta, theta))[np.ix_(large, large)]
    return bool(np.linalg.eigvalsh(by_logarithm)[0] < FLAT)


def _singular(prepared: PreparedDesign, theta: Array) -> bool:
    own = prepared.from_internal(theta)
    return any(
        bool((np.abs(own[factor.theta[factor.pattern.diagonal]]) < BOUNDARY).any())
        for factor in prepared.strategy.factors
    )
