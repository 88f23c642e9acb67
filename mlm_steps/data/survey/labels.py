"""How the values of a column are spread over the groups: the facts by which identifiers are recognised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor
from mlm_steps.data.types import TypedColumn

__all__ = ["Labels", "Spread", "labels_of", "spread"]

_DENSE = 1.5
"""Whole numbers are consecutive if they use at least one number in this many of their range."""
_AGREE = 0.9
"""A rule about groups holds if this share of the groups follows it, since data have errors."""
_ONCE = 0.95
"""Labels occur once in a group if at least this share of the rows has a pair of its own."""
_MANY = 100
"""Whole numbers with at least this many values may be recognised as identifiers by their values alone."""
_SCATTERED = 3.0
"""Identifiers of a part of a register use at least one number in this many of their range."""
_UNIFORM = 0.1
"""Largest distance of the distribution of identifiers' values from a uniform one; a measurement has tails."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The values of a column that may be labels of units.

    Attributes
    ----------
    name : str
    codes : ndarray of int, shape (n,)
        The value of each row, as a position among the values; -1 if missing.
    values : ndarray of float64 or None
        The values in ascending order if they are whole numbers; None for text.
    count : int
        Number of distinct values.
    """

    name: str
    codes: NDArray[np.intp]
    values: NDArray[np.float64] | None
    count: int

    @property
    def consecutive(self) -> bool:
        """Whether the values are whole numbers nearly without gaps."""
        x = self.values
        return x is not None and float(x[-1] - x[0] + 1) <= _DENSE * self.count

    @property
    def ascending(self) -> bool:
        """Whether the values never decrease from row to row."""
        present = self.codes[self.codes >= 0]
        return bool((np.diff(present) >= 0).all())

    @property
    def registered(self) -> bool:
        """Whether many whole numbers from 0 or 1 up are distributed evenly, as no measurement is."""
        x = self.values
        if x is None or self.count < _MANY or x[0] not in (0.0, 1.0):
            return False
        if x[-1] - x[0] + 1 > _SCATTERED * self.count:
            return False
        present = np.sort(x[self.codes[self.codes >= 0]])
        expected = (present - x[0]) / (x[-1] - x[0])
        observed = np.arange(1, len(present) + 1) / len(present)
        return float(np.abs(observed - expected).max()) < _UNIFORM


@dataclass(frozen=True, slots=True)
class Spread:
    """How labels are spread over the groups of a factor.

    Attributes
    ----------
    rows : int
        Rows with a label.
    labels, groups : int
        Labels and groups in these rows.
    cells : int
        Pairs of a label and a group that occur.
    numbered : bool
        Whether the labels of nearly every group are 1, 2, … (or 0, 1, …) without gaps.
    sizes_differ : bool
        Whether the groups have different numbers of labels.
    """

    rows: int
    labels: int
    groups: int
    cells: int
    numbered: bool
    sizes_differ: bool

    @property
    def constant(self) -> bool:
        """Whether every group has one label."""
        return self.cells == self.groups

    @property
    def nested(self) -> bool:
        """Whether every label occurs in one group, and some groups have several labels."""
        return self.cells == self.labels > self.groups

    @property
    def once(self) -> bool:
        """Whether nearly every label occurs at most once in a group; a few rows may be entered twice."""
        return self.cells >= _ONCE * self.rows


def labels_of(column: TypedColumn, rows: NDArray[np.bool_]) -> Labels | None:
    """Return the values of a column on some rows; None if they cannot be labels, such as fractions."""
    if column.kind == "number":
        x = column.numbers[rows]
        present = x[~np.isnan(x)]
        if not len(present) or (present != np.floor(present)).any():
            return None
        codes, found = pd.factorize(x, sort=True)
        return Labels(column.name, codes.astype(np.intp), np.asarray(found, dtype=np.float64), len(found))
    codes, words = pd.factorize(pd.Series(column.values[rows]))
    return Labels(column.name, codes.astype(np.intp), None, len(words)) if len(words) else None


def spread(labels: Labels, factor: CodedFactor) -> Spread:
    """Return how labels are spread over the groups of a factor."""
    there = labels.codes >= 0
    label, group = labels.codes[there], factor.codes[there]
    cells = np.sort(pd.unique(group * np.int64(labels.count) + label))
    owners = cells // labels.count
    groups, sizes = np.unique(owners, return_counts=True)
    return Spread(
        rows=int(there.sum()),
        labels=labels.count,
        groups=len(groups),
        cells=len(cells),
        numbered=_numbered(labels, cells % labels.count, sizes),
        sizes_differ=len(np.unique(sizes)) > 1,
    )


def _numbered(labels: Labels, label: NDArray[np.int64], sizes: NDArray[np.int64]) -> bool:
    """Return whether the labels of nearly every group run from 0 or 1 to their number.

    ``label`` holds the label of each cell, sorted by group and label; ``sizes`` the cells of each group.
    """
    if labels.values is None:
        return False
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    x = labels.values[label]
    first, last = x[starts], x[starts + sizes - 1]
    runs = np.isin(first, (0.0, 1.0)) & (last - first + 1 == sizes)
    return bool(runs.mean() >= _AGREE)
