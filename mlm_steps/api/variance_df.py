"""Satterthwaite's degrees of freedom of a variance that is not a fixed effect's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.values import LmmFit
from mlm_steps.inference.satterthwaite import _hessian, _inverse

__all__ = ["variance_df"]

Array = NDArray[np.float64]

STEP = 1e-4
"""Of the central differences, whose error is of its square."""


def variance_df(fit: LmmFit, relative: Callable[[Array], Array]) -> Array:
    """Return 2 v² / (gᵀAg) for variances v = sigma² f(theta), shape (q,).

    g is the gradient of v in (theta, sigma), A twice the inverse Hessian of the unprofiled criterion
    (statistics, section 7).

    Parameters
    ----------
    fit : LmmFit
    relative : callable
        f, from theta in the engine's units to shape (q,).
    """
    theta = fit.kernel.convert(fit.theta, inverse=False)
    sigma = fit.sigma / fit.kernel.units.scale
    pieces = fit.pieces
    if pieces.hessians is None:
        curved = fit.kernel.strategy.pieces(theta, hessian=True)
        pieces = pieces if curved is None else curved
    A = 2.0 * _inverse(_hessian(pieces, fit, sigma))
    v = relative(theta)
    g = np.empty((v.size, theta.size + 1))
    for r in range(theta.size):
        step = STEP * max(abs(theta[r]), 1.0)
        up, down = theta.copy(), theta.copy()
        up[r] += step
        down[r] -= step
        g[:, r] = (relative(up) - relative(down)) / (2.0 * step)
    g[:, -1] = 2.0 * v / sigma
    spread = np.einsum("qr,rs,qs->q", g, A, g)
    df: Array = np.divide(2.0 * v**2, spread, out=np.full(v.shape, np.inf), where=spread != 0)
    return df
