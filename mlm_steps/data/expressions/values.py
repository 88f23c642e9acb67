"""The value of an expression on the rows of a table: numbers, conditions, categories or nothing.

Each array has one element for each row, or no dimension if all rows have the same value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import listing

__all__ = [
    "Bools",
    "Categories",
    "Codes",
    "Empty",
    "Floats",
    "Numbers",
    "Truths",
    "Value",
    "column_value",
    "described",
    "missing_rows",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]

_SHOWN = 6
"""A message lists at most this many levels, so that it stays on one line."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A number in each row.

    Attributes
    ----------
    values : ndarray of float64, shape (n,) or ()
        NaN where missing.
    undefined : ndarray of bool, or None
        Where a computation with present values gave no finite number, such as the logarithm of 0; None if
        nowhere.
    """

    values: Floats
    undefined: Bools | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Truths:
    """TRUE, FALSE or missing in each row.

    Attributes
    ----------
    true, false : ndarray of bool, shape (n,) or ()
        Both are False where the condition is missing.
    """

    true: Bools
    false: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """A level in each row.

    Attributes
    ----------
    codes : ndarray of int, shape (n,) or ()
        Position of the level, -1 where missing.
    levels : tuple of str
    ordered : bool
    literal : bool
        Whether it is a text of the expression and not a column.
    """

    codes: Codes
    levels: tuple[str, ...]
    ordered: bool = False
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """``NA``: missing in each row, and of no kind yet."""


Value: TypeAlias = Numbers | Truths | Categories | Empty


def column_value(column: TypedColumn) -> Value:
    """Return a column as a value; text becomes a category of the texts that occur."""
    values = column.values
    if isinstance(values, pd.Categorical):
        codes = np.asarray(values.codes).astype(np.intp)
        return Categories(codes, tuple(values.categories), ordered=column.kind == "ordered")
    if column.kind == "number":
        return Numbers(np.asarray(values, dtype=np.float64))
    codes, uniques = pd.factorize(np.asarray(values), sort=False)
    return Categories(np.asarray(codes, dtype=np.intp), tuple(map(str, uniques)))


def missing_rows(value: Value) -> Bools:
    """Return where a value is missing, shape (n,) or ()."""
    if isinstance(value, Numbers):
        return np.asarray(np.isnan(value.values))
    if isinstance(value, Truths):
        return np.asarray(~(value.true | value.false))
    if isinstance(value, Categories):
        return np.asarray(value.codes < 0)
    return np.asarray(True)


def described(value: Value) -> str:
    """Return words for the kind of a value in a message, for example ``text (f, m)``."""
    if isinstance(value, Numbers):
        return "a number"
    if isinstance(value, Truths):
        return "a condition"
    if isinstance(value, Empty):
        return "NA"
    return "a text" if value.literal else f"text (its values are {listing(value.levels, _SHOWN)})"
