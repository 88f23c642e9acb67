"""What a flag looks at, and the words that all flags share."""

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


@dataclass(frozen=True, slots=True, eq=False)
class DataView:
    """A data file and the analysis sample.

    Attributes
    ----------
    columns : mapping of str to TypedColumn
        Columns of the file, all rows.
    used : frozenset of str
        Those that the models need, what derived columns are made from included.
    outcomes : tuple of str
        Columns of responses.
    grouping : frozenset of str
        Columns of the file that form groups.
    frame : DataFrame, n rows
        The analysis sample.
    factors : tuple of CodedFactor
        On the analysis sample.
    kept : ndarray of bool, shape (rows of the file,)
        Which rows are in the sample.
    """

    columns: Mapping[str, TypedColumn]
    used: frozenset[str]
    outcomes: tuple[str, ...]
    grouping: frozenset[str]
    frame: pd.DataFrame
    factors: tuple[CodedFactor, ...]
    kept: NDArray[np.bool_]


class Flag(Protocol):
    """Looks for one kind of fault; the next one is a module of ``data.flags`` with a function like this.

    It changes nothing. A notice names the column, the values and the rows of the file, counted from 1 below
    the header. Ordinary data must not raise it, and it must not cost more than a few passes over the rows.
    """

    def __call__(self, view: DataView) -> tuple[Notice, ...]:
        """Return the notices."""


def cases(rows: NDArray[np.intp]) -> str:
    """Return how many rows there are and the first of them, ``rows`` counted from 0.

    >>> cases(np.array([4])), cases(np.array([0, 3]))
    ('row 5', '2 rows: 1 and 4')
    """
    return f"row {row_numbers(rows)}" if len(rows) == 1 else f"{len(rows)} rows: {row_numbers(rows)}"


def row_numbers(rows: NDArray[np.intp]) -> str:
    """Return the first few of rows that are counted from 0, as numbers from 1.

    >>> row_numbers(np.arange(9))
    '1, 2, 3, 4, 5 and 4 more'
    """
    return listed([str(row + 1) for row in rows.tolist()], _ROWS_SHOWN)


def label_counts(column: TypedColumn) -> tuple[NDArray[np.intp], list[str]] | None:
    """Return for each row the position of its label, -1 where missing, and the labels; None for numbers."""
    values = column.values
    if isinstance(values, pd.Categorical):
        return np.asarray(values.codes).astype(np.intp), [str(label) for label in values.categories]
    if column.kind == "number":
        return None
    codes, labels = pd.factorize(values)
    return codes.astype(np.intp), [str(label) for label in labels]
