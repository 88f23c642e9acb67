"""Count the occasions that a spec expects of each person, and those that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.flags.base import cases
from mlm_steps.data.levels import number_label
from mlm_steps.data.places import Places, nearest
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import DataError, Fault, listing
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import DataProfile, Occasions, TimeOccasions, UnitOccasions
from mlm_steps.spec import DataSpec
from mlm_steps.spec.occasions import OccasionsSpec

__all__ = ["check_occasions", "with_occasions"]

MOST_TIMES = 50
"""Largest number of times whose occasions are counted one by one."""

Codes = NDArray[np.intp]


def check_occasions(data: DataSpec, columns: Collection[str], places: Places) -> Iterator[Fault]:
    """Yield a fault for each column of the declared occasions that is neither in the file nor derived."""
    if data.occasions is None:
        return
    known = {*columns, *data.derive}
    for key, name in (("within", data.occasions.within), *(("time", name) for name in data.occasions.time)):
        if name not in known:
            yield Fault(
                places.data("occasions", key),
                f"there is no column '{name}'",
                nearest(name, [*columns, *data.derive]),
            )


def with_occasions(
    profile: DataProfile,
    spec: OccasionsSpec,
    columns: Mapping[str, TypedColumn],
    kept: NDArray[np.bool_],
    rows: Codes,
    places: Places,
) -> DataProfile:
    """Return the profile of the data with the counts of occasions, and notices on them.

    Parameters
    ----------
    profile : DataProfile
    spec : OccasionsSpec
    columns : mapping of str to TypedColumn
        Columns of the n rows that the filters leave.
    kept : ndarray of bool, shape (n,)
        Which of these rows are in the common sample.
    rows : ndarray of int, shape (n,)
        Row of the file for each of them, for notices.
    places : Places

    Raises
    ------
    DataError
        No row has an expected time.
    """
    units, labels = _codes([columns[spec.within]])
    times, names = _codes([columns[name] for name in spec.time])
    expected = _expected(spec, names, columns, places)
    placed = (units >= 0) & (times >= 0)
    pair = units * (len(names) + 1) + times
    first = placed.copy()
    first[placed] = ~pd.Series(pair[placed]).duplicated().to_numpy()
    wanted = first & (True if expected is None else np.isin(times, expected))
    each = int(spec.expected) if isinstance(spec.expected, int) else len(expected or names)
    present, beyond = _present(units, wanted, len(labels), each)
    complete = np.minimum(_per_unit(units, _first_kept(pair, wanted, placed & kept), len(labels)), present)
    repeated = placed & ~first
    found = Occasions(
        within=spec.within,
        time=spec.time,
        expected_each=each,
        units=tuple(
            UnitOccasions(unit=label, present=there, complete=usable)
            for label, there, usable in zip(labels, present.tolist(), complete.tolist(), strict=True)
        ),
        times=() if isinstance(spec.expected, int) else _by_time(times[wanted], expected, names, spec),
        repeated=int(repeated.sum()),
        unexpected=int((first & ~wanted).sum()) + beyond,
        unplaced=int((~placed).sum()),
    )
    others = [n for n in profile.notices if not (n.code == "duplicate_ids" and n.subject in spec.time)]
    notices = (*others, *_notices(spec, found, rows[repeated]))
    return profile.with_values(occasions=found, notices=notices)


def _codes(columns: Sequence[TypedColumn]) -> tuple[Codes, list[str]]:
    """Return the position of each row's value among the values that occur, -1 where missing, and labels.

    Numbers are in their order, categories in that of their levels; several columns are combined.
    """
    coded = [_one(column) for column in columns]
    codes, labels = coded[0]
    for more, words in coded[1:]:
        missing = (codes < 0) | (more < 0)
        codes = np.where(missing, -1, codes * len(words) + more)
        labels = [f"{label}, {word}" for label in labels for word in words]
    occur = np.unique(codes[codes >= 0])
    position = np.full(len(labels) + 1, -1, dtype=np.intp)
    position[occur] = np.arange(len(occur))
    return position[codes], [labels[code] for code in occur.tolist()]


def _one(column: TypedColumn) -> tuple[Codes, list[str]]:
    if isinstance(column.values, pd.Categorical):
        return column.values.codes.astype(np.intp), [str(level) for level in column.values.categories]
    codes, values = pd.factorize(column.values, sort=True)
    words = [number_label(v) if isinstance(v, float) else str(v) for v in values.tolist()]
    return codes.astype(np.intp), words


def _expected(
    spec: OccasionsSpec, names: Sequence[str], columns: Mapping[str, TypedColumn], places: Places
) -> list[int] | None:
    """Return the positions of the expected times among those that occur; None if all are expected.

    An expected time that occurs in no row has a position beyond them.
    """
    if spec.expected is None or isinstance(spec.expected, int):
        return None
    wanted = [_as_written(word, [columns[name] for name in spec.time]) for word in spec.expected]
    if not set(wanted) & set(names):
        what = f"no row has one of the expected times {listing(spec.expected)}"
        hint = f"those of {listing(spec.time)} are {listing(names)}"
        raise DataError(Fault(places.data("occasions", "expected"), what, hint))
    place = {name: i for i, name in enumerate(names)}
    return [place.get(word, len(names) + i) for i, word in enumerate(wanted)]


def _as_written(word: str, columns: Sequence[TypedColumn]) -> str:
    """Return an expected time as the label of a value, ``7`` for ``7.0`` in a column of numbers."""
    if len(columns) == 1 and columns[0].kind == "number":
        try:
            return number_label(float(word))
        except ValueError:
            return word
    return word


def _per_unit(units: Codes, chosen: NDArray[np.bool_], count: int) -> Codes:
    return np.bincount(units[chosen], minlength=count).astype(np.intp)


def _present(units: Codes, wanted: NDArray[np.bool_], count: int, each: int) -> tuple[Codes, int]:
    """Return the occasions of each unit, at most the expected number, and how many are beyond it."""
    found = _per_unit(units, wanted, count)
    return np.minimum(found, each), int(np.maximum(found - each, 0).sum())


def _first_kept(pair: Codes, wanted: NDArray[np.bool_], usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return one row of the common sample for each expected occasion that has one."""
    chosen: NDArray[np.bool_] = usable & np.isin(pair, pair[wanted])
    chosen[chosen] = ~pd.Series(pair[chosen]).duplicated().to_numpy()
    return chosen


def _by_time(
    times: Codes, expected: Sequence[int] | None, names: Sequence[str], spec: OccasionsSpec
) -> tuple[TimeOccasions, ...]:
    """Return how many units have each expected time; empty if there are too many times."""
    places = list(range(len(names))) if expected is None else list(expected)
    if len(places) > MOST_TIMES:
        return ()
    counts = np.bincount(times, minlength=max(places, default=0) + 1)
    words = names if expected is None or isinstance(spec.expected, int) else spec.expected or ()
    return tuple(
        TimeOccasions(time=word, present=int(counts[place]))
        for word, place in zip(words, places, strict=True)
    )


def _notices(spec: OccasionsSpec, found: Occasions, again: Codes) -> Iterator[Notice]:
    """Yield notices on rows that repeat an occasion, that are not expected, or that have no place."""
    time = listing(spec.time)
    if len(again):
        text = (
            f"{cases(again)} {'repeats' if len(again) == 1 else 'repeat'} the {spec.within} and {time} of an "
            "earlier row: the occasion may have been entered twice."
        )
        text = text[0].upper() + text[1:]
        yield Notice(code="repeated_occasions", severity="warning", text=text, subject=spec.time[0])
    for count, code, what in (
        (found.unexpected, "unexpected_occasions", f"{time} that is not among the expected occasions"),
        (found.unplaced, "occasions_without_time", f"no {spec.within} or no {time}"),
    ):
        if count:
            rows = "1 row has" if count == 1 else f"{count} rows have"
            text = f"{rows} {'a ' if code == 'unexpected_occasions' else ''}{what}."
            yield Notice(code=code, severity="info", text=text, subject=spec.time[0])
