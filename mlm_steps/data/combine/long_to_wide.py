"""From rows of several occasions to columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.cells import plain_numbers
from mlm_steps.data.combine.rows import as_number_column, missing_cells, take
from mlm_steps.data.levels import number_label
from mlm_steps.data.notices import listed
from mlm_steps.data.places import Places, nearest
from mlm_steps.data.raw import NumberColumn, RawColumn, RawTable
from mlm_steps.errors import Fault, listing
from mlm_steps.records.data_profile import PreparationStep
from mlm_steps.spec import DataSpec
from mlm_steps.spec.reshape import LongToWide

__all__ = ["long_to_wide"]

_AT = ("reshape", "long_to_wide")

SHOWN_CELLS = 5
"""A message lists at most this many units and occasions; more would hide what it says."""


def long_to_wide(
    table: RawTable, spec: LongToWide, data: DataSpec, places: Places
) -> tuple[RawTable, PreparationStep] | list[Fault]:
    """Return a table with one row per unit, or all faults.

    Units are in the order of their first rows. Rows without identifier or occasion are left out. Of the other
    columns, those that are constant within each unit stay; the rest is left out.
    """
    columns = {column.name: column for column in table.columns}
    faults = _unknown(columns, spec, places)
    if faults:
        return faults
    keys = [columns[name] for name in spec.id]
    gone = np.logical_or.reduce([missing_cells(column, data.na) for column in (*keys, columns[spec.time])])
    rows = np.flatnonzero(~gone)
    units, labels = _codes([take(column, rows) for column in keys])
    occasions, times = _occasions(take(columns[spec.time], rows), data)
    faults = _repeats(units, occasions, labels, times, spec, places)
    if faults or not len(rows):
        where = places.data(*_AT, "time")
        return faults or [Fault(where, f"no row has both {':'.join(spec.id)} and {spec.time}")]
    first = rows[np.unique(units, return_index=True)[1]]
    rest, dropped = _rest(table, spec, rows, units, first)
    wide = _wide(columns, spec, rows, (units, occasions), len(first), times)
    clash = _clashes(rest, wide, spec, places)
    if clash:
        return clash
    result = (*rest, *wide)
    return RawTable(result, len(first), table.notices), _step(table, result, spec, len(first), gone, dropped)


def _unknown(columns: Mapping[str, RawColumn], spec: LongToWide, places: Places) -> list[Fault]:
    asked = [("id", name) for name in spec.id] + [("time", spec.time)]
    asked += [("values", name) for name in spec.values]
    faults = [
        Fault(places.data(*_AT, key), f"there is no column '{name}'", nearest(name, columns))
        for key, name in asked
        if name not in columns
    ]
    names = [name for _, name in asked]
    faults += [
        Fault(places.data(*_AT, key), f"'{name}' has two roles", "id, time and values are different columns")
        for i, (key, name) in enumerate(asked)
        if name in names[:i]
    ]
    return faults


def _codes(columns: Sequence[RawColumn]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the number of each row's unit in order of appearance, and the units' names."""
    import pyarrow as pa

    codes, labels = np.zeros(0, dtype=np.int64), [""]
    for position, column in enumerate(columns):
        values = pa.array(column.values) if isinstance(column, NumberColumn) else column.values
        encoded = values.dictionary_encode()
        found = np.asarray(encoded.indices).astype(np.int64)
        words = [_word(value) for value in encoded.dictionary.to_pylist()]
        if not position:
            codes, labels = found, words
            continue
        joint = pa.array(codes * len(words) + found).dictionary_encode()
        cells = joint.dictionary.to_pylist()
        labels = [f"{labels[cell // len(words)]}:{words[cell % len(words)]}" for cell in cells]
        codes = np.asarray(joint.indices).astype(np.int64)
    return codes, labels


def _word(value: object) -> str:
    return number_label(value) if isinstance(value, float) else str(value)


def _occasions(column: RawColumn, data: DataSpec) -> tuple[NDArray[np.int64], list[str]]:
    """Return each row's occasion as a position, and the occasions.

    Numbers are in ascending order, words in the order of the file or of appearance.
    """
    numbers = column if isinstance(column, NumberColumn) else as_number_column(column, data.na, data.decimal)
    if numbers is not None:
        known, codes = np.unique(numbers.values, return_inverse=True)
        return codes.astype(np.int64), [number_label(v) for v in known.tolist()]
    assert not isinstance(column, NumberColumn)  # noqa: S101 - a number column has numbers
    encoded = column.values.dictionary_encode()
    codes, words = np.asarray(encoded.indices).astype(np.int64), encoded.dictionary.to_pylist()
    known_order = [w for w in column.levels or () if w in words] or words
    if plain_numbers(words):
        known_order = sorted(words, key=float)
    place = {word: i for i, word in enumerate(known_order)}
    return np.array([place[word] for word in words], dtype=np.int64)[codes], known_order


def _repeats(
    units: NDArray[np.int64],
    occasions: NDArray[np.int64],
    labels: Sequence[str],
    times: Sequence[str],
    spec: LongToWide,
    places: Places,
) -> list[Fault]:
    """Return a fault if a unit has an occasion twice."""
    cells, counts = np.unique(units * max(len(times), 1) + occasions, return_counts=True)
    twice = cells[counts > 1].tolist()
    if not twice:
        return []
    shown = [f"{labels[cell // len(times)]} at {times[cell % len(times)]}" for cell in twice]
    what = f"several rows have the same {':'.join(spec.id)} and {spec.time}: {listed(shown, SHOWN_CELLS)}"
    return [Fault(places.data(*_AT, "time"), what, "a unit may have each occasion once")]


def _rest(
    table: RawTable,
    spec: LongToWide,
    rows: NDArray[np.intp],
    units: NDArray[np.int64],
    first: NDArray[np.intp],
) -> tuple[list[RawColumn], list[str]]:
    """Return the other columns in the first row of each unit, and the names of those that vary in a unit."""
    kept: list[RawColumn] = []
    dropped: list[str] = []
    for column in table.columns:
        if column.name == spec.time or column.name in spec.values:
            continue
        if _is_constant(take(column, rows), take(column, first[units])):
            kept.append(take(column, first))
        else:
            dropped.append(column.name)
    return kept, dropped


def _is_constant(column: RawColumn, expected: RawColumn) -> bool:
    """Return whether each row has the value of its unit's first row."""
    if isinstance(column, NumberColumn):
        return bool(np.array_equal(column.values, expected.values, equal_nan=True))
    return bool(column.values.equals(expected.values))


def _wide(
    columns: Mapping[str, RawColumn],
    spec: LongToWide,
    rows: NDArray[np.intp],
    cells: tuple[NDArray[np.int64], NDArray[np.int64]],
    units: int,
    times: Sequence[str],
) -> list[RawColumn]:
    """Return one column for each variable and occasion, missing where a unit has no such row."""
    wide: list[RawColumn] = []
    for value in spec.values:
        for position, time in enumerate(times):
            source = np.zeros(units, dtype=np.int64)
            absent = np.ones(units, dtype=bool)
            there = cells[1] == position
            source[cells[0][there]] = rows[there]
            absent[cells[0][there]] = False
            wide.append(replace(take(columns[value], source, absent), name=spec.name(value, time)))
    return wide


def _clashes(
    rest: Sequence[RawColumn], wide: Sequence[RawColumn], spec: LongToWide, places: Places
) -> list[Fault]:
    names = [column.name for column in (*rest, *wide)]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    where = places.data(*_AT, "columns" if spec.columns else "values")
    return [
        Fault(where, f"two columns would be called '{name}'", "change the pattern columns:") for name in twice
    ]


def _step(
    table: RawTable,
    columns: Sequence[RawColumn],
    spec: LongToWide,
    rows: int,
    gone: NDArray[np.bool_],
    dropped: Sequence[str],
) -> PreparationStep:
    lost = int(gone.sum())
    name = f"row{'s' * (lost != 1)} without {' or '.join([*spec.id, spec.time])} left out"
    vary = f"left out, since they vary within {':'.join(spec.id)}: {listing(dropped)}"
    return PreparationStep(
        kind="reshape",
        words=f"long to wide: {listing(spec.values)} by {spec.time}",
        rows_before=table.rows,
        rows_after=rows,
        columns_before=len(table.columns),
        columns_after=len(columns),
        counts={name: lost} if lost else {},
        details=(vary,) if dropped else (),
    )
