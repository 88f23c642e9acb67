"""Convert a table of Arrow, as Parquet and Feather files hold it, to raw columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlm_steps.data.naming import check_names
from mlm_steps.data.raw import NumberColumn, RawColumn, RawTable, TextColumn, UnreadableFile, about_dates
from mlm_steps.records.base import Notice

__all__ = ["from_arrow"]

_EXACT = 2**53
"""From this size on, float64 cannot represent all whole numbers; such columns become text."""


def from_arrow(table: Any) -> RawTable:
    """Return the columns of an Arrow table. Types are kept, and dictionaries keep their order.

    Raises
    ------
    UnreadableFile
        The table has no rows, or two columns have the same name.
    """
    check_names(table.column_names)
    table.validate(full=True)  # a damaged file may have offsets that lead out of its memory
    if not table.num_rows:
        raise UnreadableFile("has no rows")
    columns: list[RawColumn] = []
    notices: list[Notice] = []
    for name, chunks in zip(table.column_names, table.columns, strict=True):
        column = _column(name, chunks.combine_chunks())
        if column is None:
            text = f"Column {name} holds {chunks.type}, which no analysis here can use; it is left out."
            notices.append(Notice(code="column_left_out", severity="info", text=text, subject=name))
        else:
            columns.append(column)
            notices += [about_dates(name)] if _is_date(chunks.type) else []
    return RawTable(tuple(columns), table.num_rows, tuple(notices))


def _column(name: str, values: Any) -> RawColumn | None:
    """Return one column, or None for lists, structures and bytes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_dictionary(kind):
        return _dictionary(name, values)
    if pa.types.is_boolean(kind):
        return TextColumn(name, pc.if_else(values, "TRUE", "FALSE"), levels=("FALSE", "TRUE"))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return TextColumn(name, pc.cast(values, pa.string()))
    if pa.types.is_integer(kind) and _beyond_floats(values):
        return TextColumn(name, pc.cast(values, pa.string()))
    if pa.types.is_decimal(kind) and kind.scale <= 0 and _beyond_floats(values):
        words = [None if value is None else f"{value:.0f}" for value in values.to_pylist()]
        return TextColumn(name, pa.array(words, pa.string()))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(values, pa.float64(), safe=False)
        return NumberColumn(name, np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64))
    if _is_date(kind):
        return TextColumn(name, pc.cast(values, pa.string()))
    if pa.types.is_null(kind):
        return NumberColumn(name, np.full(len(values), np.nan))
    return None


def _is_date(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_temporal(kind) and not pa.types.is_interval(kind))


def _dictionary(name: str, values: Any) -> RawColumn | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    words = values.dictionary
    plain = pc.cast(values, words.type)
    if not (pa.types.is_string(words.type) or pa.types.is_large_string(words.type)):
        return _column(name, plain)
    return TextColumn(
        name,
        pc.cast(plain, pa.string()),
        levels=tuple(word for word in words.to_pylist() if word is not None),
        ordered=bool(values.type.ordered),
    )


def _beyond_floats(values: Any) -> bool:
    import pyarrow.compute as pc

    bounds = pc.min_max(values).as_py()
    return bounds["min"] is not None and (bounds["max"] >= _EXACT or bounds["min"] <= -_EXACT)
