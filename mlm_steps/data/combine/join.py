"""Join the columns of a table to the rows of another by a key that occurs once in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.combine.keys import Incomparable, KeyPair, Matches, comparable, match
from mlm_steps.data.combine.rows import as_number_column, take
from mlm_steps.data.notices import listed
from mlm_steps.data.places import Places, nearest
from mlm_steps.data.raw import RawColumn, RawTable, TextColumn
from mlm_steps.errors import Fault
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import PreparationStep
from mlm_steps.spec import DataSpec
from mlm_steps.spec.files import JoinSpec

__all__ = ["Joining", "join_table"]

SHOWN_KEYS = 5
"""A message lists at most this many keys; more would hide what it says."""


@dataclass(frozen=True, slots=True, eq=False)
class Joining:
    """What one entry of ``join`` needs besides the two tables.

    Attributes
    ----------
    spec : JoinSpec
    index : int
        Its position in the list.
    rows_of : str
        Words for the rows to which it is joined, such as the name of their file.
    data : DataSpec
    places : Places
    lost : frozenset of str
        Columns of earlier entries that could not be joined; that they are absent is no further fault.
    """

    spec: JoinSpec
    index: int
    rows_of: str
    data: DataSpec
    places: Places
    lost: frozenset[str] = frozenset()

    def at(self, *keys: str | int) -> str:
        """Return the place of a key of this entry."""
        return self.places.data("join", self.index, *keys)


def join_table(
    left: RawTable, right: RawTable, joining: Joining
) -> tuple[RawTable, PreparationStep] | list[Fault]:
    """Return the rows of the left table with the columns of the right one, or all faults.

    The order of the rows stays. A missing key matches nothing, not even another missing key.
    """
    ours = {column.name: column for column in left.columns}
    theirs = {column.name: column for column in right.columns}
    faults = [*_unknown(ours, theirs, joining)] or [*_name_clashes(ours, theirs, joining)]
    if faults or not joining.spec.keys.keys() <= ours.keys():
        return faults
    try:
        pairs = _pairs(ours, theirs, joining)
    except Incomparable as found:
        return [Fault(joining.at("on"), found.what, found.hint)]
    matches = match(pairs)
    faults = [*_repeats(pairs, matches, joining), *_failures(pairs, matches, joining)]
    if faults:
        return faults
    return _joined(left, theirs, pairs, matches, joining)


def _unknown(
    ours: Mapping[str, RawColumn], theirs: Mapping[str, RawColumn], joining: Joining
) -> Iterator[Fault]:
    """Yield a fault for each key or requested column that a table does not have."""
    file = joining.spec.file
    for own, other in joining.spec.keys.items():
        if own not in ours and own not in joining.lost:
            what = f"there is no column '{own}' in {joining.rows_of} to join {file} by"
            yield Fault(joining.at("on", own), what, nearest(own, ours))
        if other not in theirs:
            hint = nearest(other, theirs)
            if own == other and own in ours:
                hint = f"{hint}; names that differ are written on: {{{own}: name in {file}}}"
            yield Fault(joining.at("on", own), f"there is no column '{other}' in {file}", hint)
    for i, name in enumerate(joining.spec.columns or ()):
        if name not in theirs:
            yield Fault(
                joining.at("columns", i), f"there is no column '{name}' in {file}", nearest(name, theirs)
            )


def _wanted(theirs: Mapping[str, RawColumn], joining: Joining) -> list[str]:
    """Return the columns that are added: the requested ones or all, without the key."""
    names = theirs if joining.spec.columns is None else joining.spec.columns
    return [name for name in names if name not in joining.spec.keys.values()]


def _name_clashes(
    ours: Mapping[str, RawColumn], theirs: Mapping[str, RawColumn], joining: Joining
) -> Iterator[Fault]:
    wanted = [name for name in _wanted(theirs, joining) if name in theirs]
    both = [name for name in wanted if name in ours]
    if both:
        rest = [name for name in wanted if name not in both]
        what = f"{joining.rows_of} and {joining.spec.file} both have {_quoted(both)}"
        hint = f"columns: [{', '.join(rest[:SHOWN_KEYS])}] takes the others" if rest else "rename one"
        yield Fault(joining.at("file"), what, f"{hint}; or add it to on: if it is part of the key")


def _quoted(names: Sequence[str]) -> str:
    return listed([f"'{name}'" for name in names], SHOWN_KEYS)


def _pairs(ours: Mapping[str, RawColumn], theirs: Mapping[str, RawColumn], joining: Joining) -> list[KeyPair]:
    files = (joining.rows_of, joining.spec.file)
    return [
        comparable(ours[own], theirs[other], files, joining.data) for own, other in joining.spec.keys.items()
    ]


def _repeats(pairs: Sequence[KeyPair], matches: Matches, joining: Joining) -> Iterator[Fault]:
    """Yield a fault if a key occurs twice in the right table."""
    if len(matches.repeated):
        keys = list(dict.fromkeys(_keys(pairs, matches.repeated, "right")))
        what = f"{joining.spec.file} has several rows with {_key_name(joining)} {_list(keys)}"
        hint = "each key may occur once in the joined file; name further key columns: on: [a, b]"
        yield Fault(joining.at("on"), what, hint)


def _failures(pairs: Sequence[KeyPair], matches: Matches, joining: Joining) -> Iterator[Fault]:
    """Yield a fault if no row has a match, or if rows without one are an error."""
    lone = np.flatnonzero(matches.unmatched)
    if not len(lone) or len(matches.repeated):
        return
    keyed = np.flatnonzero(matches.unmatched & ~matches.keyless)
    keys = list(dict.fromkeys(_keys(pairs, keyed, "left"))) if len(keyed) else []
    name, file = _key_name(joining), joining.spec.file
    if len(lone) == len(matches.unmatched):
        theirs = list(dict.fromkeys(_keys(pairs, np.arange(len(matches.unused))[:SHOWN_KEYS], "right")))
        what = f"no row has a match in {file}: {name} is {_list(keys)} in {joining.rows_of}"
        yield Fault(joining.at("on"), what, f"{file} has {_list(theirs)}")
    elif joining.spec.unmatched == "error":
        what = f"{_some(len(lone), 'row')} of {joining.rows_of} without a match in {file}"
        missing = int(matches.keyless.sum())
        parts = [f"{name} {_list(keys)}"] if keys else []
        parts += [f"{_some(missing, 'row')} with a missing key"] if missing else []
        hint = "unmatched: keep or unmatched: drop allows them"
        yield Fault(joining.at("unmatched"), f"{what}: {', '.join(parts)}", hint)


def _key_name(joining: Joining) -> str:
    return ":".join(joining.spec.keys)


def _keys(pairs: Sequence[KeyPair], rows: NDArray[np.intp], side: str) -> list[str]:
    """Return the keys of some rows as words."""
    import pyarrow as pa

    parts = [getattr(pair, side).take(pa.array(rows)).to_pylist() for pair in pairs]
    return [":".join(map(_word, key)) for key in zip(*parts, strict=True)]


def _word(value: object) -> str:
    if value is None:
        return "missing"
    return f"{value:.15g}" if isinstance(value, float) else f"{value}"


def _list(keys: Sequence[str]) -> str:
    return listed(keys, SHOWN_KEYS) or "missing"


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _joined(
    left: RawTable,
    theirs: Mapping[str, RawColumn],
    pairs: Sequence[KeyPair],
    matches: Matches,
    joining: Joining,
) -> tuple[RawTable, PreparationStep]:
    added = [_settled(theirs[name], joining.data) for name in _wanted(theirs, joining)]
    lone = matches.unmatched
    columns, rows, absent = left.columns, matches.rows, lone if lone.any() else None
    if joining.spec.unmatched == "drop" and absent is not None:
        kept = np.flatnonzero(~lone)
        columns = tuple(take(column, kept) for column in columns)
        rows, absent = rows[kept], None
    columns = (*columns, *(take(column, rows, absent) for column in added))
    notices = (*left.notices, *_about_unmatched(pairs, matches, joining))
    table = RawTable(columns, len(rows), notices)
    return table, _step(left, table, matches, joining)


def _settled(column: RawColumn, data: DataSpec) -> RawColumn:
    """Return cells that spell numbers as numbers, so that each is read once and not for every row.

    Typing would read them as the same numbers. A column whose type or levels the spec declares stays as
    it is.
    """
    if (
        isinstance(column, TextColumn)
        and column.cells
        and data.decimal == "."
        and column.name not in data.columns
    ):
        return as_number_column(column, data.na, data.decimal) or column
    return column


def _about_unmatched(pairs: Sequence[KeyPair], matches: Matches, joining: Joining) -> Iterator[Notice]:
    """Yield a notice on rows without a match."""
    count = int(matches.unmatched.sum())
    if not count:
        return
    keyed = np.flatnonzero(matches.unmatched & ~matches.keyless)
    keys = list(dict.fromkeys(_keys(pairs, keyed, "left")))
    missing = int(matches.keyless.sum())
    reasons = [f"{_key_name(joining)} {_list(keys)}"] if keys else []
    reasons += [f"{missing} with a missing key"] if missing else []
    done = "left out" if joining.spec.unmatched == "drop" else "kept with missing values"
    be = "has" if count == 1 else "have"
    text = (
        f"{count} of {len(matches.unmatched)} rows {be} no match in {joining.spec.file} "
        f"({'; '.join(reasons)}) and are {done}."
    )
    yield Notice(code="join_unmatched", severity="warning", text=text)


def _step(left: RawTable, table: RawTable, matches: Matches, joining: Joining) -> PreparationStep:
    spec, lone = joining.spec, int(matches.unmatched.sum())
    keyless, unused = int(matches.keyless.sum()), int(matches.unused.sum())
    done = "dropped" if spec.unmatched == "drop" else "kept with missing values"
    keys = ", ".join(own if own == other else f"{own} = {other}" for own, other in spec.keys.items())
    counts = {
        f"row{'s' * (lone != 1)} without a match {done}": lone,
        f"row{'s' * (keyless != 1)} with a missing key": keyless,
        f"row{'s' * (unused != 1)} of {spec.file} matched nothing": unused,
    }
    return PreparationStep(
        kind="join",
        words=f"join {spec.file} by {keys}",
        rows_before=left.rows,
        rows_after=table.rows,
        columns_before=len(left.columns),
        columns_after=len(table.columns),
        counts={words: count for words, count in counts.items() if count},
    )
