"""Bootstrap replicates of a fit, and percentile intervals from them (statistics, section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.replicates import ELEMENTS, Replicates
from mlm_steps.engine.bootstrap.resampling import KINDS
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.result.lmm_fit import BOUNDARY
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["TOO_MANY_FAILED", "Sample", "bound_codes", "draw_replicates", "percentiles"]

Array = NDArray[np.float64]

TOO_MANY_FAILED = 0.05
"""Share of failed replicates above which the remaining ones may not be representative."""

EXACT = 1e-6
"""Distance from 1 below which a correlation is 1 up to rounding."""


def draw_replicates(fit: MixedFit, kind: str, seed: int, step: str, numbers: range) -> Replicates:
    """Return some replicates of a bootstrap; each depends on seed, step and its own number alone.

    Parameters
    ----------
    fit : MixedFit
    kind : str
        A key of ``KINDS``.
    seed : int
    step : str
        Name of the step that uses the random numbers, such as ``bootstrap/slope``.
    numbers : range
        Numbers of the replicates to draw, counted from 0.
    """
    width = max(1, ELEMENTS // fit.design.n)
    blocks = [numbers[first : first + width] for first in range(0, len(numbers), width)]
    return Replicates.joined(
        [KINDS[kind](fit, [stream(seed, step, b) for b in block]) for block in blocks or [range(0)]]
    )


def percentiles(values: Array, confidence: float) -> tuple[float, float] | None:
    """Return the equal-tailed percentile interval by the order statistics (B + 1) p; None without values.

    Davison & Hinkley 1997, section 5.3; missing values are omitted. Where replicates are infinite, because
    their outcomes are separated, the limits are order statistics without interpolation.
    """
    present = values[~np.isnan(values)]
    if not present.size:
        return None
    tail = 0.5 * (1.0 - confidence)
    if np.isinf(present).any():
        return (
            float(np.quantile(present, tail, method="lower")),
            float(np.quantile(present, 1.0 - tail, method="higher")),
        )
    low, high = np.quantile(present, [tail, 1.0 - tail], method="weibull")
    return float(low), float(high)


def bound_codes(limits: tuple[float, float]) -> tuple[str | None, str | None]:
    """Return ``boundary`` for each limit that equals a bound of the variance, correlation or share."""
    low, high = ("boundary" if limit in (-1.0, 0.0, 1.0) else None for limit in limits)
    return low, high


@dataclass(frozen=True)
class Sample:
    """The replicates of one fit and the quantities derived from them; NaN where a replicate failed.

    Attributes
    ----------
    fit : MixedFit
    replicates : Replicates
    """

    fit: MixedFit
    replicates: Replicates

    @property
    def sigma2(self) -> Array:
        """Residual variances, shape (B,)."""
        return self.replicates.sigma**2

    @cached_property
    def covariances(self) -> tuple[Array, ...]:
        """Covariance matrices per term, shape (B, k, k)."""
        found, start = [], 0
        for term in self.fit.design.random:
            columns, rows = np.triu_indices(len(term.names))
            Lambda = np.zeros((self.sigma2.size, len(term.names), len(term.names)))
            Lambda[:, rows, columns] = self.replicates.theta[:, start : start + term.n_theta]
            T = self.sigma2[:, None, None] * (Lambda @ Lambda.transpose(0, 2, 1))
            found.append(self._without_rounding(T))
            start += term.n_theta
        return tuple(found)

    def _without_rounding(self, T: Array) -> Array:
        """Return covariance matrices in which standard deviations that are 0 up to rounding are set to 0.

        A search for an optimum on the boundary ends within some millionths of it. A standard deviation is set
        to 0 if it is small relative to the residual's and to the largest one over the replicates. One that is
        small only because of its units is therefore kept.
        """
        sd = np.sqrt(np.diagonal(T, axis1=1, axis2=2))
        largest = np.max(np.nan_to_num(sd), axis=0, initial=0.0)
        varies = ~(sd < BOUNDARY * np.minimum(self.replicates.sigma[:, None], largest))
        return np.asarray(T * varies[:, :, None] * varies[:, None, :])

    def correlation(self, term: int, one: int, other: int) -> Array:
        """Return correlations of two effects, shape (B,); NaN where the variance of one effect is 0."""
        T = self.covariances[term]
        sds = np.sqrt(T[:, one, one]), np.sqrt(T[:, other, other])
        varies = np.minimum(*sds) > BOUNDARY * self.replicates.sigma
        product = np.where(varies, sds[0] * sds[1], np.nan)
        rho = np.clip(T[:, one, other] / product, -1.0, 1.0)
        return np.asarray(np.where(np.abs(rho) > 1.0 - EXACT, np.sign(rho), rho))

    @cached_property
    def fixed(self) -> Array:
        """Variances of X beta over the rows, shape (B,), as in ``variance_parts``."""
        X = self.fit.design.X - self.fit.design.X.mean(axis=0)
        spread = X.T @ X / (self.fit.design.n - 1)
        return np.asarray(np.einsum("bi,ij,bj->b", self.replicates.beta, spread, self.replicates.beta))

    @cached_property
    def terms(self) -> tuple[Array, ...]:
        """Mean random variance per term, shape (B,)."""
        design = self.fit.design
        return tuple(
            np.einsum("bij,ij->b", T, term.z.T @ term.z / design.n)
            for term, T in zip(design.random, self.covariances, strict=True)
        )

    @cached_property
    def random(self) -> Array:
        """Mean random variance of all terms, shape (B,)."""
        return np.asarray(sum(self.terms, np.zeros_like(self.sigma2)))

    @cached_property
    def residual(self) -> Array:
        """Mean level-1 variance, shape (B,)."""
        weights = self.fit.design.weights
        return self.sigma2 * (1.0 if weights is None else float(np.mean(1.0 / weights)))

    def shares(self, positions: Sequence[int]) -> Array:
        """Return the share of some terms in the random and residual variance, shape (B,)."""
        part = sum((self.terms[position] for position in positions), np.zeros_like(self.sigma2))
        return np.asarray(part / (self.random + self.residual))
