"""The Table value, its CSV form and the codes of empty cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Protocol, cast

from mlm_steps.records import Coefficient, Icc, RandomParameter, VarianceMeasure
from mlm_steps.records.csv_text import csv_text
from mlm_steps.records.run import RunRecords

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NOT_COMPUTED",
    "NOT_ESTIMABLE",
    "SEPARATION",
    "TEST",
    "Cell",
    "Codes",
    "Table",
    "TableMaker",
    "as_cell",
    "frame_rows",
    "infinite",
    "join_pairs",
    "limit_codes",
    "table_of",
]

Cell = str | int | float | bool | None
Codes = Mapping[str, str]

TEST = ("estimate", "se", "df", "df_method", "statistic", "p", "ci_low", "ci_high")
"""The columns that hold an estimate and its test."""
NULL_CODES = "null_codes"
NOT_ESTIMABLE, NOT_REQUESTED = "not_estimable", "not_requested"
SEPARATION = "separation"
"""The code of a coefficient that is infinite, and of the empty cells of its row."""
NOT_COMPUTED = "not_computed"
"""The code of an empty cell that no key of the spec fills. ``not_requested`` means that a key fills it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of unrounded values under named columns.

    Attributes
    ----------
    name : str
        The name of the file.
    columns : tuple of str
        The last one is ``null_codes``: the reasons for empty cells of the row, as ``column=code; …``.
    rows : tuple of tuple
        One value per column: text, integer, float, boolean, or None.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def to_csv(self) -> str:
        """Return the table as CSV: UTF-8 text, commas, LF, floats with all their digits, None empty.

        Text is written unchanged, even if it starts with ``=`` or ``+``: it may be a level of the data.
        Import the file as text in a spreadsheet that runs formulas.
        """
        # The writer turns other values into the text of _text itself, without a call of Python for each.
        rows = (_without_booleans(row) if bool in map(type, row) else row for row in self.rows)
        return csv_text(chain([self.columns], rows))

    def column(self, name: str) -> tuple[Cell, ...]:
        """Return the values of one column; ValueError if no column has this name."""
        position = self.columns.index(name)
        return tuple(row[position] for row in self.rows)


class TableMaker(Protocol):
    """A function that makes one table from all records of a run."""

    def __call__(self, run: RunRecords) -> Table:
        """Return the table of a run; it has no rows if it does not apply to the run."""
        ...


def table_of(name: str, columns: Sequence[str], rows: Iterable[tuple[Mapping[str, Cell], Codes]]) -> Table:
    """Return the table of rows given by column, each with the codes of its empty cells.

    ValueError for an empty cell without a code, and for a float that is not finite unless it is infinite by
    separation.
    """
    known = frozenset(columns)
    made = tuple(_row(columns, known, cells, codes) for cells, codes in rows)
    return Table(name, (*columns, NULL_CODES), made)


def limit_codes(row: Coefficient | RandomParameter | Icc | VarianceMeasure) -> Codes:
    """Return the codes of an interval's limits.

    The code of a limit that is a number, for example the bound of the parameter, is named ``ci_low[limit]``
    or ``ci_high[limit]``.
    """
    codes: dict[str, str] = {}
    limits = {"ci_low": (row.ci_low, row.ci_low_code), "ci_high": (row.ci_high, row.ci_high_code)}
    for name, (limit, code) in limits.items():
        if limit is None:
            why = getattr(row, "code", None) if isinstance(row, Coefficient) else None
            codes[name] = code or why or (NOT_REQUESTED if row.ci_method == NOT_REQUESTED else NOT_ESTIMABLE)
        elif code is not None:
            codes[f"{name}[limit]"] = code
    return codes


def infinite(value: float | None) -> bool:
    """Return whether a number is infinite, which a table allows only with the code ``separation``."""
    return value is not None and math.isinf(value)


def join_pairs(pairs: Iterable[tuple[str, Cell]]) -> str:
    """Return ``name=value; name=value``, the form of several values in one cell."""
    return "; ".join(f"{name}={_text(value)}" for name, value in pairs)


def as_cell(value: object) -> Cell:
    """Return a value of a data frame as a cell: numpy scalars become Python scalars, NaN becomes None."""
    if value is None or type(value) in (str, int, bool):  # most values; looking for a method takes longer
        return cast("Cell", value)
    plain = value.item() if type(value) is not float and hasattr(value, "item") else value
    if isinstance(plain, float):
        return None if math.isnan(plain) else plain
    if plain is None or isinstance(plain, str | int | bool):
        return plain
    raise TypeError(f"no cell can hold {type(plain).__name__}")


def frame_rows(frame: pd.DataFrame, columns: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of a data frame that has these columns and the codes of its empty cells."""
    cells = [[as_cell(value) for value in frame[name].tolist()] for name in (*columns, NULL_CODES)]
    yield from zip(*cells, strict=True)


def _row(
    columns: Sequence[str], known: frozenset[str], cells: Mapping[str, Cell], codes: Codes
) -> tuple[Cell, ...]:
    values = tuple(map(cells.__getitem__, columns))
    empty = [column for column, value in zip(columns, values, strict=True) if value is None]
    bare = [column for column in empty if column not in codes]
    if bare:
        raise ValueError(f"empty cells without a code: {', '.join(bare)}")
    not_finite = [
        (column, value)
        for column, value in zip(columns, values, strict=True)
        if isinstance(value, float) and not isfinite(value)
    ]
    for column, value in not_finite:
        if math.isnan(value) or codes.get(column) != SEPARATION:
            raise ValueError(f"{column} is {value}")
    filled = known.difference(empty, dict(not_finite))
    return (*values, join_pairs((column, code) for column, code in codes.items() if column not in filled))


def _without_booleans(row: Iterable[Cell]) -> list[Cell]:
    return [_text(value) if value is True or value is False else value for value in row]


def _text(value: Cell) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
