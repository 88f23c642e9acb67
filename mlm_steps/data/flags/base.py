"""The input of the flags, and functions that several flags use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor
from mlm_steps.data.notices import listed
from mlm_steps.data.types import TypedColumn
from mlm_steps.records.base import Notice

__all__ = ["DataView", "Flag", "cases", "label_counts", "row_numbers"]

_ROWS_SHOWN = 5
"""A notice lists at most this many row numbers, so that it stays short."""


@dataclass(frozen=True, slots=True, eq=False)
class DataView:
    """A data file and the analysis sample.

    Attributes
    ----------
    columns : mapping of str to TypedColumn
        Columns of the file, with all rows that the filters leave.
    used : frozenset of str
        Columns that the models need, including the sources of derived columns.
    outcomes : tuple of str
        Outcome columns.
    grouping : frozenset of str
        Columns of the file that form groups.
    frame : DataFrame, n rows
        The analysis sample.
    factors : tuple of CodedFactor
        Grouping factors of the analysis sample.
    rows : ndarray of int, shape (n,)
        Row of the file for each row of the analysis sample, counted from 0.
    """

    columns: Mapping[str, TypedColumn]
    used: frozenset[str]
    outcomes: tuple[str, ...]
    grouping: frozenset[str]
    frame: pd.DataFrame
    factors: tuple[CodedFactor, ...]
    rows: NDArray[np.intp]


class Flag(Protocol):
    """A function that looks for one kind of fault; a new flag is a module of ``data.flags`` with one.

    It changes nothing. A notice names the column, the values and the rows of the file, counted from 1 below
    the header. Ordinary data must not raise it, and it may take only a few passes over the rows.
    """

    def __call__(self, view: DataView) -> tuple[Notice, ...]:
        """Return the notices."""


def cases(rows: NDArray[np.intp]) -> str:
    """Return the number of rows and the first row numbers as text; ``rows`` are counted from 0.

    >>> cases(np.array([4])), cases(np.array([0, 3]))
    ('row 5', '2 rows: 1 and 4')
    """
    return f"row {row_numbers(rows)}" if len(rows) == 1 else f"{len(rows)} rows: {row_numbers(rows)}"


def row_numbers(rows: NDArray[np.intp]) -> str:
    """Return the first few row numbers as text, counted from 1; ``rows`` are counted from 0.

    >>> row_numbers(np.arange(9))
    '1, 2, 3, 4, 5 and 4 more'
    """
    return listed([str(row + 1) for row in rows.tolist()], _ROWS_SHOWN)


def label_counts(column: TypedColumn) -> tuple[NDArray[np.intp], list[str]] | None:
    """Return the position of each row's label, -1 where missing, and the labels. Return None for numbers."""
    values = column.values
    if isinstance(values, pd.Categorical):
        return np.asarray(values.codes).astype(np.intp), [str(label) for label in values.categories]
    if column.kind == "number":
        return None
    codes, labels = pd.factorize(values)
    return codes.astype(np.intp), [str(label) for label in labels]
