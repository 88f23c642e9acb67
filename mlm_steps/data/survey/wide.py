"""Recognise a wide table, with one column per occasion, and make it long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mlm_steps.data.combine.wide_to_long import wide_to_long
from mlm_steps.data.places import Places
from mlm_steps.data.raw import RawColumn, RawTable
from mlm_steps.data.survey.asked import Asked
from mlm_steps.data.survey.words import is_unit_name
from mlm_steps.data.types import TypedColumn, type_column
from mlm_steps.errors import UsageError, listing
from mlm_steps.spec import DataSpec
from mlm_steps.spec.reshape import WideToLong

__all__ = ["Lengthened", "Series", "later_columns", "lengthened", "series_of"]

_NUMBERED = re.compile(r"(?P<before>.*?)(?P<time>\d+)(?P<after>\D*)", re.DOTALL)
_WORDS = ("pre", "mid", "post", "baseline", "followup", "follow_up", "fu", "before", "after")
_WORDED = re.compile(rf"(?P<before>.*?[_. -])(?P<time>{'|'.join(_WORDS)})(?P<after>)", re.IGNORECASE)
_TIME_WORDS = {"t": "time", "time": "time", "w": "wave", "wave": "wave", "y": "year", "year": "year"}
_TIME_WORDS |= {
    "visit": "visit",
    "v": "visit",
    "day": "day",
    "week": "week",
    "month": "month",
    "occ": "occasion",
}
_LAST_WORD = re.compile(rf"[_. -]+(?P<word>{'|'.join(_TIME_WORDS)})?[_. -]*$", re.IGNORECASE)
_FIRST_WORD = re.compile(rf"(?P<word>{'|'.join(_TIME_WORDS)})[_. -]*", re.IGNORECASE)
_FEWEST = 2
"""Fewest columns of a variable in wide form."""
_SEVERAL = 3
"""Fewest columns that are said to look like one variable, if the table is not made long."""
_YEARS = range(1900, 2101)
"""Numbers that are taken for years."""


@dataclass(frozen=True, slots=True)
class Series:
    """The columns of one variable at several occasions.

    Attributes
    ----------
    variable : str
        Name of the variable, ``score`` of ``score_0``, ``score_1``, ….
    pattern : str
        ``score_{time}``.
    columns : tuple of str
    times : tuple of str
        The occasion of each column.
    time : str
        What the occasions are called.
    """

    variable: str
    pattern: str
    columns: tuple[str, ...]
    times: tuple[str, ...]
    time: str


@dataclass(frozen=True, slots=True, eq=False)
class Lengthened:
    """A wide table in long form.

    Attributes
    ----------
    table : RawTable
    reshape : WideToLong
        How it was made, for the spec.
    asked : Asked
        What the user asks for, with the names of the long table.
    remark : str
    """

    table: RawTable
    reshape: WideToLong
    asked: Asked
    remark: str


def series_of(names: Sequence[str]) -> list[Series]:
    """Return the variables in wide form: names that differ by one number, or by words such as pre and post.

    >>> [(found.variable, found.pattern, found.times) for found in series_of(["id", "score_0", "score_1"])]
    [('score', 'score_{time}', ('0', '1'))]
    >>> [found.variable for found in series_of(["t1_mood", "t2_mood", "age"])]
    ['mood']
    """
    sets: dict[tuple[str, str], dict[str, str]] = {}
    for name in names:
        found = _WORDED.fullmatch(name) or _NUMBERED.fullmatch(name)
        if found and "{" not in name and "}" not in name:
            sets.setdefault((found["before"], found["after"]), {})[found["time"]] = name
    return [
        _series(before, after, columns)
        for (before, after), columns in sets.items()
        if len(columns) >= _FEWEST and (before or after)
    ]


def _series(before: str, after: str, columns: dict[str, str]) -> Series:
    """Return the columns of a pattern as a series, with the name of the variable and of its time."""
    word = None
    first = _FIRST_WORD.fullmatch(before) if after else None
    if first:
        word, variable = first["word"], after.lstrip("_.- ")
    else:
        last = _LAST_WORD.search(before)
        word = last["word"] if last else None
        variable = (before[: last.start()] if last else before) + after.rstrip()
    years = all(time.isdigit() and int(time) in _YEARS for time in columns)
    time = _TIME_WORDS[word.lower()] if word else "year" if years else "time"
    return Series(
        variable or "value", f"{before}{{{time}}}{after}", tuple(columns.values()), tuple(columns), time
    )


def lengthened(table: RawTable, asked: Asked, data: DataSpec) -> Lengthened | None:
    """Return a wide table in long form, or None if the outcome is no variable in wide form.

    The outcome is one if no column but a series has its name, or if it is a column of a series and every row
    is a group of its own, so that only the long form has several rows per group.
    """
    columns = {raw.name: raw for raw in table.columns}
    found = _series_of_outcome(asked, columns, table, data)
    if found is None:
        return None
    together = [found, *_companions(found, series_of(list(columns)))]
    together = [each for each in together if _numeric(each, columns, data)]
    if found not in together:
        return None
    new = _new_names(together, set(columns) - {name for each in together for name in each.columns})
    spec = _reshape(together, new, asked, columns, table, data)
    result = wide_to_long(table, spec, data, _OptionPlaces())
    if isinstance(result, list):
        raise UsageError(*result)
    long, _ = result
    variable, time = new[found.variable], spec.time_name
    remark = (
        f"{listing(found.columns, 6)} hold {variable} at {len(found.columns)} occasions. They are made "
        f"long: one row per occasion, which the new column {time} names."
    )
    return Lengthened(long, spec, replace(asked, outcome=variable), remark)


def _series_of_outcome(
    asked: Asked, columns: Mapping[str, RawColumn], table: RawTable, data: DataSpec
) -> Series | None:
    """Return the series that the outcome means; None if the outcome is a column to be used as it is."""
    found = series_of(list(columns))
    if asked.outcome not in columns:
        named = [each for each in found if asked.outcome in (each.variable, each.pattern)]
        return max(named, key=lambda each: len(each.columns), default=None)
    holds = next((each for each in found if asked.outcome in each.columns), None)
    groups = [raw for raw in table.columns if raw.name in asked.groups]
    if holds is None or len(asked.groups) != 1 or not groups:
        return None
    return holds if _is_unique(type_column(groups[0], None, data)) else None


def later_columns(outcome: str, names: Sequence[str]) -> dict[str, str]:
    """Return the columns that hold the outcome's variable at later occasions, and why they are no predictors.

    >>> later_columns("score_1", ["score_0", "score_1", "score_2"])
    {'score_2': 'holds score after score_1, so it explains nothing'}
    """
    found = next((each for each in series_of(names) if outcome in each.columns), None)
    if found is None:
        return {}
    pairs = list(zip(found.times, found.columns, strict=True))
    if all(time.isdigit() for time in found.times):
        pairs.sort(key=lambda pair: int(pair[0]))
    columns = [name for _, name in pairs]
    later = columns[columns.index(outcome) + 1 :]
    return dict.fromkeys(later, f"holds {found.variable} after {outcome}, so it explains nothing")


def _is_unique(column: TypedColumn) -> bool:
    """Return whether every row has a value of its own."""
    return not column.missing.any() and bool(pd.Series(column.values).is_unique)


def _companions(found: Series, others: Sequence[Series]) -> Iterator[Series]:
    """Yield the other variables that have no other occasions."""
    for other in others:
        if other.pattern != found.pattern and set(other.times) <= set(found.times):
            yield replace(
                other, time=found.time, pattern=re.sub(r"\{\w+\}", f"{{{found.time}}}", other.pattern)
            )


def _numeric(series: Series, columns: Mapping[str, RawColumn], data: DataSpec) -> bool:
    """Return whether all columns of a series are numbers."""
    return all(type_column(columns[name], None, data).kind == "number" for name in series.columns)


def _new_names(together: Sequence[Series], kept: set[str]) -> dict[str, str]:
    """Return for each variable a name that no other column of the long table has."""
    new: dict[str, str] = {}
    for series in together:
        name = series.variable
        while name in kept or name in new.values():
            name += "_"
        new[series.variable] = name
    return new


def _reshape(
    together: Sequence[Series],
    new: dict[str, str],
    asked: Asked,
    columns: Mapping[str, RawColumn],
    table: RawTable,
    data: DataSpec,
) -> WideToLong:
    """Return the key ``reshape.wide_to_long``."""
    found = together[0]
    used = {name for series in together for name in series.columns}
    taken = (set(columns) - used) | set(new.values())
    time = next(name for name in (found.time, "occasion", "occasion_") if name not in taken)
    given: dict[str, object] = {
        "columns": {new[series.variable]: series.pattern for series in together},
        "time": time,
        "id": _identifier(asked, table, used, data),
    }
    if any(_matches(series.pattern, name) for series in together for name in set(columns) - used):
        given["times"] = found.times
    return WideToLong.model_validate(given)


def _matches(pattern: str, name: str) -> bool:
    before, _, rest = pattern.partition("{")
    after = rest.partition("}")[2]
    return re.fullmatch(f"{re.escape(before)}.+{re.escape(after)}", name, re.DOTALL) is not None


def _identifier(asked: Asked, table: RawTable, used: set[str], data: DataSpec) -> str:
    """Return the column that identifies the rows of the wide table, or the name of one that is made.

    If the file has no such column, the group that the user names and the file does not have is made.
    """
    names = [raw.name for raw in table.columns]
    unique = [
        raw.name
        for raw in table.columns
        if raw.name not in used
        and (raw.name in asked.groups or is_unit_name(raw.name))
        and _is_unique(type_column(raw, None, data))
    ]
    if unique:
        return unique[0]
    name = asked.groups[0] if len(asked.groups) == 1 and "/" not in asked.groups[0] else "person"
    name = "person" if name in names else name
    while name in names:
        name += "_"
    return name


class _OptionPlaces(Places):
    """Places of faults where no spec is yet: the data file of the command."""

    def __init__(self) -> None:
        """There is no spec to keep."""

    def data(self, *keys: str | int, offset: int | None = None) -> str:
        """Return the argument of the command, whatever the keys."""
        del keys, offset
        return "DATA"
