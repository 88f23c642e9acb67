"""The value of an expression on the rows of a frame: numbers, logical values or a factor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.deparse import EXACT, format_label

__all__ = ["Factor", "Numbers", "Truths", "Value", "as_factor", "drop_unused", "exact_label", "exact_levels"]

SPREAD = 4
"""Range of whole numbers, per row, up to which counting finds the levels faster than a hash table."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A numeric variable.

    Attributes
    ----------
    values : ndarray, shape (n,) or (n, k)
        NaN where new data have no value.
    exact : ndarray, shape (n,), or None
        The original values, if float64 would make different values equal, as for identifiers of sixteen
        digits and more. Elements at which ``values`` is NaN have no meaning.
    """

    values: NDArray[np.float64]
    exact: NDArray[np.generic] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Truths:
    """A variable of TRUE and FALSE.

    Attributes
    ----------
    values : ndarray, shape (n,)
        1, 0, or NaN where new data have no value.
    """

    values: NDArray[np.float64]


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
    contrast : ContrastCoding or None
        Contrasts requested by ``C()``.
    """

    codes: NDArray[np.intp]
    levels: tuple[str, ...]
    ordered: bool = False
    contrast: ContrastCoding | None = None


Value: TypeAlias = Numbers | Truths | Factor


def as_factor(value: Value) -> Factor:
    """Return the value as a factor: numbers in numeric order, logical values as FALSE and TRUE.

    Raises
    ------
    ValueError
        The numbers have several columns, or are floats too large to represent every whole number.
    """
    if isinstance(value, Factor):
        return value
    if value.values.ndim != 1:
        raise ValueError("a factor is made from one column")
    if isinstance(value, Truths):
        present = ~np.isnan(value.values)
        return Factor(np.where(present, value.values, -1).astype(np.intp), ("FALSE", "TRUE"))
    if value.exact is not None:
        distinct, codes = exact_levels(value)
        return _merge_equal_labels(Factor(codes, tuple(map(exact_label, distinct))))
    whole = _of_whole_numbers(value.values)
    if whole is not None:
        return whole
    uniques, codes = _sorted_codes(value.values)
    _require_told_apart(uniques)
    return _merge_equal_labels(Factor(codes, _labels(uniques)))


def exact_levels(value: Numbers) -> tuple[list[object], NDArray[np.intp]]:
    """Return the distinct values of numbers that have ``exact``, in order, and each row's position.

    Returns
    -------
    distinct : list of int, float or Decimal
    codes : ndarray of int, shape (n,)
        -1 where there is no value.
    """
    import pandas as pd

    present = np.flatnonzero(~np.isnan(value.values))
    found, uniques = pd.factorize(np.asarray(value.exact)[present])
    distinct = np.asarray(uniques).tolist()
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    codes = np.full(len(value.values), -1, dtype=np.intp)
    codes[present] = rank[found]
    return [distinct[i] for i in order], codes


def exact_label(value: object) -> str:
    """Return a number as the label of a level, with every digit of a whole or decimal number.

    >>> [exact_label(v) for v in (9007199254740993, 7.0, Decimal("0.10"), Decimal(2**60 + 1))]
    ['9007199254740993', '7', '0.1', '1152921504606846977']
    """
    if isinstance(value, Integral):
        return str(int(value))
    if not isinstance(value, Decimal):
        return format_label(float(cast("float", value)))
    label = format_label(float(value))
    if Decimal(label) == value:
        return label
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _require_told_apart(values: NDArray[np.float64]) -> None:
    """Raise ValueError for whole floating-point numbers of which float64 does not have every neighbour."""
    large = np.abs(values) >= EXACT
    if large.any():
        what = f"it holds floating-point numbers such as {values[large][0]:.0f}"
        hint = "store identifiers as text or integers, or declare type: group in a spec"
        raise ValueError(f"{what}, which float64 cannot distinguish from their neighbours: {hint}")


def _labels(values: NDArray[np.float64]) -> tuple[str, ...]:
    if (np.rint(values) == values).all():
        return tuple(map(str, values.astype(np.int64).tolist()))
    return tuple(map(format_label, values.tolist()))


def _of_whole_numbers(values: NDArray[np.float64]) -> Factor | None:
    """Return numbers as a factor by counting, or None unless they are whole numbers of a small range."""
    if not values.size:
        return None
    low, high = float(values.min()), float(values.max())  # both NaN where a value is missing
    if not (max(abs(low), abs(high)) < EXACT and high - low < SPREAD * values.size + SPREAD):
        return None
    whole = values.astype(np.intp)
    if not (whole == values).all():
        return None
    whole -= int(low)
    occurring = np.bincount(whole).nonzero()[0]
    rank = np.empty(int(high - low) + 1, dtype=np.intp)
    rank[occurring] = np.arange(occurring.size)
    return Factor(rank.take(whole), tuple(map(str, (occurring + int(low)).tolist())))


def _sorted_codes(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the distinct numbers in order, and the position of each among them; -1 for NaN."""
    import pandas as pd

    codes, uniques = pd.factorize(values)
    order = np.argsort(uniques, kind="stable")
    rank = np.empty(len(order) + 1, dtype=np.intp)
    rank[order] = np.arange(len(order))
    rank[-1] = -1
    return uniques[order], rank[codes]


def _merge_equal_labels(factor: Factor) -> Factor:
    """Merge neighbouring levels that R prints the same, such as 0.3 and 0.1 + 0.2."""
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
