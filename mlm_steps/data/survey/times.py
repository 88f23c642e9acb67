"""Recognise the column of time in repeated measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor
from mlm_steps.data.survey.words import is_diary_name, time_rank
from mlm_steps.data.types import TypedColumn

__all__ = ["Time", "day_and_beep", "find_time", "shared_times"]

_OCCASIONS = 3.0
"""Smallest median number of rows per unit for a line of growth of each unit."""
_ONCE = 0.95
"""Nearly every row of a unit has a time of its own; a few rows may be entered twice."""
_IN_ORDER = 0.8
"""Times ascend from row to row in at least this share of the units of a sorted file."""
_SHARED = 2.0
"""Units are measured at common times if the times are at most this many times the largest number of rows."""
_COMMON = 1.2
"""All units share the design of their occasions if the times are at most this many times the largest number
of rows."""
_DAYS = 7
"""Smallest median number of rows per unit of a diary, a week."""
_SURE = (0, 1)
"""Ranks of names that hardly mean anything but time; grade and age may be traits."""
_SEVERAL = 3
"""Units have at least this many times on average, for the times to be a level of their own."""
_ROWS_PER_TIME = 1.5
"""Fewest rows per unit and time for the times to be a level of their own."""
_MOVES_WITH = 0.95
"""Correlation within units above which two times say the same, such as grade and year."""


@dataclass(frozen=True, slots=True)
class Time:
    """The column of time.

    Attributes
    ----------
    name : str
    start : float
        The smallest value.
    contains_zero : bool
        Whether 0 lies among the times, so that an intercept is a value at some time.
    others : mapping of str to str
        Other columns of time that say the same, with the reason.
    common : bool
        Whether the units are measured at the same times, so that absent occasions can be counted.
    daily : bool
        Whether it is the time of a diary: many days or hours of each unit.
    """

    name: str
    start: float
    contains_zero: bool
    others: Mapping[str, str]
    common: bool
    daily: bool


def find_time(
    columns: Mapping[str, TypedColumn],
    rows: NDArray[np.bool_],
    factor: CodedFactor,
    spare: Sequence[str],
) -> Time | None:
    """Return the column of time, or None if the units are not measured repeatedly over time.

    Parameters
    ----------
    columns : mapping of str to TypedColumn
    rows : ndarray of bool
    factor : CodedFactor
        The smallest units, on those rows.
    spare : sequence of str
        Columns that may be the time.
    """
    if np.median(factor.sizes) < _OCCASIONS:
        return None
    times = {
        name: columns[name].numbers[rows]
        for name in spare
        if time_rank(name) is not None and columns[name].kind == "number" and columns[name].strays is None
    }
    found = {name: x for name, x in times.items() if _is_time(x, factor)}
    if not found:
        return None
    # The first in the order of the file, of those whose name is surest and whose values contain 0.
    name = min(found, key=lambda each: (not _contains_zero(found[each]), time_rank(each)))
    x = found[name]
    others = {
        other: f"says the same as {name} within units"
        for other, z in found.items()
        if other != name and _move_together(x, z, factor)
    }
    return Time(
        name,
        float(np.nanmin(x)),
        _contains_zero(x),
        others,
        common=len(np.unique(x[~np.isnan(x)])) <= _COMMON * factor.sizes.max(),
        daily=is_diary_name(name) and bool(np.median(factor.sizes) >= _DAYS),
    )


def shared_times(
    columns: Mapping[str, TypedColumn],
    rows: NDArray[np.bool_],
    factor: CodedFactor,
    spare: Sequence[str],
) -> tuple[str, ...]:
    """Return the columns of time at which units have several rows each, such as the days of a diary."""
    found = []
    for name in spare:
        column = columns[name]
        if time_rank(name) in _SURE and column.kind == "number" and not column.missing[rows].any():
            codes, values = pd.factorize(column.numbers[rows])
            cells = len(np.unique(factor.codes * np.int64(len(values)) + codes))
            if _SEVERAL * len(factor.labels) <= cells <= len(codes) / _ROWS_PER_TIME:
                found.append(name)
    return tuple(found)


def day_and_beep(
    columns: Mapping[str, TypedColumn],
    rows: NDArray[np.bool_],
    factor: CodedFactor,
    days: Sequence[str],
    spare: Sequence[str],
) -> tuple[str, ...]:
    """Return the two columns that together name the occasions of a unit, day and beep; empty if none do.

    Parameters
    ----------
    columns, rows, factor
        As for `find_time`.
    days : sequence of str
        The result of `shared_times`.
    spare : sequence of str
        Columns that may number the occasions of a day.
    """
    for day in days:
        for beep in (name for name in spare if name != day and is_diary_name(name)):
            column = columns[beep]
            if column.kind == "number" and not column.missing[rows].any():
                names = {"unit": factor.codes, "day": columns[day].values[rows], "beep": column.values[rows]}
                if pd.DataFrame(names).duplicated().mean() <= 1 - _ONCE:
                    return (day, beep)
    return ()


def _contains_zero(x: NDArray[np.float64]) -> bool:
    return bool(np.nanmin(x) <= 0.0 <= np.nanmax(x))


def _is_time(x: NDArray[np.float64], factor: CodedFactor) -> bool:
    """Return whether each row of a unit has a time of its own, common to the units or ascending in each."""
    if np.isnan(x).mean() > 1 - _ONCE:
        return False
    codes, values = pd.factorize(x)
    cells = len(np.unique(factor.codes * np.int64(len(values) + 1) + codes + 1))
    if cells < _ONCE * len(x):
        return False
    return len(values) <= _SHARED * factor.sizes.max() or _ascends(x, factor) >= _IN_ORDER


def _ascends(x: NDArray[np.float64], factor: CodedFactor) -> float:
    """Return the share of units in which the times ascend from row to row."""
    falls = (np.diff(x[factor.order]) < 0) & (np.diff(factor.codes[factor.order]) == 0)
    falling = np.unique(factor.codes[factor.order][1:][falls])
    return 1.0 - len(falling) / len(factor.labels)


def _move_together(x: NDArray[np.float64], z: NDArray[np.float64], factor: CodedFactor) -> bool:
    """Return whether two times change alike within units."""
    if np.isnan(x).any() or np.isnan(z).any():
        return False
    one, two = (values - factor.means(values)[factor.codes] for values in (x, z))
    if min(np.ptp(one), np.ptp(two)) == 0.0:
        return False
    return bool(abs(np.corrcoef(one, two)[0, 1]) > _MOVES_WITH)
