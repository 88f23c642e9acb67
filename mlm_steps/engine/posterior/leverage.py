"""Leverages and Cook's distances of the rows (statistics, section 14)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.posterior.henderson import posterior
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["cooks_distances", "leverages"]

Array = NDArray[np.float64]

FULL = 1e-10
"""Distance from 1 below which a leverage is 1: the row alone determines its fitted value."""


def leverages(fit: LmmFit) -> Array:
    """Return the diagonal of the matrix that takes y to the fitted values, shape (n,).

    Leverages have no unit. theta is treated as known. The sum is the effective number of parameters of the
    fixed and the random effects together (Vaida & Blanchard 2005). It lies between p and p plus the number of
    random effects.
    """
    design = fit.design
    rows = posterior(fit.prepared, fit.prepared.to_internal(fit.theta))
    variances = rows.variances(design.X, design.random)
    return variances if design.weights is None else design.weights * variances


def cooks_distances(fit: LmmFit, leverage: Array | None = None) -> Array:
    """Return Cook's distance of each row, shape (n,): e² w h / ((1 - h)² sigma² p).

    It has no unit. It is NaN where it is not defined: for a leverage of 1, and without fixed effects.

    Parameters
    ----------
    fit : LmmFit
    leverage : ndarray, shape (n,), optional
        The result of ``leverages``, if it was computed before.
    """
    design = fit.design
    h = leverages(fit) if leverage is None else leverage
    if design.p == 0:
        return np.full(design.n, np.nan)
    weights = 1.0 if design.weights is None else design.weights
    left = np.where(np.abs(1.0 - h) > FULL, 1.0 - h, np.nan)
    distances: Array = fit.residuals**2 * weights * h / (left**2 * fit.sigma**2 * design.p)
    return distances
