"""Normal quantile plots with a simultaneous envelope, and the test that belongs to it.

The ordered values at chosen ranks are compared with those of simulated normal samples. Location and scale are
estimated from the same ranks in both, so that the test needs neither. Only the chosen ranks are simulated:
the uniform order statistics are sums of gamma variates, whatever the size of the sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

__all__ = ["FEWEST", "QuantilePlot", "quantile_plot"]

Array = NDArray[np.float64]

REPLICATES = 999
"""Simulated samples: the smallest p value is .001."""
RANKS = 61
"""Largest number of ranks that are compared; they are equally spaced on the normal scale."""
FEWEST = 5
"""Smallest number of values whose distribution is looked at."""
HALF = (0.025, 0.5, 0.975)
"""Quantiles of the simulated values by which distances above and below are scaled."""
CENTRAL = 1.96
"""Normal quantiles within which the largest distance is the size of the departure."""


@dataclass(frozen=True, slots=True, eq=False)
class QuantilePlot:
    """Ordered values, in standard deviations, beside those of normal samples.

    Attributes
    ----------
    ranks : ndarray, shape (m,)
        From 1 to n.
    expected, observed, low, high : ndarray, shape (m,)
        Normal quantiles, ordered values, and limits that 95 % of normal samples nowhere leave.
    statistic : float
        Largest distance from the simulated medians, over the half width of the pointwise range of 95 %.
    p : float
    deviation : float
        Largest distance between observed and expected values within the central 95 %, in standard deviations.
    tails : float
        Mean of the outermost values' distance outwards: positive for heavy tails.
    replicates : int
    """

    ranks: NDArray[np.intp]
    expected: Array
    observed: Array
    low: Array
    high: Array
    statistic: float
    p: float
    deviation: float
    tails: float
    replicates: int

    @property
    def points(self) -> tuple[tuple[float, ...], ...]:
        """Expected, observed, low and high, one tuple per rank."""
        rows = zip(self.expected, self.observed, self.low, self.high, strict=True)
        return tuple(tuple(float(value) for value in row) for row in rows)


def quantile_plot(values: Array, effective: float, rng: np.random.Generator) -> QuantilePlot | None:
    """Return the plot of values that are normal under the model; None for fewer than five.

    Parameters
    ----------
    values : ndarray, shape (n,)
    effective : float
        Number of independent values that vary as much as these: residual degrees of freedom for residuals.
    rng : Generator
    """
    n = values.size
    effective = min(float(effective), float(n))
    if n < FEWEST or effective < FEWEST or not float(np.ptp(values)) > 0.0:
        return None
    ranks = _ranks(n)
    share = (ranks - 0.375) / (n + 0.25)
    expected = scipy.special.ndtri(share)
    weights = np.exp(-(expected**2)) / (share * (1.0 - share))
    observed = _standard(np.sort(values)[ranks - 1][None, :], expected, weights)[0]
    drawn = _standard(_drawn(ranks, n, effective, rng), expected, weights)
    # Sorting the rows of a contiguous array is several times faster than the partition by np.quantile.
    low, middle, high = np.quantile(np.sort(drawn.T, axis=1), HALF, axis=1)
    above, below = np.maximum(high - middle, 1e-12), np.maximum(middle - low, 1e-12)
    farthest = np.max(_distances(drawn, middle, above, below), axis=1)
    statistic = float(np.max(_distances(observed[None, :], middle, above, below)))
    reach = float(np.quantile(farthest, 0.95))
    central = np.abs(expected) <= CENTRAL
    ends = (observed[0] - expected[0], observed[-1] - expected[-1])
    return QuantilePlot(
        ranks=ranks,
        expected=expected,
        observed=observed,
        low=middle - reach * below,
        high=middle + reach * above,
        statistic=statistic,
        p=(1 + int(np.sum(farthest >= statistic))) / (REPLICATES + 1),
        deviation=float(np.max(np.abs(observed - expected)[central])),
        tails=float(ends[1] - ends[0]) / 2.0,
        replicates=REPLICATES,
    )


def _ranks(n: int) -> NDArray[np.intp]:
    """Return the ranks that are compared, from 1 to n."""
    if n <= RANKS:
        return np.arange(1, n + 1)
    end = float(scipy.special.ndtri((n - 0.375) / (n + 0.25)))
    share = scipy.special.ndtr(np.linspace(-end, end, RANKS))
    ranks: NDArray[np.intp] = np.unique(np.clip(np.rint(share * (n + 0.25) + 0.375), 1, n).astype(np.intp))
    return ranks


def _drawn(ranks: NDArray[np.intp], n: int, effective: float, rng: np.random.Generator) -> Array:
    """Return simulated ordered values at the ranks, shape (B, m)."""
    steps = np.diff(ranks, prepend=0, append=n + 1) * (effective + 1.0) / (n + 1.0)
    sums = np.cumsum(rng.standard_gamma(steps, size=(REPLICATES, steps.size)), axis=1)
    return np.asarray(scipy.special.ndtri(sums[:, :-1] / sums[:, -1:]))


def _standard(values: Array, expected: Array, weights: Array) -> Array:
    """Return values less their location over their scale, by weighted least squares on the expected ones."""
    total = float(weights.sum())
    centre = float(weights @ expected) / total
    about = expected - centre
    slope = values @ (weights * about) / float(weights @ about**2)
    location = values @ weights / total - slope * centre
    scale = np.maximum(slope, np.finfo(float).tiny)
    return np.asarray((values - location[:, None]) / scale[:, None])


def _distances(values: Array, middle: Array, above: Array, below: Array) -> Array:
    away = values - middle
    return np.asarray(np.where(away > 0, away / above, -away / below))
