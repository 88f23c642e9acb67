"""Match the rows of one table with those of another by key columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data import cells
from mlm_steps.data.combine.rows import as_number_column, as_text_column
from mlm_steps.data.levels import number_label
from mlm_steps.data.raw import NumberColumn, RawColumn, TextColumn
from mlm_steps.spec import DataSpec

__all__ = ["Incomparable", "KeyPair", "Matches", "comparable", "match"]


class Incomparable(Exception):  # noqa: N818 - the caller turns it into a fault with its place
    """Two key columns hold different kinds of values."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True, eq=False)
class KeyPair:
    """A key column of both tables as arrays of one type, text or float64; null where missing."""

    left: Any
    right: Any


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Which row of the right table belongs to each row of the left one.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Position in the right table; 0 where there is none.
    unmatched : ndarray of bool, shape (n,)
        Rows of the left table without a match, those with a missing key included.
    keyless : ndarray of bool, shape (n,)
        Rows of the left table with a missing key.
    unused : ndarray of bool, shape (m,)
        Rows of the right table that match no row; those with a missing key included.
    repeated : ndarray of int
        Rows of the right table whose key occurred before.
    """

    rows: NDArray[np.int64]
    unmatched: NDArray[np.bool_]
    keyless: NDArray[np.bool_]
    unused: NDArray[np.bool_]
    repeated: NDArray[np.intp]


def comparable(left: RawColumn, right: RawColumn, files: tuple[str, str], data: DataSpec) -> KeyPair:
    """Return two key columns as arrays that can be compared.

    Cells that spell numbers are numbers: ``1`` of a text file equals 1 of a file with types, and 1.0. Numbers
    are compared with words as text, by their labels if all have one. Codes such as 007 are text; against
    numbers they are refused unless the spec declares what they are.

    Parameters
    ----------
    left, right : RawColumn
    files : tuple of str
        Words for the two tables.
    data : DataSpec

    Raises
    ------
    Incomparable
        One column holds codes with leading zeros or of sixteen digits and more, the other numbers.
    """
    declared = next((s.type for n in (left.name, right.name) if (s := data.columns.get(n)) and s.type), None)
    if declared == "text":
        return KeyPair(_words(left, data), _words(right, data))
    strict, spelt = (
        [_as_numbers(column, data, spelt=spelt) for column in (left, right)]
        for spelt in (declared == "number", True)
    )
    if strict[0] is not None and strict[1] is not None:
        return KeyPair(_number_key(strict[0], data), _number_key(strict[1], data))
    if None in spelt or strict == [None, None]:
        return KeyPair(_words(left, data), _words(right, data))
    raise Incomparable(*_difference(left, right, files, data))


def _as_numbers(column: RawColumn, data: DataSpec, *, spelt: bool) -> NumberColumn | None:
    if isinstance(column, NumberColumn):
        return column
    return as_number_column(column, data.na, data.decimal, spelt=spelt)


def _number_key(column: NumberColumn, data: DataSpec) -> Any:
    import pyarrow as pa

    values = column.values + 0.0  # -0.0 and 0.0 are one key
    missing = np.isnan(values) | np.isin(values, cells.marker_numbers(data.na))
    return pa.array(values, mask=missing)


def _words(column: RawColumn, data: DataSpec) -> Any:
    import pyarrow.compute as pc

    text = column if isinstance(column, TextColumn) else as_text_column(column)
    return pc.utf8_trim_whitespace(cells.mark_missing(text.values, data.na))


def _difference(left: RawColumn, right: RawColumn, files: tuple[str, str], data: DataSpec) -> tuple[str, str]:
    """Return in words how codes and numbers differ, and what to do."""
    kinds = [_kind(column, data) for column in (left, right)]
    what = f"'{left.name}' is {kinds[0]} in {files[0]}, and '{right.name}' is {kinds[1]} in {files[1]}"
    return what, f"declare {left.name}: {{type: number}} under data.columns if 007 and 7 are one key"


def _kind(column: RawColumn, data: DataSpec) -> str:
    """Return whether a key column is a number or text, with an example."""
    numbers = _as_numbers(column, data, spelt=False)
    if numbers is not None or isinstance(column, NumberColumn):
        values = (numbers or column).values
        present = values[~np.isnan(values)]
        return f"a number ({number_label(float(present[0]))})" if len(present) else "a number"
    import pyarrow.compute as pc

    values = cells.mark_missing(column.values, data.na).drop_null()
    codes = values.filter(pc.match_substring_regex(values, r"^\s*([+-]?0[0-9]+|[+-]?[0-9]{16,})\s*$"))
    return f"text ('{(codes if len(codes) else values)[0].as_py()}')"


def match(pairs: Sequence[KeyPair]) -> Matches:
    """Return the matches of all rows; a row with a missing key matches none."""
    import pyarrow.compute as pc

    left, right = (pairs[0].left, pairs[0].right) if len(pairs) == 1 else _combined(pairs)
    keyless = ~np.asarray(left.is_valid())
    found = pc.index_in(left, value_set=right, skip_nulls=True)
    unmatched = ~np.asarray(found.is_valid()) | keyless
    rows = np.asarray(found.fill_null(0)).astype(np.int64)
    unused = np.ones(len(right), dtype=bool)
    unused[rows[~unmatched]] = False
    return Matches(rows, unmatched, keyless, unused, _repeated(right))


def _repeated(keys: Any) -> NDArray[np.intp]:
    """Return the rows whose key occurred in an earlier row."""
    codes = np.asarray(keys.dictionary_encode().indices.fill_null(-1))
    first = np.ones(len(codes), dtype=bool)
    first[np.unique(codes, return_index=True)[1]] = False
    return np.flatnonzero(first & (codes >= 0))


def _combined(pairs: Sequence[KeyPair]) -> tuple[Any, Any]:
    """Return one key of whole numbers for several key columns."""
    import pyarrow as pa

    n = len(pairs[0].left)
    codes = np.zeros(n + len(pairs[0].right), dtype=np.int64)
    missing = np.zeros(len(codes), dtype=bool)
    for pair in pairs:
        both = pa.concat_arrays([pair.left, pair.right])
        encoded = both.dictionary_encode()
        found = np.asarray(encoded.indices.fill_null(0)).astype(np.int64)
        missing |= ~np.asarray(both.is_valid())
        joint = pa.array(codes * max(len(encoded.dictionary), 1) + found).dictionary_encode()
        codes = np.asarray(joint.indices).astype(np.int64)
    return pa.array(codes[:n], mask=missing[:n]), pa.array(codes[n:], mask=missing[n:])
