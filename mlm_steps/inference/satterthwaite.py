"""Satterthwaite's degrees of freedom (Fai & Cornelius 1996; Kuznetsova et al. 2017)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion import Pieces
from mlm_steps.engine.values import LmmFit

__all__ = ["satterthwaite"]

Array = NDArray[np.float64]

SMALLEST_EIGENVALUE = 1e-8
"""Directions flatter than this carry no information on the variances; lmerTest leaves out the same."""


def satterthwaite(fit: LmmFit, contrasts: Array) -> Array:
    """Return 2 (lᵀCl)² / (gᵀAg) for each row l of ``contrasts``, shape (q,).

    g is the gradient of lᵀCl in (theta, sigma) and A twice the inverse Hessian of the unprofiled
    criterion there, both in the engine's units, so that the eigenvalues do not depend on the
    scale of the data. They are taken at the estimates themselves, also where theta is 0: the criterion
    goes on smoothly on the other side.
    """
    kernel = fit.kernel
    pieces: Pieces | None = fit.pieces
    if fit.pieces.hessians is None:
        pieces = kernel.strategy.pieces(kernel.convert(fit.theta, inverse=False), hessian=True)
    if pieces is None:
        raise ValueError("the criterion does not exist at the estimates")
    sigma = fit.sigma / kernel.units.scale
    A = 2.0 * _inverse(_hessian(pieces, fit, sigma))
    whitened = np.linalg.solve(pieces.RX, kernel.units.back.T @ contrasts.T)
    squares = np.einsum("iq,iq->q", whitened, whitened)
    by_theta = -np.einsum("iq,rij,jq->qr", whitened, pieces.information, whitened)
    g = np.column_stack([sigma**2 * by_theta, 2.0 * sigma * squares])
    df: Array = 2.0 * (sigma**2 * squares) ** 2 / np.einsum("qr,rs,qs->q", g, A, g)
    return df


def _hessian(pieces: Pieces, fit: LmmFit, sigma: float) -> Array:
    """Return the Hessian of the unprofiled criterion in (theta, sigma)."""
    if pieces.hessians is None:
        raise ValueError("Satterthwaite's method needs second derivatives")
    reml = float(fit.method == "REML")
    df = fit.design.n - reml * fit.design.p
    L, X, r = pieces.hessians
    m = L.shape[0]
    hessian = np.empty((m + 1, m + 1))
    hessian[:m, :m] = L + reml * X + r / sigma**2
    hessian[m, :m] = hessian[:m, m] = -2.0 * pieces.gradients[2] / sigma**3
    hessian[m, m] = 6.0 * pieces.pwrss / sigma**4 - 2.0 * df / sigma**2
    return hessian


def _inverse(hessian: Array) -> Array:
    roots, vectors = np.linalg.eigh(hessian)
    kept = roots > SMALLEST_EIGENVALUE
    inverse: Array = (vectors[:, kept] / roots[kept]) @ vectors[:, kept].T
    return inverse
