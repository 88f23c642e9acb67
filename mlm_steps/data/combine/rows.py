"""Select, repeat and unite the rows of raw columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data import cells
from mlm_steps.data.levels import number_label
from mlm_steps.data.raw import NumberColumn, RawColumn, TextColumn

__all__ = ["Union", "as_number_column", "as_text_column", "missing_cells", "take", "unite"]


def take(column: RawColumn, rows: NDArray[np.int64], absent: NDArray[np.bool_] | None = None) -> RawColumn:
    """Return rows of a column in a given order.

    Parameters
    ----------
    column : RawColumn
    rows : ndarray of int, shape (m,)
        Positions, each any number of times.
    absent : ndarray of bool, shape (m,), optional
        Where the result is missing, whatever ``rows`` says there.
    """
    import pyarrow as pa

    if isinstance(column, NumberColumn):
        values = column.values[rows] if len(column.values) else np.full(len(rows), np.nan)
        if absent is not None:
            values[absent] = np.nan
        return replace(column, values=values)
    return replace(column, values=column.values.take(pa.array(rows, mask=absent)))


def missing_cells(column: RawColumn, markers: Sequence[str]) -> NDArray[np.bool_]:
    """Return where a column has no value: empty cells and missing-value markers."""
    if isinstance(column, NumberColumn):
        return np.isnan(column.values) | np.isin(column.values, cells.marker_numbers(markers))
    return ~np.asarray(cells.mark_missing(column.values, markers).is_valid())


def as_number_column(
    column: TextColumn, markers: Sequence[str], decimal: str, *, spelt: bool = False
) -> NumberColumn | None:
    """Return a text column as numbers if every cell is one; None if digits are codes such as 007.

    ``spelt`` allows codes: they become numbers too.
    """
    values = cells.mark_missing(column.values, markers)
    numbers, strays = cells.as_numbers(values, decimal)
    if strays.any():
        return None
    if not spelt and (cells.has_leading_zeros(values) or cells.has_long_integers(values, numbers)):
        return None
    return NumberColumn(column.name, numbers, label=column.label)


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    """Columns of several files or occasions as one.

    Attributes
    ----------
    column : RawColumn
        The rows of all columns, one below the other.
    objection : str or None
        A sentence without a full stop if the columns contradict each other.
    """

    column: RawColumn
    objection: str | None = None


def unite(
    name: str,
    parts: Sequence[RawColumn | None],
    lengths: Sequence[int],
    markers: Sequence[str],
    decimal: str,
) -> Union:
    """Return columns one below the other under one name.

    Text that spells numbers follows numbers as numbers; other text and numbers become text together, where
    numbers with labels take their labels. Value labels are kept unless they contradict each other.

    Parameters
    ----------
    name : str
    parts : sequence of RawColumn or None
        None where there is no column: its rows are missing. At least one is a column.
    lengths : sequence of int
        Rows of each part.
    markers, decimal
        Missing-value markers and the decimal mark of the spec.
    """
    present = [part for part in parts if part is not None]
    label = next((part.label for part in present if part.label), None)
    if all(isinstance(part, TextColumn) for part in present):
        return Union(_texts(name, parts, lengths, label))
    numbers = [
        as_number_column(part, markers, decimal) if isinstance(part, TextColumn) else part for part in parts
    ]
    if all((part is None) == (found is None) for part, found in zip(parts, numbers, strict=True)):
        return _numbers(name, numbers, lengths, label)
    words = [as_text_column(part) if isinstance(part, NumberColumn) else part for part in parts]
    mixed = None if all(_named(part) for part in present) else "is text in one and numbers in another"
    return Union(_texts(name, words, lengths, label), mixed)


def _named(part: RawColumn) -> bool:
    """Return whether a column is text, or numbers that all have labels."""
    if isinstance(part, TextColumn):
        return True
    found = np.unique(part.values[~np.isnan(part.values)]).tolist()
    return all(value in part.labels for value in found)


def as_text_column(column: NumberColumn) -> TextColumn:
    """Return numbers as text: as their labels if all have one, else as digits."""
    import pyarrow as pa

    known, places = np.unique(column.values, return_inverse=True)
    named = _named(column)
    words = [None if v != v else column.labels[v] if named else number_label(v) for v in known.tolist()]
    values = pa.array(words, pa.string()).take(pa.array(places))
    return TextColumn(column.name, values, cells=not named, label=column.label)


def _texts(
    name: str, parts: Sequence[RawColumn | None], lengths: Sequence[int], label: str | None
) -> TextColumn:
    import pyarrow as pa

    texts = [part for part in parts if isinstance(part, TextColumn)]
    arrays: list[Any] = [
        part.values if isinstance(part, TextColumn) else pa.nulls(rows, pa.string())
        for part, rows in zip(parts, lengths, strict=True)
    ]
    levels: tuple[str, ...] | None = None
    if all(part.levels for part in texts):
        levels = tuple(dict.fromkeys(level for part in texts for level in part.levels or ()))
    alike = len({part.levels for part in texts}) == 1
    return TextColumn(
        name,
        pa.concat_arrays(arrays),
        cells=all(part.cells for part in texts),
        levels=levels,
        ordered=alike and all(part.ordered for part in texts),
        label=label,
    )


def _numbers(
    name: str, parts: Sequence[NumberColumn | None], lengths: Sequence[int], label: str | None
) -> Union:
    arrays = [
        np.full(rows, np.nan) if part is None else part.values
        for part, rows in zip(parts, lengths, strict=True)
    ]
    labels: dict[float, str] = {}
    clash: str | None = None
    for part in (part for part in parts if part is not None):
        clash = clash or _clash(labels, part.labels)
        labels = {**part.labels, **labels}
    merged = {} if clash else dict(sorted(labels.items()))
    return Union(NumberColumn(name, np.concatenate(arrays), merged, label), clash)


def _clash(labels: Mapping[float, str], more: Mapping[float, str]) -> str | None:
    for value, word in more.items():
        if labels.get(value, word) != word:
            return (
                f"labels {number_label(value)} as '{labels[value]}' and as '{word}'; its values have no "
                "labels here"
            )
    return None
