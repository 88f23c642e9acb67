"""The distribution of the studentized range, for Tukey's pairwise comparisons.

With Z the range of k independent standard normal variables and s² an independent chi-square over its df, the
upper tail of Z / s is an integral over s of the upper tail of Z. Both tails are computed by Gauss-Legendre
quadrature over panels. The integrands contain upper tails, not complements, so that small p-values are
accurate.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, stdtr, stdtrit

__all__ = ["NORMAL_DF", "range_isf", "range_sf", "scale_nodes"]

Array = NDArray[np.float64]

NORMAL_DF = 1e6
"""Degrees of freedom above which s is taken as 1, which changes less than the eighth digit."""
FEWEST_PANELS, PANEL_WIDTH, OUTER_POINTS = 4, 1.2, 16
"""Quadrature over log s: the smallest number of panels, their largest width (with few degrees of freedom the
lower tail is long and needs more panels) and the number of Gauss-Legendre points per panel."""
INNER_PANELS, INNER_POINTS = 10, 16
"""Quadrature over the smallest variable: the number of panels and of Gauss-Legendre points per panel."""
FARTHEST = 9.0
"""Number of standard deviations beyond which a normal density is below the rounding error of the integral."""
WIDEST, PIECE_POINTS = 48, 14
"""The number of unit intervals on which the tail of the normal range is interpolated, and the number of
Chebyshev nodes per interval. Beyond the intervals the tail is below 1e-250."""
MOST_STEPS = 60
"""Largest number of steps of the search for a quantile; few are needed, since it converges superlinearly."""
PRECISION = 1e-10
"""Relative error of the tail probability at which the search for a quantile ends."""


def range_sf(q: Array, k: int, df: Array) -> Array:
    """Return the probability that the studentized range of k means exceeds q.

    Parameters
    ----------
    q : ndarray, shape (m,)
        Not negative.
    k : int
        At least 2.
    df : ndarray, shape (m,)
        Positive; may be infinite.
    """
    if k == 2:
        t = -q / np.sqrt(2.0)
        normal = np.isinf(df)
        two: Array = 2.0 * np.where(normal, ndtr(t), stdtr(np.where(normal, 1.0, df), t))
        return two
    exact = df >= NORMAL_DF
    tail = np.empty(q.shape)
    tail[exact] = _normal_range_sf(q[exact], k)
    rest = np.flatnonzero(~exact)
    if rest.size:
        s, weights = scale_nodes(q[rest], df[rest])
        tail[rest] = np.einsum("ms,ms->m", weights, _normal_range_sf(q[rest, None] * s, k))
    return np.clip(tail, 0.0, 1.0)


def range_isf(p: float, k: int, df: Array) -> Array:
    """Return the value that the studentized range of k means exceeds with probability p, shape (m,)."""
    if k == 2:
        normal = np.isinf(df)
        quantile = -stdtrit(np.where(normal, 1e12, df), 0.5 * p)
        return np.asarray(np.sqrt(2.0) * quantile, dtype=np.float64)
    low, high = np.full(df.shape, 0.5), np.full(df.shape, 8.0)
    while (short := range_sf(high, k, df) > p).any():
        high = np.where(short, 2.0 * high, high)
    while (long := range_sf(low, k, df) < p).any():
        low = np.where(long, 0.5 * low, low)
    above, below = _excess(low, k, df, p), _excess(high, k, df, p)
    for _ in range(MOST_STEPS):
        middle = (low * below - high * above) / (below - above)
        value = _excess(middle, k, df, p)
        left = value > 0
        # Illinois rule: halve the function value at the retained end, so that both ends move.
        low, high = np.where(left, middle, low), np.where(left, high, middle)
        above, below = np.where(left, value, 0.5 * above), np.where(left, 0.5 * below, value)
        if (np.abs(value) <= PRECISION).all():
            break
    return middle


def _excess(q: Array, k: int, df: Array, p: float) -> Array:
    """Return the logarithm of (upper tail / p), which is nearly linear in q near the solution."""
    return np.asarray(np.log(np.maximum(range_sf(q, k, df), np.finfo(float).tiny) / p), dtype=np.float64)


def _normal_range_sf(w: Array, k: int) -> Array:
    """Return the upper tail of the range of k standard normal variables, of the shape of w."""
    coefficients = _log_tail_coefficients(k)
    piece = np.clip(w.astype(np.intp), 0, WIDEST - 1)
    x = 2.0 * (w - piece) - 1.0
    before, last = np.zeros(w.shape), np.zeros(w.shape)
    for order in range(PIECE_POINTS - 1, 0, -1):
        before, last = last, coefficients[piece, order] + 2.0 * x * last - before
    logarithm = coefficients[piece, 0] + x * last - before
    return np.where(w < WIDEST, np.exp(np.minimum(logarithm, 0.0)), 0.0)


@lru_cache(maxsize=32)
def _log_tail_coefficients(k: int) -> Array:
    """Return Chebyshev coefficients of the log tail of the normal range, one row per unit interval."""
    angles = np.pi * (np.arange(PIECE_POINTS) + 0.5) / PIECE_POINTS
    w = np.arange(WIDEST)[:, None] + 0.5 * (np.cos(angles) + 1.0)
    logarithm = np.log(_integrated(w, k))
    basis = np.cos(np.outer(angles, np.arange(PIECE_POINTS)))
    coefficients: Array = 2.0 / PIECE_POINTS * logarithm @ basis
    coefficients[:, 0] *= 0.5
    return coefficients


def _integrated(w: Array, k: int) -> Array:
    """Return k times the integral of phi(z) [Phi(z)^(k-1) - (Phi(z) - Phi(z - w))^(k-1)] over z."""
    nodes, weights = _panels(INNER_PANELS, INNER_POINTS)
    low, high = -FARTHEST, FARTHEST + 0.5 * w[..., None]
    z = low + (high - low) * nodes
    below = ndtr(z)
    share = ndtr(z - w[..., None]) / np.maximum(below, np.finfo(float).tiny)
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    missed = -np.expm1((k - 1) * np.log1p(-np.minimum(share, 1.0 - 1e-16)))
    tail: Array = k * ((density * below ** (k - 1) * missed * weights).sum(axis=-1) * (high - low)[..., 0])
    return tail


def scale_nodes(q: Array, df: Array) -> tuple[Array, Array]:
    """Return nodes s, shape (m, S), and quadrature weights times the density of s.

    In log s the density is smooth and bounded for all df. For large q the integrand peaks below s = 1, where
    the tail of the range, about exp(-q² s² / 4), grows faster than the density falls.
    """
    spread = FARTHEST / np.sqrt(2.0 * df)
    peak = 0.5 * np.log(df / (df + 0.5 * q * q))
    low = peak - spread - 40.0 / df
    high = spread + 0.5 * np.log1p(80.0 / df)
    panels = max(FEWEST_PANELS, math.ceil(float((high - low).max()) / PANEL_WIDTH))
    nodes, weights = _panels(panels, OUTER_POINTS)
    v = low[:, None] + (high - low)[:, None] * nodes
    nu = df[:, None]
    constant = np.log(2.0) + 0.5 * nu * np.log(0.5 * nu) - gammaln(0.5 * nu)
    density = np.exp(constant + nu * v - 0.5 * nu * np.exp(2.0 * v))
    return np.exp(v), density * weights * (high - low)[:, None]


@lru_cache(maxsize=64)
def _panels(panels: int, points: int) -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes and weights on (0, 1)."""
    x, w = np.polynomial.legendre.leggauss(points)
    nodes = (np.arange(panels)[:, None] + 0.5 * (x + 1.0)) / panels
    return nodes.ravel(), np.tile(0.5 * w / panels, panels)
