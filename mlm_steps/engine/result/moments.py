"""Variances that a fit implies, averaged over the rows of its data (statistics, sections 0, 5 and 9.3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import is_nested
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit

__all__ = [
    "VarianceParts",
    "grouping_factors",
    "row_level_terms",
    "shared_levels",
    "variance_parts",
    "weighted_size",
]


@dataclass(frozen=True, slots=True)
class VarianceParts:
    """The variance of the outcome by source, in squared units of the linear predictor.

    Attributes
    ----------
    fixed : float
        Variance of X beta over the rows (denominator n - 1), without the offset; NaN if a coefficient is
        infinite.
    terms : tuple of float, length K
        Per random term its mean random variance tr(T_k Z_k' Z_k) / n (Johnson 2014, equation 10). Terms that
        share a grouping factor have separate values.
    residual : float
        sigma² mean(1 / w): the mean level-1 variance; sigma² without weights. For a generalized model the
        variance of the distribution on the link scale and that of the terms in ``dispersion``.
    dispersion : tuple of int
        Positions of terms with a level per row, which are part of the residual variance and not of the
        random variance.
    """

    fixed: float
    terms: tuple[float, ...]
    residual: float
    dispersion: tuple[int, ...] = ()

    @property
    def random(self) -> float:
        """Mean random variance of all terms except those that are dispersion."""
        kept = (value for position, value in enumerate(self.terms) if position not in self.dispersion)
        return float(sum(kept))

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


def variance_parts(fit: MixedFit, distribution: float | None = None) -> VarianceParts:
    """Return the variance of the linear predictor, and of the outcome around it, by source.

    The columns of each term are its own Z_k, whether or not they are also columns of X, and no term is left
    out because it shares its factor with another (statistics, sections 5 and 18).

    Parameters
    ----------
    fit : MixedFit
    distribution : float, optional
        For a generalized model, the variance of its distribution on the link scale (section 22.6).
    """
    if distribution is not None:
        return _generalized_parts(fit, distribution)
    design, linear = fit.design, linear_fit(fit)
    predictor = design.X @ fit.beta
    # The computed variance of a constant would be the rounding error of its mean.
    fixed = float(np.var(predictor, ddof=1)) if np.ptp(predictor) > 0 else 0.0
    terms = tuple(
        float(np.sum((term.z @ T) * term.z) / design.n)
        for term, T in zip(design.random, fit.covariances, strict=True)
    )
    residual = linear.sigma**2 * (1.0 if design.weights is None else float(np.mean(1 / design.weights)))
    return VarianceParts(fixed, terms, residual)


def _generalized_parts(fit: MixedFit, distribution: float) -> VarianceParts:
    """Return the parts of a generalized model, in which a row counts as often as its weight says."""
    design = fit.design
    counts = np.ones(design.n) if design.weights is None else design.weights
    total = float(counts.sum())
    fixed = float("nan")
    if np.isfinite(fit.beta).all():
        predictor = design.X @ fit.beta
        away = predictor - counts @ predictor / total
        fixed = float(counts @ away**2) / (total - 1.0) if np.ptp(predictor) > 0 else 0.0
    terms = tuple(
        float(counts @ np.sum((term.z @ T) * term.z, axis=1)) / total
        for term, T in zip(design.random, fit.covariances, strict=True)
    )
    dispersion = row_level_terms(fit)
    residual = distribution + sum(terms[position] for position in dispersion)
    return VarianceParts(fixed, terms, residual, dispersion)


def row_level_terms(fit: MixedFit) -> tuple[int, ...]:
    """Return the positions of the terms whose factor has a level per row: they are dispersion."""
    n = fit.design.n
    return tuple(
        position for position, term in enumerate(fit.design.random) if np.unique(term.refs).size == n
    )


def grouping_factors(fit: MixedFit, without: Collection[int] = ()) -> dict[str, tuple[int, ...]]:
    """Return for each grouping factor the positions of its terms, in the order of the design.

    The terms at the positions ``without`` are left out.
    """
    positions: dict[str, tuple[int, ...]] = {}
    for position, term in enumerate(fit.design.random):
        if position not in without:
            positions[term.group] = (*positions.get(term.group, ()), position)
    return positions


def shared_levels(fit: MixedFit, without: Collection[int] = ()) -> dict[tuple[str, ...], frozenset[str]]:
    """Return all factors whose levels two rows share if they share those of one, two or all factors.

    The terms at the positions ``without`` are left out.
    """
    factors = grouping_factors(fit, without)
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


def weighted_size(refs: NDArray[np.intp]) -> float:
    """Return ñ = sum(n_j²) / n, the mean size of the levels of a factor weighted by their sizes."""
    sizes = np.bincount(refs)
    return float(np.sum(sizes.astype(np.float64) ** 2) / refs.size)
