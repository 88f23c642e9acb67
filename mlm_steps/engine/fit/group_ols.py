"""Least squares within each group: R's ``lmList`` (statistics, sections 10 and 17)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.lambda_ import Pattern
from mlm_steps.engine.structures.groups import FactorTerms, orthogonal_blocks, segment_sum

__all__ = ["GroupOls", "group_ols", "within_columns"]

Array = NDArray[np.float64]
Refs = NDArray[np.intp]

ESTIMABLE = 1e-8
"""Distance of a coefficient's unit vector from the row space of a group's columns up to which the rows
determine the coefficient. Rounding errors are smaller, and distances that matter are near 1."""
NO_RANK = 1e-10
"""Relative singular value of a rank-deficient group's columns below which it is zero up to rounding."""
MOST = 0.5
"""Share of the groups whose rows must determine a column for it to be used in all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupOls:
    """The least-squares fits of J groups with k columns.

    Attributes
    ----------
    coefficients : ndarray, shape (J, k)
        NaN where the rows of a group do not determine the coefficient.
    unscaled : ndarray, shape (J, k)
        Their variances over sigma².
    sizes : ndarray, shape (J,)
        Numbers of rows.
    ranks : ndarray, shape (J,)
        Ranks of the groups' columns.
    rss : ndarray, shape (J,)
        Weighted residual sums of squares.
    """

    coefficients: Array
    unscaled: Array
    sizes: Refs
    ranks: Refs
    rss: Array

    @property
    def df(self) -> int:
        """Residual degrees of freedom of all groups together."""
        return int((self.sizes - self.ranks).sum())

    @property
    def sigma(self) -> float | None:
        """Residual standard deviation pooled over the groups; None without degrees of freedom."""
        return float(np.sqrt(self.rss.sum() / self.df)) if self.df > 0 else None

    @property
    def sigmas(self) -> Array:
        """Residual standard deviation of each group, shape (J,); NaN without degrees of freedom."""
        df = self.sizes - self.ranks
        mean = np.divide(self.rss, df, out=np.full(df.shape, np.nan), where=df > 0)
        return np.asarray(np.sqrt(mean))

    @property
    def se(self) -> Array:
        """Standard errors with the pooled residual standard deviation, shape (J, k)."""
        pooled = np.nan if self.sigma is None else self.sigma
        return np.asarray(pooled * np.sqrt(self.unscaled))

    @property
    def own_se(self) -> Array:
        """Standard errors with the residual standard deviation of each group, shape (J, k)."""
        return np.asarray(self.sigmas[:, None] * np.sqrt(self.unscaled))


def group_ols(X: Array, y: Array, refs: Refs, J: int, weights: Array | None = None) -> GroupOls:
    """Return the least-squares fit of each group.

    Where the columns of a group are linearly dependent, a coefficient is estimated only if the rows determine
    it: the slope of x in a group in which a category is constant, but not the intercept of this category.

    Parameters
    ----------
    X : ndarray, shape (n, k)
    y : ndarray, shape (n,)
        Outcome without offset.
    refs : ndarray, shape (n,)
        Group of each row.
    J : int
        Number of groups.
    weights : ndarray, shape (n,), optional
        Prior weights.
    """
    k, sizes = X.shape[1], np.bincount(refs, minlength=J).astype(np.intp)
    scale = np.abs(X).max(axis=0, initial=0.0)
    scale = np.where(scale > 0, scale, 1.0)
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    blocks = orthogonal_blocks(_factor(refs, J, k), root[:, None] * (X / scale), (root * y)[:, None])
    ranks = np.count_nonzero(np.diagonal(blocks.R, axis1=1, axis2=2), axis=1)
    inverse, known = np.zeros((J, k, k)), np.ones((J, k), dtype=bool)
    full = ranks == k
    inverse[full] = np.linalg.inv(blocks.R[full])
    if not full.all():
        inverse[~full] = np.linalg.pinv(blocks.R[~full], rcond=NO_RANK)
        kept = np.diagonal(inverse[~full] @ blocks.R[~full], axis1=1, axis2=2)
        known[~full] = np.abs(1.0 - kept) <= ESTIMABLE
    values = (inverse @ blocks.G)[:, :, 0] / scale
    unscaled = (inverse**2).sum(axis=2) / scale**2
    rss = segment_sum(blocks.E[:, 0] ** 2, refs, J)
    return GroupOls(np.where(known, values, np.nan), np.where(known, unscaled, np.nan), sizes, ranks, rss)


def within_columns(X: Array, refs: Refs, J: int) -> list[int]:
    """Return the columns with a coefficient in most groups, such as those of level-1 predictors.

    A column of a level-2 predictor, or of its product with a column that is kept, depends on earlier columns
    within each group and is left out. Groups with fewer rows than columns do not count.
    """
    sizes, kept = np.bincount(refs, minlength=J), list[int]()
    for column in range(X.shape[1]):
        tried = X[:, [*kept, column]]
        fits = group_ols(tried, np.zeros(len(X)), refs, J)
        large = sizes > len(kept)
        if np.mean(fits.ranks[large] > len(kept)) > MOST if large.any() else not kept:
            kept.append(column)
    return kept


def _factor(refs: Refs, J: int, k: int) -> FactorTerms:
    return FactorTerms((), np.zeros(0, dtype=np.intp), Pattern.of([k]), refs, J)
