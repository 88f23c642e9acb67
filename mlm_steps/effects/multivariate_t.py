"""The distribution of the maximum of correlated absolute t statistics, for Dunnett's comparisons.

With Z normal with correlation matrix R and s² an independent chi-square over its df, the comparisons have the
statistics Z / s, and max |Z| exceeds c with probability H(c). The ratio of H to the Bonferroni bound
2 m Phi(-c) is smooth and between 1/m and 1. A lattice rule with fixed points computes the ratio at a few c,
and it is interpolated between them. The tail probability of the statistics is an integral of H over s, as for
the studentized range.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri

from mlm_steps.effects.studentized_range import NORMAL_DF, scale_nodes

__all__ = ["largest_isf", "largest_sf"]

Array = NDArray[np.float64]

NODES = 32
"""Number of Chebyshev nodes for interpolating the ratio; few are needed, since the ratio is smooth."""
LARGEST_C = 12.0
"""Largest c of the interpolation. For larger c the ratio is taken as constant, since H is below 1e-30."""
POINTS, GENERATOR = 4093, 1515
"""Number of lattice points, a prime, and Korobov's generator with least error in 2, 4 and 9 dimensions."""
SINGULAR = 1e-10
"""Conditional variance up to which a comparison counts as a linear combination of earlier ones."""
MOST_STEPS = 80
"""Largest number of bisections for a quantile; about 40 reach ``PRECISION``."""
PRECISION = 1e-10
"""Relative width of the bracket at which the search for a quantile ends."""


def largest_sf(c: Array, R: Array, df: Array) -> Array:
    """Return the probability that the largest absolute value of m statistics exceeds c, shape (k,).

    Parameters
    ----------
    c : ndarray, shape (k,)
        Not negative.
    R : ndarray, shape (m, m)
        Correlations of the statistics.
    df : ndarray, shape (k,)
        Positive; may be infinite.
    """
    ratio = _ratio(np.ascontiguousarray(R).tobytes(), len(R))
    m, tail = len(R), np.empty(c.shape)
    exact = df >= NORMAL_DF
    tail[exact] = _normal_sf(c[exact], ratio, m)
    rest = np.flatnonzero(~exact)
    if rest.size:
        s, weights = scale_nodes(np.sqrt(2.0) * c[rest], df[rest])
        tail[rest] = np.einsum("ks,ks->k", weights, _normal_sf(c[rest, None] * s, ratio, m))
    return np.clip(tail, 0.0, 1.0)


def largest_isf(p: float, R: Array, df: Array) -> Array:
    """Return the value that the largest absolute statistic exceeds with probability p, shape (k,)."""
    unique, place = np.unique(df, return_inverse=True)
    low, high = np.zeros(unique.shape), np.full(unique.shape, 8.0)
    while (short := largest_sf(high, R, unique) > p).any():
        high = np.where(short, 2.0 * high, high)
    for _ in range(MOST_STEPS):
        middle = 0.5 * (low + high)
        above = largest_sf(middle, R, unique) > p
        low, high = np.where(above, middle, low), np.where(above, high, middle)
        if (high - low <= PRECISION * high).all():
            break
    quantile: Array = (0.5 * (low + high))[place]
    return quantile


def _normal_sf(c: Array, ratio: Array, m: int) -> Array:
    """Return the probabilities that max |Z| exceeds c, with the shape of c."""
    x = np.clip(2.0 * c / LARGEST_C - 1.0, -1.0, 1.0)
    share = np.clip(np.polynomial.chebyshev.chebval(x, ratio), 1.0 / m, 1.0)
    return np.asarray(2.0 * m * np.exp(log_ndtr(-c)) * share, dtype=np.float64)


@lru_cache(maxsize=64)
def _ratio(R: bytes, m: int) -> Array:
    """Return Chebyshev coefficients of the ratio of H to Bonferroni's bound for c from 0 to ``LARGEST_C``."""
    angles = np.pi * (np.arange(NODES) + 0.5) / NODES
    c = 0.5 * LARGEST_C * (np.cos(angles) + 1.0)
    values = _shares(c, np.frombuffer(R).reshape(m, m))
    basis = np.cos(np.outer(np.arange(NODES), angles))
    coefficients: Array = 2.0 / NODES * basis @ values
    coefficients[0] *= 0.5
    return coefficients


def _shares(c: Array, R: Array) -> Array:
    """Return H(c) / (2 m Phi(-c)), shape of c: the mean over j of P(|Z_i| < c for all i < j given |Z_j| > c).

    Comparison j is the first one that exceeds c. Given Z_j, the others are integrated in turn (Genz 1992).
    """
    m = len(R)
    total = np.ones(c.shape)
    for j in range(1, m):
        total += _first_beyond(c, R[np.ix_([j, *range(j)], [j, *range(j)])])
    return total / m


def _first_beyond(c: Array, R: Array) -> Array:
    """Return P(|Z_i| < c for i > 0 given |Z_0| > c) for each c; by symmetry Z_0 > 0."""
    L = _factor(R)
    m, u = len(R), _lattice(len(R))
    z = np.zeros((m, c.size, POINTS))
    # The integrand is steep for large Z_0, so the cube of u is used to place more points there.
    z[0] = -ndtri(np.maximum(u[0] ** 3 * ndtr(-c)[:, None], np.finfo(float).tiny))
    probability = np.tile(3.0 * u[0] ** 2, (c.size, 1))
    for i in range(1, m):
        mean = np.tensordot(L[i, :i], z[:i], axes=1)
        if L[i, i] == 0.0:
            probability *= np.abs(mean) < c[:, None]
            continue
        low, high = ndtr((-c[:, None] - mean) / L[i, i]), ndtr((c[:, None] - mean) / L[i, i])
        probability *= high - low
        z[i] = ndtri(np.clip(low + u[i] * (high - low), 1e-300, 1.0 - 1e-16))
    mean_probability: Array = probability.mean(axis=1)
    return mean_probability


def _factor(R: Array) -> Array:
    """Return lower triangular L with R = L Lᵀ; diagonal elements are 0 where R is singular."""
    L = np.zeros(R.shape)
    for i in range(len(R)):
        for k in range(i):
            rest = R[i, k] - L[i, :k] @ L[k, :k]
            L[i, k] = rest / L[k, k] if L[k, k] > 0.0 else 0.0
        left = R[i, i] - L[i, :i] @ L[i, :i]
        L[i, i] = np.sqrt(left) if left > SINGULAR else 0.0
    return L


@lru_cache(maxsize=32)
def _lattice(dimensions: int) -> Array:
    """Return Korobov's points in the unit cube, folded so that the integrand is periodic, (dimensions, n)."""
    factors = [pow(GENERATOR, i, POINTS) for i in range(dimensions)]
    k = np.arange(POINTS)
    points: Array = np.abs(2.0 * ((np.array(factors)[:, None] * k + 0.5) / POINTS % 1.0) - 1.0)
    return points
