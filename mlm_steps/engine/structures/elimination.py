"""The order in which random effects are eliminated. It depends on the levels alone, not on weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["Cells", "Elimination", "cells_of", "elimination_of", "parents_of"]

Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """The order of elimination.

    Attributes
    ----------
    factors : tuple of FactorTerms
        The first one is eliminated first.
    nested : bool
        Whether every level of a factor lies within one level of the next factor. Elimination then causes no
        fill-in. A single factor is nested. Otherwise only the first factor is eliminated level by level, and
        the others form a dense complement.
    """

    factors: tuple[FactorTerms, ...]
    nested: bool


def elimination_of(factors: Sequence[FactorTerms]) -> Elimination:
    """Return the order for factors in the order of ``factors_of``."""
    chain = sorted(factors, key=lambda factor: -factor.J)
    if all(_lies_in(inner, outer) for inner, outer in pairwise(chain)):
        return Elimination(tuple(chain), nested=True)
    return Elimination(tuple(factors), nested=False)


def parents_of(chain: Sequence[FactorTerms]) -> tuple[Integers, ...]:
    """Return for each factor but the last the level of the next one in which each of its levels lies."""
    return tuple(_parent(inner, outer) for inner, outer in pairwise(chain))


def _parent(inner: FactorTerms, outer: FactorTerms) -> Integers:
    parent = np.zeros(inner.J, dtype=np.intp)
    parent[inner.refs] = outer.refs
    return parent


def _lies_in(inner: FactorTerms, outer: FactorTerms) -> bool:
    return bool(np.array_equal(_parent(inner, outer)[inner.refs], outer.refs))


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The pairs of levels of two factors that share rows.

    Attributes
    ----------
    one, other : ndarray, shape (cells,)
        The levels of both factors, sorted by the first and then the second.
    where : ndarray, shape (n,)
        The cell of each row.
    """

    one: Integers
    other: Integers
    where: Integers

    @property
    def size(self) -> int:
        """Number of cells."""
        return int(self.one.size)


def cells_of(one: FactorTerms, other: FactorTerms) -> Cells:
    """Return the cells of two factors."""
    found, where = np.unique(one.refs * other.J + other.refs, return_inverse=True)
    return Cells(found // other.J, found % other.J, where)
