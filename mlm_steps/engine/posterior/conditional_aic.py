"""The conditional AIC of a linear mixed model (statistics, section 15; Greven & Kneib 2010).

With V over sigma² as a function of theta, A = V⁻¹ - V⁻¹X (XᵀV⁻¹X)⁻¹ XᵀV⁻¹, e = A y, V_r the derivative of V
in theta_r, and B the Hessian of the profiled criterion times e'y / (2 N), the effective number of parameters
is

    tr(I - A) + Σ (B⁻¹)_rs { (A V_s e)'(A V_r e) - (e'V_s e)(e'A V_r e) / e'y }.

It is the same in any parameters of the covariance matrices. In theta it needs no special case at a boundary:
V_r is zero for the columns of Lambda that are zero. No matrix has a row per observation, because
A V A = A with V = I + Z Sigma Zᵀ reduces every product to Zᵀe and its derivatives in theta,

    (A V_s e)'(A V_r e) = e'V_s A V_r e - t_s'Sigma t_r,    e'A V_r e = e'V_r e - (Zᵀe)'Sigma t_r,

with t_r = Zᵀ A V_r e = -∂(Zᵀe)/∂theta_r.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import profiled
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["ConditionalAic", "conditional_aic", "effective_parameters_of"]

Array = NDArray[np.float64]

STEP = 1e-3
"""Step of the differences in theta, relative to its size; the error is of the order of its fourth power."""
SMALL = 0.1
"""Size of an element of theta below which the step no longer shrinks with it."""
FLAT = 1e-9
"""Eigenvalue of B, relative to the largest, below which theta does not change with the outcome."""
AROUND = ((-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0))
"""Places, in steps, and weights of a difference of fourth order, which is the weighted sum over 12 steps."""


class ConditionalAic(NamedTuple):
    """The conditional AIC and its parts.

    Attributes
    ----------
    loglik : float
        Log-likelihood of the outcome given the conditional modes.
    known : float
        Effective number of parameters with theta treated as known (Vaida & Blanchard 2005): the sum of the
        leverages.
    effective : float
        Effective number of parameters with theta estimated: Σ ∂ fitted_i / ∂ y_i.
    """

    loglik: float
    known: float
    effective: float

    @property
    def value(self) -> float:
        """-2 log-likelihood + 2 (effective + 1); the 1 is for sigma."""
        return -2.0 * self.loglik + 2.0 * (self.effective + 1.0)

    @property
    def value_known(self) -> float:
        """The same with theta treated as known."""
        return -2.0 * self.loglik + 2.0 * (self.known + 1.0)


def conditional_aic(fit: LmmFit) -> ConditionalAic:
    """Return the conditional AIC of a fit at its optimum, by REML or ML.

    The effective number of parameters is NaN where the criterion has no Hessian.
    """
    known = effective_parameters_of(fit)
    return ConditionalAic(_loglik(fit), known, known + _of_theta(fit))


def effective_parameters_of(fit: LmmFit) -> float:
    """Return the sum of the leverages, tr(I - A), without an array of length n."""
    strategy, theta = fit.prepared.strategy, fit.prepared.to_internal(fit.theta)
    curvatures = strategy.curvatures(theta, np.array([1.0, 1.0, 0.0]))
    if curvatures is None:
        return float("nan")
    total = float(fit.design.p)
    for factor, own in zip(strategy.factors, curvatures, strict=True):
        Lambda = factor.pattern.factor(theta[factor.theta])
        total += float(np.sum((own @ Lambda) * Lambda))
    return total


def _loglik(fit: LmmFit) -> float:
    weights = 1.0 if fit.design.weights is None else fit.design.weights
    squares = float(np.sum(weights * fit.residuals**2)) / fit.sigma**2
    logs = fit.design.n * np.log(2.0 * np.pi * fit.sigma**2) - fit.prepared.units.sum_log_weights
    return float(-0.5 * (squares + logs))


def _of_theta(fit: LmmFit) -> float:
    """Return what the estimation of theta adds to the effective number of parameters."""
    prepared = fit.prepared
    strategy, theta = prepared.strategy, prepared.to_internal(fit.theta)
    free = _free(strategy.factors, theta)
    terms = strategy.criterion_terms(theta, hessian=True)
    if terms is None or terms.hessians is None:
        return float("nan")
    if not free.any():
        return 0.0
    hessian = profiled(terms, prepared.n, prepared.p, fit.method).hessian
    N = prepared.n - prepared.p if fit.method == "REML" else prepared.n
    roots, vectors = np.linalg.eigh(terms.pwrss / (2.0 * N) * np.asarray(hessian)[np.ix_(free, free)])
    used = roots > FLAT * max(roots[-1], 0.0)
    inverse = (vectors[:, used] / roots[used]) @ vectors[:, used].T
    products = _products(fit, theta, -terms.gradients[2], terms.pwrss)[np.ix_(free, free)]
    return float(np.sum(inverse * products))


def _free(factors: Sequence[FactorTerms], theta: Array) -> NDArray[np.bool_]:
    """Return which elements of theta belong to random effects whose variance is not zero."""
    free = np.ones(theta.size, dtype=bool)
    for factor in factors:
        varies = (factor.pattern.factor(theta[factor.theta]) != 0.0).any(axis=1)
        free[factor.theta] = varies[factor.pattern.rows]
    return free


def _products(fit: LmmFit, theta: Array, forms: Array, squares: float) -> Array:
    """Return (A V_s e)'(A V_r e) - (e'V_s e)(e'A V_r e) / e'y, shape (m, m); ``forms`` are the e'V_r e."""
    factors = fit.prepared.strategy.factors
    Ze = _projected(fit, theta)
    derivatives = _derivatives(fit, theta)
    moved = np.zeros((theta.size, theta.size))
    scaled, with_e = np.zeros_like(moved), np.zeros(theta.size)
    for factor, w, t in zip(factors, Ze, derivatives, strict=True):
        Lambda = factor.pattern.factor(theta[factor.theta])
        tangents = factor.pattern.tangents(Lambda)
        own = np.einsum("rab,jb->rja", tangents, w)
        moved[factor.theta] = np.einsum("sja,rja->sr", own, t)
        short = t @ Lambda
        scaled += np.einsum("sja,rja->sr", short, short)
        with_e += np.einsum("ja,rja->r", w @ Lambda, short)
    difference: Array = moved - scaled - np.outer(forms, forms - with_e) / squares
    return difference


def _projected(fit: LmmFit, theta: Array) -> list[Array]:
    """Return Zᵀe per factor, shape (J, K)."""
    return [data[:, :, -1].copy() for data in fit.prepared.strategy.projections(theta)]


def _derivatives(fit: LmmFit, theta: Array) -> list[Array]:
    """Return -∂(Zᵀe)/∂theta_r per factor, shape (m, J, K)."""
    found = [np.zeros((theta.size, factor.J, factor.pattern.K)) for factor in fit.prepared.strategy.factors]
    for r in range(theta.size):
        step = STEP * max(abs(theta[r]), SMALL)
        for place, weight in AROUND:
            at = theta.copy()
            at[r] += place * step
            for total, data in zip(found, _projected(fit, at), strict=True):
                total[r] -= weight / (12.0 * step) * data
    return found
