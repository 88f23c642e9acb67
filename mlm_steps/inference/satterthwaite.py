"""Satterthwaite's degrees of freedom (Fai & Cornelius 1996; Kuznetsova et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlm_steps.engine.criterion.criterion import CriterionTerms
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.inference.base import Array, Context, Reference
from mlm_steps.inference.joint_df import JointDf

__all__ = ["satterthwaite", "variance_df"]

STEP = 1e-4
"""Relative step of central differences in theta; truncation error, of order 1e-8, exceeds rounding error."""

SMALLEST_EIGENVALUE = 1e-8
"""Eigenvalue of the Hessian up to which a direction has no information on the variances, as in lmerTest."""
EQUAL_DF = 1e-8
"""Relative difference up to which the df of all directions are equal up to rounding."""


def satterthwaite(mixed: MixedFit, _context: Context, /) -> Reference:
    """Return tests with 2 (lᵀCl)² / (gᵀAg) degrees of freedom for a contrast l.

    g is the gradient of lᵀCl in (theta, sigma) and A twice the inverse Hessian of the unprofiled criterion,
    both in the engine's units, so that the eigenvalues do not depend on the scale of the data. They are
    evaluated at the estimates, even if an element of theta is 0: the criterion is smooth across 0.
    """
    fit = linear_fit(mixed)
    degrees = _Degrees(_parameters(fit), fit.prepared.units.back, fit.vcov)
    return Reference("satterthwaite", fit.beta, fit.vcov, fit.sigma, degrees.each, degrees.joint)


def variance_df(fit: LmmFit, relative: Callable[[Array], Array]) -> Array:
    """Return 2 v² / (gᵀAg) for variances v = sigma² f(theta), such as those of predictions, shape (q,).

    Parameters
    ----------
    fit : LmmFit
    relative : callable
        f: maps theta in the engine's units to values of shape (q,).
    """
    parameters, theta = _parameters(fit), fit.prepared.to_internal(fit.theta)
    v = relative(theta)
    g = np.empty((v.size, theta.size + 1))
    for r in range(theta.size):
        step = np.zeros(theta.size)
        step[r] = STEP * max(abs(theta[r]), 1.0)
        g[:, r] = (relative(theta + step) - relative(theta - step)) / (2.0 * step[r])
    g[:, -1] = 2.0 * v / parameters.sigma
    spread = np.einsum("qr,rs,qs->q", g, parameters.A, g)
    df: Array = np.divide(2.0 * v**2, spread, out=np.full(v.shape, np.inf), where=spread != 0)
    return df


class _Parameters(NamedTuple):
    """The criterion's terms, sigma, and the covariance matrix A of (theta, sigma), in the engine's units."""

    criterion_terms: CriterionTerms
    sigma: float
    A: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Degrees:
    """Degrees of freedom of contrasts.

    Attributes
    ----------
    parameters : _Parameters
    back : ndarray, shape (p, p)
        Maps coefficients in the engine's units to those of the fit.
    vcov : ndarray, shape (p, p)
    """

    parameters: _Parameters
    back: Array
    vcov: Array

    def each(self, contrasts: Array) -> Array:
        criterion_terms, sigma, A = self.parameters
        whitened = np.linalg.solve(criterion_terms.RX, self.back.T @ contrasts.T)
        squares = np.einsum("iq,iq->q", whitened, whitened)
        by_theta = -np.einsum("iq,rij,jq->qr", whitened, criterion_terms.information, whitened)
        g = np.empty((squares.size, A.shape[0]))
        g[:, :-1], g[:, -1] = sigma**2 * by_theta, 2.0 * sigma * squares
        found: Array = 2.0 * (sigma**2 * squares) ** 2 / np.einsum("qr,rs,qs->q", g, A, g)
        return found

    def joint(self, hypothesis: Array) -> JointDf:
        _, P = np.linalg.eigh(hypothesis @ self.vcov @ hypothesis.T)
        return JointDf(1.0, _combined(self.each(P.T @ hypothesis)))


def _parameters(fit: LmmFit) -> _Parameters:
    prepared = fit.prepared
    criterion_terms: CriterionTerms | None = fit.criterion_terms
    if fit.criterion_terms.hessians is None:
        criterion_terms = prepared.strategy.criterion_terms(prepared.to_internal(fit.theta), hessian=True)
    if criterion_terms is None:
        raise ValueError("the criterion does not exist at the estimates")
    sigma = fit.sigma / prepared.units.scale
    return _Parameters(criterion_terms, sigma, 2.0 * _inverse(_hessian(criterion_terms, fit, sigma)))


def _combined(df: Array) -> float:
    """Return the denominator df of the mean of independent squared t variables with these df."""
    if np.ptp(df) <= EQUAL_DF * df.max():
        return float(df[0])
    if df.min() <= 2.0:
        return 2.0
    expected = float((df / (df - 2.0)).sum())
    return 2.0 * expected / (expected - df.size)


def _hessian(criterion_terms: CriterionTerms, fit: LmmFit, sigma: float) -> Array:
    """Return the Hessian of the unprofiled criterion in (theta, sigma)."""
    if criterion_terms.hessians is None:
        raise ValueError("Satterthwaite's method needs second derivatives")
    reml = float(fit.method == "REML")
    df = fit.design.n - reml * fit.design.p
    L, X, r = criterion_terms.hessians
    m = L.shape[0]
    hessian = np.empty((m + 1, m + 1))
    hessian[:m, :m] = L + reml * X + r / sigma**2
    hessian[m, :m] = hessian[:m, m] = -2.0 * criterion_terms.gradients[2] / sigma**3
    hessian[m, m] = 6.0 * criterion_terms.pwrss / sigma**4 - 2.0 * df / sigma**2
    return hessian


def _inverse(hessian: Array) -> Array:
    roots, vectors = np.linalg.eigh(hessian)
    kept = roots > SMALLEST_EIGENVALUE
    inverse: Array = (vectors[:, kept] / roots[kept]) @ vectors[:, kept].T
    return inverse
