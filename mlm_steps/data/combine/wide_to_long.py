"""From columns of several occasions to rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.cells import plain_numbers
from mlm_steps.data.combine.rows import Union, missing_cells, take, unite
from mlm_steps.data.levels import number_label
from mlm_steps.data.places import Places, nearest
from mlm_steps.data.raw import NumberColumn, RawColumn, RawTable, TextColumn, text_column
from mlm_steps.errors import Fault, did_you_mean, listing
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import PreparationStep
from mlm_steps.spec import DataSpec
from mlm_steps.spec.reshape import WideToLong, pattern_parts

__all__ = ["wide_to_long"]

_AT = ("reshape", "wide_to_long")

Occasions = dict[str, dict[str, str]]
"""For each new column of values, the column of the wide table for each occasion."""


@dataclass(frozen=True, slots=True, eq=False)
class _Long:
    """The new columns, and the rows of them that are kept."""

    columns: tuple[RawColumn, ...]
    objections: dict[str, str]
    kept: NDArray[np.bool_]
    empty: int


def wide_to_long(
    table: RawTable, spec: WideToLong, data: DataSpec, places: Places
) -> tuple[RawTable, PreparationStep] | list[Fault]:
    """Return a table with one row per row and occasion, or all faults.

    The occasions of a row follow one another, numbers in ascending order, words in the order of the file.
    Columns that are no occasion are repeated.
    """
    columns = {column.name: column for column in table.columns}
    found, faults = _occasions(spec, list(columns), places)
    faults += _id_faults(spec, columns, found, data, places)
    if faults:
        return faults
    times = _order([time for each in found.values() for time in each])
    long = _long(table, found, times, spec, data)
    rest = _rest(table, found, spec, len(times))
    rows = int(long.kept.sum())
    whole = (*rest, _time_column(spec.time_name, times, table.rows), *long.columns)
    clash = _clashes(whole, spec, places)
    if clash:
        return clash
    kept = np.flatnonzero(long.kept)
    result = whole if rows == len(long.kept) else tuple(take(column, kept) for column in whole)
    notices = (*table.notices, *_notices(found, times, long))
    step = _step(table, result, rows, spec, found, long, made=spec.id is not None and spec.id not in columns)
    return RawTable(result, rows, notices), step


def _occasions(spec: WideToLong, names: Sequence[str], places: Places) -> tuple[Occasions, list[Fault]]:
    """Return the columns of each variable by occasion, and the faults of patterns."""
    if not spec.has_pattern:
        return _named(spec, names, places)
    matched: dict[str, dict[str, str]] = {variable: {} for variable in spec.variables}
    faults: list[Fault] = []
    for name in names:
        fits = _fitting(spec, name)
        if len(fits) > 1:
            what = f"column '{name}' matches the patterns of {' and '.join(v for v, _ in fits)}"
            faults.append(Fault(places.data(*_AT, "columns"), what, "make one pattern more specific"))
        elif fits:
            matched[fits[0][0]][fits[0][1]] = name
    for index, (variable, (pattern,)) in enumerate(spec.variables.items()):
        if not matched[variable]:
            key = index if _is_list(spec) else variable
            hint = _hint(pattern, names, spec)
            faults.append(Fault(places.data(*_AT, "columns", key), f"no column matches '{pattern}'", hint))
    faults += _equal_times(matched, places)
    faults += _odd_times(spec, matched, places) or _absent_times(spec, matched, places)
    return {variable: _merged(times) for variable, times in matched.items()}, faults


def _is_list(spec: WideToLong) -> bool:
    return next(iter(spec.columns)).isdigit()


def _named(spec: WideToLong, names: Sequence[str], places: Places) -> tuple[Occasions, list[Fault]]:
    ((variable, listed),) = spec.variables.items()
    faults = [
        Fault(places.data(*_AT, "columns", i), f"there is no column '{name}'", nearest(name, names))
        for i, name in enumerate(listed)
        if name not in names
    ]
    faults += [
        Fault(places.data(*_AT, "columns", i), f"'{name}' occurs twice", None)
        for i, name in enumerate(listed)
        if name in listed[:i]
    ]
    return {variable: {name: name for name in listed}}, faults


def _fitting(spec: WideToLong, name: str) -> list[tuple[str, str]]:
    """Return the variables whose pattern a name matches, with the occasion; the most specific pattern only.

    With ``times`` only these occasions match.
    """
    fits: list[tuple[int, str, str]] = []
    for variable, (pattern,) in spec.variables.items():
        before, _, after = pattern_parts(pattern) or ("", "", "")
        found = re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", name, re.DOTALL)
        if found and (not spec.times or _spelt(found[1]) in map(_spelt, spec.times)):
            fits.append((len(before) + len(after), variable, found[1]))
    longest = max((fit[0] for fit in fits), default=0)
    return [(variable, time) for length, variable, time in fits if length == longest]


def _spelt(time: str) -> str:
    """Return a whole number without zeros before it, any other text unchanged."""
    return number_label(float(time)) if plain_numbers([time]) else time


def _hint(pattern: str, names: Sequence[str], spec: WideToLong) -> str | None:
    """Return the name that is most similar to the pattern, or all names."""
    if spec.times and _fitting(spec.model_copy(update={"times": ()}), pattern):
        return f"with one of the times {listing(spec.times)}"
    before, _, after = pattern_parts(pattern) or (pattern, "", "")
    stems = {re.sub(r"\d+", "", name): name for name in reversed(names)}
    near = did_you_mean(before + after, stems)
    if near:
        return f"there is a column '{stems[near.split(chr(39))[1]]}'"
    return f"the columns are {listing(names)}"


def _odd_times(spec: WideToLong, matched: Occasions, places: Places) -> list[Fault]:
    """Return a fault if most occasions are numbers and some are not: the pattern may match too much."""
    if spec.times:
        return []
    times = {time: name for each in matched.values() for time, name in each.items()}
    words = [time for time in times if not plain_numbers([time])]
    if not words or len(words) == len(times):
        return []
    numbers = _order([time for time in times if time not in words])
    others = listing([f"'{times[word]}'" for word in words], 5)
    what = f"the pattern matches {others} too, whose occasion is no number"
    hint = f"name the occasions: times: [{', '.join(numbers)}]"
    return [Fault(places.data(*_AT, "columns"), what, hint)]


def _equal_times(matched: Occasions, places: Places) -> list[Fault]:
    """Return a fault for two columns of one variable and occasion, such as ``score_1`` and ``score_01``."""
    faults: list[Fault] = []
    for times in matched.values():
        first: dict[str, str] = {}
        for time, name in times.items():
            other = first.setdefault(_spelt(time), name)
            if other != name:
                what = f"'{other}' and '{name}' are the same occasion, {_spelt(time)}"
                faults.append(Fault(places.data(*_AT, "columns"), what, "rename one of them in the file"))
    return faults


def _absent_times(spec: WideToLong, matched: Occasions, places: Places) -> list[Fault]:
    """Return a fault for each listed occasion that no column has."""
    there = {_spelt(time) for each in matched.values() for time in each}
    return [
        Fault(places.data(*_AT, "times", i), f"no column has the occasion '{time}'", None)
        for i, time in enumerate(spec.times)
        if there and _spelt(time) not in there
    ]


def _merged(times: Mapping[str, str]) -> dict[str, str]:
    """Return occasions in one spelling, so that ``01`` of one variable is ``1`` of another."""
    return {_spelt(time): name for time, name in times.items()}


def _order(times: Sequence[str]) -> list[str]:
    """Return distinct occasions, numbers in ascending order, words in the order of appearance."""
    distinct = list(dict.fromkeys(times))
    return sorted(distinct, key=float) if plain_numbers(distinct) else distinct


def _id_faults(
    spec: WideToLong, columns: Mapping[str, RawColumn], found: Occasions, data: DataSpec, places: Places
) -> list[Fault]:
    """Return the fault of an identifier that is an occasion, is missing somewhere, or occurs twice."""
    column = columns.get(spec.id or "")
    if column is None:
        return []
    at = places.data(*_AT, "id")
    if any(column.name in each.values() for each in found.values()):
        return [Fault(at, f"'{column.name}' is one of the columns of occasions", "name another column")]
    gone = missing_cells(column, data.na)
    if gone.any():
        return [Fault(at, f"'{column.name}' is missing in {int(gone.sum())} rows of the wide table")]
    cells = column.values.tolist() if isinstance(column, NumberColumn) else column.values.to_pylist()
    rows: defaultdict[object, int] = defaultdict(int)
    for cell in cells:
        rows[cell] += 1
    twice = [cell for cell, count in rows.items() if count > 1]
    if twice:
        shown = listing((number_label(c) if isinstance(c, float) else str(c) for c in twice), 5)
        what = f"'{column.name}' does not identify the rows of the wide table: {shown} occurs more than once"
        return [Fault(at, what, "name another column; without id rows keep all their other columns")]
    return []


def _long(table: RawTable, found: Occasions, times: Sequence[str], spec: WideToLong, data: DataSpec) -> _Long:
    """Return the columns of values, all occasions of a row one after the other."""
    columns = {column.name: column for column in table.columns}
    n, count = table.rows, len(times)
    order = np.arange(n * count).reshape(count, n).T.ravel()
    united: dict[str, Union] = {}
    for variable, occasions in found.items():
        parts = [columns[occasions[time]] if time in occasions else None for time in times]
        united[variable] = unite(variable, parts, [n] * count, data.na, data.decimal)
    long = tuple(_unlabelled(take(union.column, order), count) for union in united.values())
    gone = np.logical_and.reduce([missing_cells(column, data.na) for column in long])
    kept = ~gone if spec.missing == "drop" else np.ones(len(order), dtype=bool)
    objections = {name: union.objection for name, union in united.items() if union.objection}
    return _Long(long, objections, kept, int(gone.sum()))


def _unlabelled(column: RawColumn, occasions: int) -> RawColumn:
    """Return a column of values without the label of a single occasion, such as ``Score at time 0``."""
    return replace(column, label=None) if occasions > 1 else column


def _rest(table: RawTable, found: Occasions, spec: WideToLong, count: int) -> tuple[RawColumn, ...]:
    """Return the other columns, each row repeated; the identifier first if it has to be made."""
    taken = {name for each in found.values() for name in each.values()}
    rows = np.repeat(np.arange(table.rows), count)
    rest = tuple(take(column, rows) for column in table.columns if column.name not in taken)
    if spec.id is None or spec.id in {column.name for column in table.columns}:
        return rest
    return (NumberColumn(spec.id, (rows + 1).astype(np.float64)), *rest)


def _time_column(name: str, times: Sequence[str], rows: int) -> RawColumn:
    if plain_numbers(times):
        return NumberColumn(name, np.tile(np.array([float(time) for time in times]), rows))
    column = text_column(name, list(times) * rows)
    return TextColumn(name, column.values, levels=tuple(times))


def _clashes(columns: Sequence[RawColumn], spec: WideToLong, places: Places) -> list[Fault]:
    """Return a fault for each new name that another column has."""
    names = [column.name for column in columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    return [
        Fault(
            places.data(*_AT, "time" if name == spec.time_name else "values"),
            f"the file has a column '{name}' already",
            "give the new column another name",
        )
        for name in twice
    ]


def _notices(found: Occasions, times: Sequence[str], long: _Long) -> Iterator[Notice]:
    """Yield notices on occasions that a variable does not have, and on columns that contradict each other."""
    for variable, occasions in found.items():
        absent = [time for time in times if time not in occasions]
        if absent:
            text = f"{variable} has no column for occasion {listing(absent)} and is missing there."
            yield Notice(code="occasion_absent", severity="info", text=text, subject=variable)
    for variable, words in long.objections.items():
        text = f"In the columns of its occasions, {variable} {words}."
        yield Notice(code="occasion_contradiction", severity="warning", text=text, subject=variable)


def _step(
    table: RawTable,
    columns: Sequence[RawColumn],
    rows: int,
    spec: WideToLong,
    found: Occasions,
    long: _Long,
    *,
    made: bool,
) -> PreparationStep:
    done = "dropped" if spec.missing == "drop" else "kept"
    words = f"row{'s' * (long.empty != 1)} with all values missing {done}"
    return PreparationStep(
        kind="reshape",
        words=f"wide to long: {listing(found)} by {spec.time_name}",
        rows_before=table.rows,
        rows_after=rows,
        columns_before=len(table.columns),
        columns_after=len(columns),
        counts={words: long.empty} if long.empty else {},
        details=(f"{spec.id} numbers the rows of the wide table",) if made else (),
    )
