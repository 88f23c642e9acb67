"""Variances that a fit implies, averaged over the rows of its data (statistics, sections 0, 5 and 9.3)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mlm_steps.design.hlm import is_nested
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["VarianceParts", "grouping_factors", "shared_levels", "variance_parts"]


@dataclass(frozen=True, slots=True)
class VarianceParts:
    """The variance of the outcome by source, in squared outcome units.

    Attributes
    ----------
    fixed : float
        Variance of X beta over the rows (denominator n - 1), without the offset.
    terms : tuple of float, length K
        Per random term its mean random variance tr(T_k Z_k' Z_k) / n (Johnson 2014, equation 10). Terms that
        share a grouping factor have separate values.
    residual : float
        sigma² mean(1 / w): the mean level-1 variance; sigma² without weights.
    """

    fixed: float
    terms: tuple[float, ...]
    residual: float

    @property
    def random(self) -> float:
        """Mean random variance of all terms."""
        return float(sum(self.terms))

    @property
    def total(self) -> float:
        """Fixed, random and residual variance together."""
        return self.fixed + self.random + self.residual

    @property
    def r2_marginal(self) -> float:
        """Share of the fixed part in the total (Nakagawa, Johnson & Schielzeth 2017)."""
        return self.fixed / self.total

    @property
    def r2_conditional(self) -> float:
        """Share of the fixed and the random part in the total."""
        return (self.fixed + self.random) / self.total

    @property
    def icc_adjusted(self) -> float:
        """Share of the random part in the random and residual variance."""
        return self.random / (self.random + self.residual)

    @property
    def icc_unadjusted(self) -> float:
        """Share of the random part in the total."""
        return self.random / self.total


def variance_parts(fit: LmmFit) -> VarianceParts:
    """Return the variance of the outcome by source.

    The columns of each term are its own Z_k, whether or not they are also columns of X, and no term is left
    out because it shares its factor with another (statistics, sections 5 and 18).
    """
    design = fit.design
    linear = design.X @ fit.beta
    # The computed variance of a constant would be the rounding error of its mean.
    fixed = float(np.var(linear, ddof=1)) if np.ptp(linear) > 0 else 0.0
    terms = tuple(
        float(np.sum((term.z @ T) * term.z) / design.n)
        for term, T in zip(design.random, fit.covariances, strict=True)
    )
    residual = fit.sigma**2 * (1.0 if design.weights is None else float(np.mean(1 / design.weights)))
    return VarianceParts(fixed, terms, residual)


def grouping_factors(fit: MixedFit) -> dict[str, tuple[int, ...]]:
    """Return for each grouping factor the positions of its terms, in the order of the design."""
    positions: dict[str, tuple[int, ...]] = {}
    for position, term in enumerate(fit.design.random):
        positions[term.group] = (*positions.get(term.group, ()), position)
    return positions


def shared_levels(fit: MixedFit) -> dict[tuple[str, ...], frozenset[str]]:
    """Return all factors whose levels two rows share if they share those of one, two or all factors."""
    factors = grouping_factors(fit)
    first = {group: fit.design.random[positions[0]] for group, positions in factors.items()}
    outer = {
        group: {group, *(other for other in factors if is_nested(first[group], first[other]))}
        for group in factors
    }
    found: dict[tuple[str, ...], frozenset[str]] = {}
    for named in (*((group,) for group in factors), *combinations(factors, 2), tuple(factors)):
        shared = frozenset[str]().union(*(outer[group] for group in named))
        if shared not in found.values():
            found[named] = shared
    return found
