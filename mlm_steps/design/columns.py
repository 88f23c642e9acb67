"""Read the columns of a frame as numbers, logical values or factors."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.collate import sort_labels
from mlm_steps.design.deparse import EXACT
from mlm_steps.design.variables import Factor, Numbers, Truths, Value, exact_label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ChosenColumns", "ColumnError", "Columns", "FrameColumns", "complete_rows", "missing_values"]


class ColumnError(Exception):
    """A column is neither numbers nor categories."""


class Columns(Protocol):
    """The values of the columns of an expression: ``n`` values each, at ``rows`` if these are given."""

    n: int
    rows: NDArray[np.intp] | None

    def value(self, name: str) -> Value:
        """Return a column as numbers, logical values or a factor; raise ColumnError for other types."""
        ...


class ChosenColumns:
    """Values that do not come from a frame, such as those of a grid.

    Parameters
    ----------
    values : mapping of str to Value
        Per column, each of shape (n,).
    n : int
    """

    def __init__(self, values: Mapping[str, Value], n: int) -> None:
        self.values = values
        self.n = n
        self.rows: NDArray[np.intp] | None = None

    def value(self, name: str) -> Value:
        """Return the values of a column; raise KeyError if it has none."""
        return self.values[name]


class FrameColumns:
    """Some rows of a frame, each column read once.

    Parameters
    ----------
    frame : DataFrame
    rows : ndarray of int, or None
        Positions of the rows; None for all.
    series : mapping of str to Series, optional
        Columns of the frame that have been looked up.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        rows: NDArray[np.intp] | None,
        series: Mapping[str, pd.Series] | None = None,
    ) -> None:
        self.frame = frame
        self.rows = rows
        self.n = len(frame) if rows is None else len(rows)
        self._series = series or {}
        self._read: dict[str, Value] = {}

    def value(self, name: str) -> Value:
        """Return a column as numbers, logical values or a factor.

        Raises
        ------
        ColumnError
            The column holds dates, or text mixed with numbers.
        """
        if name not in self._read:
            series = self._series[name] if name in self._series else self.frame[name]
            self._read[name] = _value(series if self.rows is None else series.iloc[self.rows])
        return self._read[name]


def _value(series: pd.Series) -> Value:
    import pandas as pd  # deferred: pandas is slow to import, and parsing a formula does not need it

    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        values = series.to_numpy(dtype=np.float64)
        return Numbers(values, series.to_numpy() if dtype.kind in "iu" and _beyond_floats(values) else None)
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical(series)
    if pd.api.types.is_bool_dtype(dtype):
        return Truths(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_complex_dtype(dtype):
        raise ColumnError("it holds complex numbers")
    if pd.api.types.is_numeric_dtype(dtype):
        return _extension_numbers(series)
    if pd.api.types.is_object_dtype(dtype):
        return _objects(series)
    if pd.api.types.is_string_dtype(dtype):
        return _words(series)
    raise ColumnError(f"it holds {dtype} values, neither numbers nor categories")


def _beyond_floats(values: NDArray[np.float64]) -> bool:
    """Return whether any number is too large for float64 to represent all whole numbers near it."""
    return bool(values.size) and bool(np.fmax.reduce(np.abs(values)) >= EXACT)


def _extension_numbers(series: pd.Series) -> Numbers:
    """Return nullable or Arrow-backed numbers; whole and decimal numbers keep all digits."""
    import pandas as pd

    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_float_dtype(series.dtype):
        return Numbers(values)
    if pd.api.types.is_integer_dtype(series.dtype) and not _beyond_floats(values):
        return Numbers(values)
    return Numbers(values, series.astype(object).to_numpy())


def _categorical(series: pd.Series) -> Factor:
    labels = tuple(_text(category) for category in series.cat.categories.tolist())
    codes = series.cat.codes.to_numpy().astype(np.intp)
    if len(set(labels)) != len(labels):
        used = [labels[code] for code in np.unique(codes[codes >= 0])]
        twice = next((label for label in used if used.count(label) > 1), None)
        if twice is not None:
            raise ColumnError(f"two of its categories are both written {twice}")
    return Factor(codes, labels, bool(series.cat.ordered))


def _objects(series: pd.Series) -> Value:
    import pandas as pd

    kind = pd.api.types.infer_dtype(series, skipna=True)
    if kind == "boolean":
        return Truths(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind in {"integer", "floating", "mixed-integer-float", "decimal"}:
        try:
            values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        except OverflowError:
            raise ColumnError("it holds a whole number of more than 308 digits") from None
        keep = kind == "decimal" or (kind != "floating" and _beyond_floats(values))
        return Numbers(values, series.to_numpy(dtype=object) if keep else None)
    if kind in {"string", "empty"}:
        return _words(series)
    raise ColumnError(f"it holds {kind} values, neither numbers nor categories")


def _words(series: pd.Series) -> Factor:
    import pandas as pd

    codes, uniques = pd.factorize(series.to_numpy() if series.dtype == object else series.array)
    words = [str(label) for label in uniques.tolist()]
    levels = tuple(sort_labels(words))
    position = {label: i for i, label in enumerate(levels)}
    rank = np.array([*(position[word] for word in words), -1], dtype=np.intp)
    return Factor(rank[codes], levels)


def _text(category: object) -> str:
    if isinstance(category, bool):
        return str(category).upper()
    return exact_label(category) if isinstance(category, (int, float, Decimal)) else str(category)


def missing_values(columns: Mapping[str, pd.Series]) -> Mapping[str, NDArray[np.bool_]]:
    """Return, for each column with missing values, in which rows it is missing."""
    missing = {name: _absent(series) for name, series in columns.items()}
    return {name: absent for name, absent in missing.items() if absent.any()}


def _absent(series: pd.Series) -> NDArray[np.bool_]:
    """Return which values are missing, with a fast path for plain numbers."""
    dtype = series.dtype
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iuf":
        return np.asarray(series.array.isna(), dtype=bool)
    return np.asarray(np.isnan(series.to_numpy())) if dtype.kind == "f" else np.zeros(len(series), dtype=bool)


def complete_rows(n: int, missing: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.intp]:
    """Return the positions of the complete rows."""
    if not missing:
        return np.arange(n)
    absent = np.zeros(n, dtype=bool)
    for column in missing.values():
        absent |= column
    return np.flatnonzero(~absent)
