"""Spread of columns within and between the levels of grouping factors (statistics, sections 1 and 9.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PURE", "Spread", "column_spread", "split_by_group"]

Array = NDArray[np.float64]

PURE = 1e-8
"""Share of a column's variance below which its variance within or between groups is rounding error."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Standard deviations of columns with respect to one grouping factor.

    Attributes
    ----------
    within : ndarray, shape (q,)
        Of the column minus its group means, over the rows.
    between : ndarray, shape (q,)
        Of the group means, over the rows.
    over_groups : ndarray, shape (q,)
        Of the group means, over the groups; NaN for a single group.
    """

    within: Array
    between: Array
    over_groups: Array

    @property
    def varies_within(self) -> NDArray[np.bool_]:
        """Whether each column varies within groups by more than rounding error, shape (q,)."""
        return np.asarray(self.within**2 > PURE * (self.within**2 + self.between**2))

    @property
    def varies_between(self) -> NDArray[np.bool_]:
        """Whether the group means of each column differ by more than rounding error, shape (q,)."""
        return np.asarray(self.between**2 > PURE * (self.within**2 + self.between**2))


def column_spread(columns: Array, refs: NDArray[np.intp]) -> Spread:
    """Return the standard deviations of columns, with denominators n - 1 and J - 1.

    Parameters
    ----------
    columns : ndarray, shape (n, q)
    refs : ndarray, shape (n,)
        For each row the position of its group, from 0; positions without rows are no groups.

    Examples
    --------
    >>> spread = column_spread(np.array([[0.0], [2.0], [4.0], [6.0]]), np.array([0, 0, 1, 1]))
    >>> [round(float(each[0]), 3) for each in (spread.within, spread.between, spread.over_groups)]
    [1.155, 2.309, 2.828]
    """
    away, means = split_by_group(columns - columns.mean(axis=0), refs)
    first = np.unique(refs, return_index=True)[1]
    over = np.full(columns.shape[1], np.nan) if len(first) < 2 else means[first].std(axis=0, ddof=1)
    return Spread(away.std(axis=0, ddof=1), means.std(axis=0, ddof=1), np.asarray(over))


def split_by_group(columns: Array, refs: NDArray[np.intp]) -> tuple[Array, Array]:
    """Return columns minus their group means, and these means on every row; both of shape (n, q)."""
    sizes = np.bincount(refs)
    sums = np.stack([np.bincount(refs, weights=column) for column in columns.T], axis=1)
    means = (sums / np.maximum(sizes, 1)[:, None])[refs]
    return columns - means, means
