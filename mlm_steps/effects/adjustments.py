"""Adjustments for several comparisons of one family.

An adjustment is a function of the module, listed in ``ADJUSTMENTS`` under the word that a spec uses.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from mlm_steps.effects.studentized_range import range_isf, range_sf

__all__ = ["ADJUSTMENTS", "Adjusted", "Adjustment", "critical_t", "two_sided"]

Array = NDArray[np.float64]


class Adjusted(NamedTuple):
    """Adjusted p-values and the multiples of the standard errors in the intervals, each of shape (m,)."""

    p: Array
    width: Array


class Adjustment(Protocol):
    """Adjusts the comparisons of one family."""

    def __call__(self, t: Array, df: Array, means: int, confidence: float, /) -> Adjusted:
        """Return p-values and widths of m comparisons with statistics t and df, (m,), among so many means."""
        ...


def two_sided(t: Array, df: Array) -> Array:
    """Return the p-values of t statistics, (m,); df may be infinite."""
    normal = np.isinf(df)
    below = -np.abs(t)
    p: Array = 2.0 * np.where(normal, ndtr(below), stdtr(np.where(normal, 1.0, df), below))
    return p


def critical_t(df: Array, tail: float) -> Array:
    """Return the quantile of t at a lower tail, (m,); df may be infinite."""
    normal = np.isinf(df)
    width: Array = np.where(normal, ndtri(tail), stdtrit(np.where(normal, 1.0, df), tail))
    return width


def none(t: Array, df: Array, _means: int, confidence: float, /) -> Adjusted:
    """Return each comparison as if it were the only one."""
    return Adjusted(two_sided(t, df), critical_t(df, 0.5 + 0.5 * confidence))


def tukey(t: Array, df: Array, means: int, confidence: float, /) -> Adjusted:
    """Return simultaneous tests and intervals of all pairs by the studentized range."""
    q = np.sqrt(2.0) * np.abs(t)
    unique, place = np.unique(df, return_inverse=True)
    quantile = range_isf(1.0 - confidence, means, unique)[place]
    return Adjusted(range_sf(q, means, df), quantile / np.sqrt(2.0))


def holm(t: Array, df: Array, _means: int, confidence: float, /) -> Adjusted:
    """Return Holm's p-values, with Bonferroni's intervals: Holm's procedure has none of its own."""
    p = two_sided(t, df)
    m = p.size
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(m, 0, -1))
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(stepped, 1.0)
    return Adjusted(adjusted, critical_t(df, 1.0 - 0.5 * (1.0 - confidence) / max(m, 1)))


ADJUSTMENTS: dict[str, Adjustment] = {"tukey": tukey, "holm": holm, "none": none}
