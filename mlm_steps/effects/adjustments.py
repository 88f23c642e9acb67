"""Adjustments of a family of comparisons.

An adjustment is a function of this module, listed in ``ADJUSTMENTS`` under the word that a spec uses. Methods
without simultaneous intervals (Holm's, the false discovery rate) use Bonferroni's, as in emmeans.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri, fdtrc, fdtri, ndtr, ndtri, stdtr, stdtrit

from mlm_steps.effects.multivariate_t import largest_isf, largest_sf
from mlm_steps.effects.studentized_range import range_isf, range_sf

__all__ = ["ADJUSTMENTS", "Adjusted", "Adjustment", "Family", "critical_t", "two_sided"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Comparisons that are adjusted together.

    Attributes
    ----------
    t, df : ndarray, shape (m,)
        Statistics and their degrees of freedom, which may be infinite.
    means : int
        Number of means (or slopes) that are compared.
    rank : int
        Rank of the m comparisons as combinations of coefficients.
    correlation : ndarray, shape (m, m)
        Correlations of the estimated comparisons.
    confidence : float
        Confidence of the intervals.
    """

    t: Array
    df: Array
    means: int
    rank: int
    correlation: Array
    confidence: float


class Adjusted(NamedTuple):
    """Adjusted p-values, and half widths of the intervals in standard errors, each of shape (m,)."""

    p: Array
    width: Array


class Adjustment(Protocol):
    """A function that adjusts the comparisons of a family."""

    def __call__(self, family: Family, /) -> Adjusted:
        """Return p-values and widths of the comparisons."""
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


def none(family: Family, /) -> Adjusted:
    """Return unadjusted tests and intervals."""
    width = critical_t(family.df, 0.5 + 0.5 * family.confidence)
    return Adjusted(two_sided(family.t, family.df), width)


def tukey(family: Family, /) -> Adjusted:
    """Return simultaneous tests and intervals of all pairs by the studentized range."""
    q = np.sqrt(2.0) * np.abs(family.t)
    unique, place = np.unique(family.df, return_inverse=True)
    quantile = range_isf(1.0 - family.confidence, family.means, unique)[place]
    return Adjusted(range_sf(q, family.means, family.df), quantile / np.sqrt(2.0))


def bonferroni(family: Family, /) -> Adjusted:
    """Return p-values times the number of comparisons, and Bonferroni's simultaneous intervals."""
    p, m = two_sided(family.t, family.df), family.t.size
    return Adjusted(np.minimum(m * p, 1.0), _bonferroni_width(family))


def holm(family: Family, /) -> Adjusted:
    """Return Holm's p-values, with Bonferroni's intervals."""
    p = two_sided(family.t, family.df)
    m, order = p.size, np.argsort(p, kind="stable")
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(m, 0, -1)), 1.0)
    return Adjusted(adjusted, _bonferroni_width(family))


def fdr(family: Family, /) -> Adjusted:
    """Return Benjamini and Hochberg's p-values of the false discovery rate, with Bonferroni's intervals."""
    p = two_sided(family.t, family.df)
    m, order = p.size, np.argsort(-p, kind="stable")
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * m / np.arange(m, 0, -1)), 1.0)
    return Adjusted(adjusted, _bonferroni_width(family))


def sidak(family: Family, /) -> Adjusted:
    """Return tests and intervals as if the comparisons were independent."""
    p, m = two_sided(family.t, family.df), family.t.size
    tail = -np.expm1(np.log(family.confidence) / m)
    return Adjusted(-np.expm1(m * np.log1p(-p)), critical_t(family.df, 1.0 - 0.5 * tail))


def scheffe(family: Family, /) -> Adjusted:
    """Return simultaneous tests and intervals for all linear combinations, by F with ``rank`` df."""
    normal, r = np.isinf(family.df), float(family.rank)
    finite, F, alpha = np.where(normal, 1.0, family.df), family.t**2 / r, 1.0 - family.confidence
    p = np.where(normal, chdtrc(r, r * F), fdtrc(r, finite, F))
    quantile = np.where(normal, chdtri(r, alpha) / r, fdtri(r, finite, family.confidence))
    return Adjusted(p, np.sqrt(r * quantile))


def mvt(family: Family, /) -> Adjusted:
    """Return exact simultaneous tests and intervals, by the multivariate t distribution."""
    p = largest_sf(np.abs(family.t), family.correlation, family.df)
    return Adjusted(p, largest_isf(1.0 - family.confidence, family.correlation, family.df))


def dunnett(family: Family, /) -> Adjusted:
    """Return Dunnett's comparisons with a control, by the multivariate t distribution.

    By default emmeans uses an approximation (``dunnettx``); its ``adjust = "mvt"`` is exact, as here.
    """
    return mvt(family)


def _bonferroni_width(family: Family) -> Array:
    return critical_t(family.df, 1.0 - 0.5 * (1.0 - family.confidence) / max(family.t.size, 1))


ADJUSTMENTS: dict[str, Adjustment] = {
    "tukey": tukey,
    "holm": holm,
    "none": none,
    "bonferroni": bonferroni,
    "sidak": sidak,
    "scheffe": scheffe,
    "dunnett": dunnett,
    "fdr": fdr,
    "mvt": mvt,
}
