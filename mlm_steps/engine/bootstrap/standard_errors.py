"""Standard errors of the fixed effects of many replicates, and what their degrees of freedom need.

With H the Hessian of the profiled criterion in theta, rho the derivatives of r² and N = n - p by REML, n by
ML, the Hessian of the unprofiled criterion in (theta, log sigma) has the blocks H + h hᵀ / (4 N), h = -2 rho
/ sigma² and 4 N at the optimum (statistics, section 16.3). One evaluation there gives all of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Curvature
from mlm_steps.engine.structures.triangles import forward

__all__ = ["StandardErrors", "standard_errors", "vcov_of"]

Array = NDArray[np.float64]

SMALLEST_EIGENVALUE = 1e-8
"""Eigenvalue of the Hessian up to which a direction has no information on the variances, as in lmerTest."""


class StandardErrors(NamedTuple):
    """Covariance matrices of the fixed effects with their derivatives, in the design's units.

    Attributes
    ----------
    vcov : ndarray, shape (B, p, p)
    slopes : ndarray, shape (B, m + 1, p, p)
        Derivatives of ``vcov`` in theta (engine's units) and log sigma.
    spread : ndarray, shape (B, m + 1, m + 1)
        Covariance matrix of the estimates of these parameters, twice the inverse Hessian.
    """

    vcov: Array
    slopes: Array
    spread: Array

    @classmethod
    def missing(cls, B: int, p: int, m: int) -> StandardErrors:
        """Return the standard errors of replicates without an optimum: NaN."""
        shapes = ((B, p, p), (B, m + 1, p, p), (B, m + 1, m + 1))
        return cls(*(np.full(shape, np.nan) for shape in shapes))

    @classmethod
    def joined(cls, parts: list[StandardErrors]) -> StandardErrors:
        """Return those of several parts, one after the other."""
        return cls(*(np.concatenate(each) for each in zip(*parts, strict=True)))

    def put(self, b: int, other: StandardErrors | None) -> None:
        """Set one replicate; None for one without an optimum."""
        given = (
            StandardErrors.missing(1, self.vcov.shape[1], self.spread.shape[1] - 1)
            if other is None
            else other
        )
        self.vcov[b], self.slopes[b], self.spread[b] = given.vcov[0], given.slopes[0], given.spread[0]


def standard_errors(
    curvature: Curvature, back: Array, scale: Array, pwrss: Array, df: Array
) -> StandardErrors:
    """Return the standard errors of all replicates at their optima.

    Parameters
    ----------
    curvature : Curvature
    back : ndarray, shape (B or 1, p, p)
        Maps coefficients in the engine's units to those of the design, for an outcome of unit ``scale``.
    scale, pwrss, df : ndarray, shapes (B,), (B,) and (B or 1,)
    """
    hessian, RX, moved = curvature
    p = RX.shape[1]
    root, vcov = _root(RX, back), vcov_of(RX, back, scale**2 * pwrss / df)
    inner = moved[:, :, :p, :p]
    sigma2 = (scale**2 * pwrss / df)[:, None, None, None]
    slopes = -sigma2 * (root[:, None] @ inner @ root.transpose(0, 2, 1)[:, None])
    mixed = -2.0 * moved[:, :, p, p] * (df / pwrss)[:, None]
    m = mixed.shape[1]
    full = np.empty((hessian.shape[0], m + 1, m + 1))
    full[:, :m, :m] = hessian + mixed[:, :, None] * mixed[:, None, :] / (4.0 * df)[:, None, None]
    full[:, m, :m] = full[:, :m, m] = mixed
    full[:, m, m] = 4.0 * df
    return StandardErrors(vcov, np.concatenate([slopes, 2.0 * vcov[:, None]], axis=1), _twice_inverse(full))


def vcov_of(RX: Array, back: Array, sigma2: Array) -> Array:
    """Return the covariance matrices of the fixed effects, shape (B, p, p), at given residual variances."""
    root = _root(RX, back)
    vcov: Array = sigma2[:, None, None] * (root @ root.transpose(0, 2, 1))
    return vcov


def _root(RX: Array, back: Array) -> Array:
    """Return back RX⁻ᵀ; NaN where RX is not defined."""
    usable = np.asarray(np.isfinite(RX).all(axis=(1, 2)))
    sound = np.where(usable[:, None, None], RX, np.eye(RX.shape[1]))
    inverse = forward(sound, np.broadcast_to(np.eye(RX.shape[1]), RX.shape))
    root: Array = back @ inverse.transpose(0, 2, 1)
    root[~usable] = np.nan
    return root


def _twice_inverse(hessian: Array) -> Array:
    usable = np.asarray(np.isfinite(hessian).all(axis=(1, 2)))
    roots, vectors = np.linalg.eigh(np.where(usable[:, None, None], hessian, 0.0))
    kept = np.where(roots > SMALLEST_EIGENVALUE, roots, np.inf)
    spread: Array = 2.0 * ((vectors / kept[:, None]) @ vectors.transpose(0, 2, 1))
    spread[~usable] = np.nan
    return spread
