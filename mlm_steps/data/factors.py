"""Grouping factors on the analysis sample: sizes, constant groups, nesting (statistics, section 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.records.data_profile import FactorProfile, NestingRelation

__all__ = ["CodedFactor", "describe_factor", "make_factor", "relate"]

_FEW_LABELS = 12
"""Labels that are reused in each group, such as class 1, 2, 3 of each school, are at most this many."""
_NEARLY_FULL = 0.6
"""Labels count as reused if at least this share of the cells is occupied; not all groups have all labels."""


@dataclass(frozen=True, slots=True, eq=False)
class CodedFactor:
    """A grouping factor on the rows of a sample, coded as integers.

    Attributes
    ----------
    name : str
        For example ``school`` or ``class:school``.
    columns : tuple of str
    labels : tuple of str, length J
    codes : ndarray of int, shape (n,)
        Position of each row's group in ``labels``; none is missing.
    sizes : ndarray of int, shape (J,)
    order : ndarray of int, shape (n,)
        Rows sorted by group.
    starts : ndarray of int, shape (J,)
        First position of each group in ``order``.
    """

    name: str
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    codes: NDArray[np.intp]
    sizes: NDArray[np.intp]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    def ranges(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest less the smallest value of each group, shape (J,)."""
        sorted_x = x[self.order]
        highest: NDArray[np.float64] = np.maximum.reduceat(sorted_x, self.starts)
        lowest: NDArray[np.float64] = np.minimum.reduceat(sorted_x, self.starts)
        return highest - lowest

    def means(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of each group, shape (J,)."""
        centre = float(x.mean())
        sums = np.bincount(self.codes, x - centre, len(self.labels))
        means: NDArray[np.float64] = sums / self.sizes + centre
        return means


def make_factor(
    columns: Sequence[str], parts: Sequence[tuple[NDArray[np.intp], Sequence[str]]]
) -> CodedFactor:
    """Return the factor of one or several columns, given as codes and labels, without empty levels."""
    codes, labels = parts[0][0].astype(np.int64), list(parts[0][1])
    for more, words in parts[1:]:
        found, codes = np.unique(codes * len(words) + more, return_inverse=True)
        labels = [f"{labels[cell // len(words)]}:{words[cell % len(words)]}" for cell in found.tolist()]
    sizes = np.bincount(codes, minlength=len(labels))
    if not sizes.all():
        used = np.flatnonzero(sizes)
        codes = (np.cumsum(sizes > 0) - 1)[codes]
        labels, sizes = [labels[i] for i in used], sizes[used]
    order = np.argsort(codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    return CodedFactor(
        ":".join(columns), tuple(columns), tuple(labels), codes.astype(np.intp), sizes, order, starts
    )


def describe_factor(
    factor: CodedFactor, levels_in_file: int, outcomes: Mapping[str, NDArray[np.float64]]
) -> FactorProfile:
    """Return the group sizes of a factor, and the groups in which an outcome is constant."""
    sizes = factor.sizes
    n, groups = int(sizes.sum()), len(sizes)
    return FactorProfile(
        name=factor.name,
        n_levels=groups,
        n_levels_file=levels_in_file,
        size_min=int(sizes.min()),
        size_median=float(np.median(sizes)),
        size_mean=n / groups,
        size_max=int(sizes.max()),
        size_harmonic=groups / float((1.0 / sizes).sum()),
        size_weighted=float((sizes.astype(np.float64) ** 2).sum()) / n,
        singletons=int((sizes == 1).sum()),
        constant_outcome={
            name: tuple(factor.labels[i] for i in np.flatnonzero((factor.ranges(y) == 0) & (sizes > 1)))
            for name, y in outcomes.items()
        },
    )


def relate(factors: Sequence[CodedFactor]) -> tuple[NestingRelation, ...]:
    """Return whether the factors of each pair are nested or crossed.

    The factor with more levels is the inner one. If the labels of the other factor look reused in each group,
    the other factor is the inner one.
    """
    found = []
    for one, other in combinations(factors, 2):
        many, few = (one, other) if len(one.labels) >= len(other.labels) else (other, one)
        cells = len(np.unique(many.codes * len(few.labels) + few.codes))
        implicit = _labels_reused(cells, few, many)
        inner, outer = (few, many) if implicit else (many, few)
        relation = _relation(cells, len(many.labels), len(few.labels))
        found.append(
            NestingRelation(
                inner=inner.name, outer=outer.name, relation=relation, implicit=implicit, n_cells=cells
            )
        )
    return tuple(found)


def _relation(
    cells: int, inner: int, outer: int
) -> Literal["nested", "crossed", "partially_crossed", "equal"]:
    if cells == inner:
        return "equal" if inner == outer else "nested"
    return "crossed" if cells == inner * outer else "partially_crossed"


def _labels_reused(cells: int, few: CodedFactor, many: CodedFactor) -> bool:
    """Return whether the factor with fewer levels looks like class 1, 2, 3 of every school.

    Reused labels are few compared with the levels of the other factor and occur in nearly all of them, and a
    cell, being a class, has several rows. In a crossed design a cell mostly has one row.
    """
    labels, others = len(few.labels), len(many.labels)
    if cells == others or labels > _FEW_LABELS or 2 * labels > others:
        return False
    return cells >= _NEARLY_FULL * labels * others and len(few.codes) >= 2 * cells
