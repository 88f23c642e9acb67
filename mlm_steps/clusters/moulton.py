"""How much clusters increase the variance of a coefficient (Moulton 1986; statistics, section 2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlm_steps.engine.result.moments import weighted_size

__all__ = ["intraclass", "moulton_factor", "naive_rate"]

CONSTANT = 1e-12
"""Relative variation up to which a column is constant: rounding errors are smaller."""

Array = NDArray[np.float64]


def intraclass(x: Array, refs: NDArray[np.intp]) -> float | None:
    """Return rho_x, the mean product of two rows of one cluster over the variance of x.

    It is 1 for a column that is constant within clusters of equal size, and slightly below 0 for one that is
    centred within them. None for a constant column, and where no cluster has two rows.

    Examples
    --------
    >>> intraclass(np.array([1.0, 1.0, 2.0, 2.0]), np.array([0, 0, 1, 1]))
    1.0
    """
    centred = x - x.mean()
    square = float(centred @ centred)
    sizes = np.bincount(refs).astype(np.float64)
    pairs = float(sizes @ (sizes - 1.0))
    if pairs == 0.0 or square <= (CONSTANT * float(np.abs(x).max(initial=0.0))) ** 2 * x.size:
        return None
    sums = np.bincount(refs, weights=centred)
    return (float(sums @ sums) - square) / (square / x.size * pairs)


def moulton_factor(rho_x: float, residual_icc: float, refs: NDArray[np.intp]) -> float:
    """Return 1 + (Var(n_j) / mean(n_j) + mean(n_j) - 1) rho_x rho_e; the bracket is ñ - 1."""
    return 1.0 + (weighted_size(refs) - 1.0) * rho_x * residual_icc


def naive_rate(factor: float, alpha: float) -> float:
    """Return the probability that a test of independent rows rejects a true null hypothesis.

    Examples
    --------
    >>> round(naive_rate(2.67, 0.05), 3), round(naive_rate(1.0, 0.05), 3)
    (0.23, 0.05)
    """
    return float(2.0 * special.ndtr(special.ndtri(alpha / 2.0) / np.sqrt(factor)))
