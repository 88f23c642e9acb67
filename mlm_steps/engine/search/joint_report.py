"""Assess the end of a joint search by gradient and Hessian (statistics, sections 22.3 and 22.4)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.result.lmm_fit import BOUNDARY, ConvergenceReport
from mlm_steps.engine.search.joint import JointObjective, JointSearch

__all__ = ["assess_jointly", "covariance_of", "free_parameters", "poisson_limit"]

Array = NDArray[np.float64]

DECREMENT_TOLERANCE = 1e-6
"""Largest gᵀ H⁻¹ g of an optimum: the deviance is then within half of it of its minimum."""
DEFINITE = 1e-7
"""Smallest eigenvalue, at a minimum, of the Hessian in unit scale; below it is the noise of differences."""
RATIO_TOLERANCE = 1e-6
"""Eigenvalue of the scaled Hessian below which the parameters are nearly unidentifiable."""
RUNAWAY = 25.0
"""Standard deviation on the scale of the link above which it may have no finite estimate."""
EXACT = 1e8
"""Shape of a gamma distribution above which it has no bound: the outcome varies by less than 1e-4 of its mean
about the model, and rounding, which grows with the shape, takes the seventh digit of the deviance."""
LIMIT = 1e6
"""Dispersion, relative to the mean count, above which a negative binomial model is Poisson's."""


def assess_jointly(
    model: PreparedGlmm, search: JointSearch, objective: JointObjective, *, limit: bool
) -> ConvergenceReport:
    """Return the report on a search; ``limit`` says that phi has reached Poisson's limit."""
    gradient = search.at.gradient
    free = free_parameters(model, search.psi, limit=limit)
    hessian = np.zeros((gradient.size, gradient.size)) if search.hessian is None else search.hessian
    reasons, decrement = [], np.inf
    if search.ended == "evaluations":
        reasons.append(f"the search used up its limit ({objective.used} evaluations)")
    elif search.ended == "stopped":
        reasons.append(f"the optimiser gave up: {search.message}")
    elif search.ended == "diverged":
        reasons.append("the standard deviation of a random effect grows without end")
    elif _reproduced(model, search.psi):
        reasons.append("the dispersion vanishes: the model reproduces the outcome exactly")
    elif search.hessian is None:
        reasons.append("the criterion has no derivatives where the search ended")
    else:
        smallest, decrement = _scaled(gradient, hessian, free)
        if smallest <= DEFINITE:
            reasons.append("the deviance has no strict minimum here: its Hessian is not positive definite")
        elif decrement > DECREMENT_TOLERANCE:
            reasons.append(f"the gradient is not zero: a further decrease by {decrement / 2:.2g} is possible")
        if float(np.abs(search.psi[: model.n_theta]).max(initial=0.0)) > RUNAWAY:
            reasons.append("the standard deviation of a random effect grows without end")
    failed = bool(reasons)
    if not failed and smallest < RATIO_TOLERANCE:
        reasons.append("the parameters are nearly unidentifiable from these data")
    status: Literal["converged", "singular", "failed"] = (
        "failed" if failed else "singular" if _singular(model, search.psi) else "converged"
    )
    slope = float(np.abs(gradient[free]).max(initial=0.0))
    return ConvergenceReport(
        status, search.optimizer, objective.used, gradient, min(slope, decrement), hessian, tuple(reasons),
        claimed=search.ended == "optimum", trace=tuple(objective.trace),
    )  # fmt: skip


def _reproduced(model: PreparedGlmm, psi: Array) -> bool:
    """Return whether the dispersion of a continuous outcome has gone to zero."""
    continuous = model.family.has_dispersion and not model.family.integers
    return continuous and bool(psi[-1] > np.log(EXACT))


def poisson_limit(model: PreparedGlmm, psi: Array, eta: Array) -> bool:
    """Return whether the dispersion of counts is so large that the model is Poisson's."""
    if not (model.family.has_dispersion and model.family.integers):
        return False
    return bool(np.exp(psi[-1]) > LIMIT * float(model.family.mean(eta).mean()))


def free_parameters(model: PreparedGlmm, psi: Array, *, limit: bool) -> NDArray[np.bool_]:
    """Return which parameters are free: not the columns of Lambda that are 0, nor phi at its limit."""
    free = np.ones(model.size, dtype=bool)
    for factor in model.factors:
        Lambda = factor.pattern.factor(psi[factor.theta])
        free[factor.theta] = (np.abs(Lambda).sum(axis=0) > 0.0)[factor.pattern.columns]
    if limit:
        free[-1] = False
    return free


def covariance_of(hessian: Array | None, free: NDArray[np.bool_]) -> Array | None:
    """Return 2 H⁻¹ over the free parameters, zero elsewhere; None where H is not positive definite."""
    if hessian is None:
        return None
    own = hessian[np.ix_(free, free)]
    scale = np.sqrt(np.maximum(np.diag(own), 0.0))
    if not (scale > 0.0).all():
        return None
    roots, vectors = np.linalg.eigh(own / np.outer(scale, scale))
    if not roots.size or roots[0] <= DEFINITE:
        return None
    covariance = np.zeros_like(hessian)
    half = vectors / np.sqrt(roots) / scale[:, None]
    covariance[np.ix_(free, free)] = 2.0 * half @ half.T
    return covariance


def _scaled(gradient: Array, hessian: Array, free: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the smallest eigenvalue of the Hessian in unit scale, and gᵀ H⁺ g over the free parameters.

    The eigenvalue is that over all parameters: at a variance of 0 a negative one shows that it should grow.
    """
    diagonal = np.diag(hessian)
    size = np.sqrt(np.where(np.abs(diagonal) > 0.0, np.abs(diagonal), 1.0))
    whole = hessian / np.outer(size, size)
    own = whole[np.ix_(free, free)]
    roots, vectors = np.linalg.eigh(own)
    slope = vectors.T @ (gradient[free] / size[free])
    decrement = float((slope**2 / np.maximum(np.abs(roots), DEFINITE)).sum())
    bound = np.linalg.eigvalsh(whole[np.ix_(~free, ~free)]) if not free.all() else np.ones(1)
    smallest = float(roots[0]) if roots.size else 1.0
    return (smallest if bound[0] > -DEFINITE else float(bound[0])), decrement


def _singular(model: PreparedGlmm, psi: Array) -> bool:
    own = model.from_internal(psi[: model.n_theta])
    return any(
        bool((np.abs(own[f.theta[f.pattern.rows == f.pattern.columns]]) < BOUNDARY).any())
        for f in model.factors
    )
