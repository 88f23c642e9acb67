"""The tests whose power is asked for, and the distributions of their statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, chndtr, fdtri, gammaincinv, ncfdtr, ndtr, ndtri, stdtrit

__all__ = ["Alternative", "Test", "beyond", "critical", "power_of_f", "power_of_t"]

Array = NDArray[np.float64]
Alternative = Literal["two-sided", "greater", "less"]

NODES = 200
"""Nodes of the quadrature of a one-sided t test's power; its error is then below 1e-10."""
FARTHEST = 8.0
"""Normal quantiles of the chi-squared variable between which that quadrature runs; 1e-15 is outside."""
LARGEST_DF = 1e9
"""Degrees of freedom from which t and F are their limits, the normal and the chi-squared distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """The test of a hypothesis L beta = 0.

    Attributes
    ----------
    name : str
        The effect as it is printed, for example ``ses_w:public``.
    contrasts : ndarray, shape (q, p)
        L; linearly independent rows.
    alternative : {"two-sided", "greater", "less"}
        Of a hypothesis with one row.
    """

    __test__ = False

    name: str
    contrasts: Array
    alternative: Alternative = "two-sided"

    @property
    def q(self) -> int:
        """Number of degrees of freedom of the numerator."""
        return int(self.contrasts.shape[0])


def critical(alpha: float, df: Array, alternative: Alternative = "two-sided") -> Array:
    """Return the critical values of t tests; infinite df for z tests."""
    tail = 1.0 - alpha / (2.0 if alternative == "two-sided" else 1.0)
    normal = df > LARGEST_DF
    found: Array = np.where(normal, ndtri(tail), stdtrit(np.where(normal, 1.0, df), tail))
    return found


def power_of_t(
    ncp: Array | float, df: Array | float, alpha: float, alternative: Alternative = "two-sided"
) -> Array:
    """Return the power of t tests with noncentrality ``ncp`` (estimate over standard error)."""
    ncp, df = np.broadcast_arrays(np.asarray(ncp, dtype=float), np.asarray(df, dtype=float))
    if alternative == "two-sided":
        return power_of_f(ncp**2, 1, df, alpha)
    sign = 1.0 if alternative == "greater" else -1.0
    t, normal = critical(alpha, df, alternative), df > LARGEST_DF
    finite = np.where(normal, 1.0, df)
    return np.where(normal, ndtr(sign * ncp - t), beyond(sign * ncp, finite, t))


def power_of_f(noncentrality: Array | float, q: int, df: Array | float, alpha: float) -> Array:
    """Return the power of F tests with ``q`` and ``df`` degrees of freedom; infinite df for chi-squared."""
    noncentrality, df = np.broadcast_arrays(np.asarray(noncentrality, float), np.asarray(df, float))
    normal = df > LARGEST_DF
    finite = np.where(normal, 1.0, df)
    by_f = 1.0 - ncfdtr(float(q), finite, noncentrality, fdtri(float(q), finite, 1.0 - alpha))
    by_chi = 1.0 - chndtr(chdtri(q, alpha), float(q), noncentrality)
    found = np.where(normal, by_chi, by_f)
    lost = np.isnan(found) & np.isfinite(noncentrality) & (finite > 0.0)
    if lost.any():  # SciPy has no value for some noncentralities above 1000
        found[lost] = _f_by_quadrature(noncentrality[lost], q, finite[lost], alpha)
    return np.clip(found, 0.0, 1.0)


def beyond(ncp: Array, df: Array, t: Array) -> Array:
    """Return P(T > t) of noncentral t variables: the mean of Phi(ncp - t s) over s = sqrt(chi²/df).

    SciPy's function has no value for some arguments.
    """
    ratio, weights = _variance_ratios(df)
    found: Array = (weights * ndtr(ncp[..., None] - t[..., None] * np.sqrt(ratio))).sum(axis=-1)
    return found


def _f_by_quadrature(noncentrality: Array, q: int, df: Array, alpha: float) -> Array:
    """Return the power of F tests as the mean of P(chi² > q f s²) over s² = chi²/df."""
    ratio, weights = _variance_ratios(df)
    limit = q * fdtri(float(q), df, 1.0 - alpha)
    found: Array = (weights * (1.0 - chndtr(limit[:, None] * ratio, float(q), noncentrality[:, None]))).sum(1)
    return found


def _variance_ratios(df: Array) -> tuple[Array, Array]:
    """Return values of chi²/df, shape (..., NODES), and their weights, by which means over them are taken."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    z = FARTHEST * nodes
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    return 2.0 * gammaincinv(0.5 * df[..., None], ndtr(z)) / df[..., None], FARTHEST * weights * density
