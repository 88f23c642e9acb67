"""What an expression is worth on the rows of a frame: numbers, truths or a factor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.deparse import format_label

__all__ = ["Contrast", "Factor", "Numbers", "Truths", "Value", "as_factor", "drop_unused"]

EXACT = 1e15
"""Size below which whole numbers are printed in full."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A numeric variable.

    Attributes
    ----------
    values : ndarray, shape (n,) or (n, k)
        NaN where new data have no value.
    """

    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Truths:
    """A variable of TRUE and FALSE.

    Attributes
    ----------
    values : ndarray, shape (n,)
        1, 0, or NaN where new data have no value.
    """

    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """How the levels of a factor become columns.

    Attributes
    ----------
    kind : str
        A key of ``CONTRASTS``.
    base : int
        Position of the reference level; treatment contrasts only.
    numbered : bool
        Whether columns are named by the level's number rather than its label.
    """

    kind: str
    base: int = 0
    numbered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """A categorical variable.

    Attributes
    ----------
    codes : ndarray of int, shape (n,)
        Position of each row's level; -1 where new data have no value or an unknown one.
    levels : tuple of str
        Labels in order; the first is the reference of treatment contrasts.
    ordered : bool
        Whether the default contrasts are polynomial ones.
    contrast : Contrast or None
        Contrasts asked for by ``C()``.
    """

    codes: NDArray[np.intp]
    levels: tuple[str, ...]
    ordered: bool = False
    contrast: Contrast | None = None


Value: TypeAlias = Numbers | Truths | Factor


def as_factor(value: Value) -> Factor:
    """Return the value as a factor: numbers in numeric order, truths as FALSE and TRUE.

    Raises
    ------
    ValueError
        For numbers of several columns.
    """
    if isinstance(value, Factor):
        return value
    if value.values.ndim != 1:
        raise ValueError("a factor is made from one column")
    present = ~np.isnan(value.values)
    if isinstance(value, Truths):
        return Factor(np.where(present, value.values, -1).astype(np.intp), ("FALSE", "TRUE"))
    uniques, codes = _sorted_codes(value.values, present)
    return _merge_equal_labels(Factor(codes, _labels(uniques)))


def _labels(values: NDArray[np.float64]) -> tuple[str, ...]:
    if (np.abs(values) < EXACT).all() and (np.rint(values) == values).all():
        return tuple(map(str, values.astype(np.int64).tolist()))
    return tuple(map(format_label, values.tolist()))


def _sorted_codes(
    values: NDArray[np.float64], present: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    import pandas as pd

    codes, uniques = pd.factorize(values)
    order = np.argsort(uniques, kind="stable")
    rank = np.empty(len(order) + 1, dtype=np.intp)
    rank[order] = np.arange(len(order))
    rank[-1] = -1
    return uniques[order], np.where(present, rank[codes], -1)


def _merge_equal_labels(factor: Factor) -> Factor:
    """Join neighbours that R prints alike, such as 0.3 and 0.1 + 0.2."""
    if len(set(factor.levels)) == len(factor.levels):
        return factor
    labels = tuple(dict.fromkeys(factor.levels))
    position = {label: i for i, label in enumerate(labels)}
    rank = np.array([*(position[label] for label in factor.levels), -1], dtype=np.intp)
    return replace(factor, codes=rank[factor.codes], levels=labels)


def drop_unused(factor: Factor) -> Factor:
    """Return the factor with the levels that occur in its rows, in the same order."""
    count = np.bincount(factor.codes[factor.codes >= 0], minlength=len(factor.levels))
    used = count > 0
    if used.all():
        return factor
    rank = np.append(np.where(used, np.cumsum(used) - 1, -1), -1).astype(np.intp)
    levels = tuple(label for label, keep in zip(factor.levels, used, strict=True) if keep)
    return replace(factor, codes=rank[factor.codes], levels=levels)
