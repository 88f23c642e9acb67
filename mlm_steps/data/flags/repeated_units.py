"""Find units that occur twice: repeated identifiers, and rows that are equal in every column."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.flags.base import DataView, cases, row_numbers
from mlm_steps.data.levels import number_label
from mlm_steps.data.naming import is_id_name
from mlm_steps.data.notices import listed
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import printable
from mlm_steps.records.base import Notice

__all__ = ["find"]

_MOSTLY_UNIQUE = 0.9
"""A column counts as an identifier if its distinct values are at least this share of the rows."""
_MOSTLY_ONCE = 0.5
"""A column named as an identifier counts as one if at least this share of its values occurs once."""
_TIME_NAME = re.compile(
    r"(^|[_. ])(times?|days?|weeks?|months?|years?|wave|occasion|visit|session|date|trial|item|measurement)"
    r"($|[_. 0-9])",
    re.IGNORECASE,
)
_FEW_TIMES = 12
"""A column with at most this many distinct values may distinguish the occasions of repeated units."""
_SEVERAL = 3
"""Only if at least this many units repeat may a column not named as a time distinguish their rows."""
_MOST_SHOWN = 3
"""A notice names at most this many repeated units, so that it stays short."""


def find(view: DataView) -> tuple[Notice, ...]:
    """Return notices on identifiers that repeat and on rows that equal earlier ones."""
    file_rows = view.rows
    equal = _equal_rows(view.frame[list(view.columns)])
    found = []
    for name, column in view.columns.items():
        if name in view.used or not _may_identify(column):
            continue
        codes = _codes(view.frame[name])
        named = is_id_name(name)
        again = _repeats(codes, named=named)
        if again is not None and not _is_separated(view, name, codes[again], again):
            found.append(_notice(column, codes, again, file_rows))
        elif again is None and named:
            found += _repeated_numbers(view, column, codes, file_rows)
    found += _repeated_times(view, file_rows)
    return (*found, *_about_equal_rows(equal, [notice.subject or "" for notice in found], file_rows))


def _may_identify(column: TypedColumn) -> bool:
    """Return whether a column is text, or holds whole numbers and has the name of an identifier."""
    if column.strays is not None and column.strays.signs:
        return False
    if column.kind != "number":
        return True
    values = column.numbers
    return is_id_name(column.name) and bool((np.isnan(values) | (values == np.floor(values))).all())


def _codes(values: pd.Series) -> NDArray[np.intp]:
    """Return the values of a column as codes from 0, -1 where missing, shape (n,)."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy().astype(np.intp)
    return pd.factorize(values.to_numpy())[0].astype(np.intp)


def _repeats(codes: NDArray[np.intp], *, named: bool) -> NDArray[np.bool_] | None:
    """Return the rows with a repeated value, or None if the column is not an identifier or none repeats."""
    sizes = np.bincount(codes[codes >= 0])
    n, distinct, once = int(sizes.sum()), int((sizes > 0).sum()), int((sizes == 1).sum())
    if distinct == n:
        return None
    if distinct >= _MOSTLY_UNIQUE * n or (named and once >= _MOSTLY_ONCE * distinct and 2 * distinct >= n):
        again: NDArray[np.bool_] = (codes >= 0) & (sizes[codes] > 1)
        return again
    return None


def _is_separated(view: DataView, name: str, units: NDArray[np.intp], again: NDArray[np.bool_]) -> bool:
    """Return whether another column, such as the occasion, distinguishes the rows of each repeated unit.

    Parameters
    ----------
    view : DataView
    name : str
        The identifier.
    units : ndarray of int, shape (k,)
        The unit of each row whose unit repeats.
    again : ndarray of bool, shape (n,)
        Whether the unit of each row repeats.
    """
    several = len(np.unique(units)) >= _SEVERAL
    for other in view.columns:
        if other == name:
            continue
        values = _codes(view.frame[other])
        kinds = int(values.max(initial=-1)) + 1
        is_label = view.columns[other].kind != "number" and kinds < _MOSTLY_UNIQUE * len(values)
        if not _TIME_NAME.search(other) and not (several and (kinds <= _FEW_TIMES or is_label)):
            continue
        if len(np.unique(units * (kinds + 1) + values[again])) == len(units):
            return True
    return False


def _repeated_numbers(
    view: DataView, column: TypedColumn, codes: NDArray[np.intp], file_rows: NDArray[np.intp]
) -> Iterator[Notice]:
    """Yield a notice on identifiers that are numbered within groups and occur twice in some group."""
    for factor in view.factors:
        pairs = np.where(codes >= 0, factor.codes * (int(codes.max(initial=0)) + 1) + codes, -1)
        numbered, _ = pd.factorize(np.where(pairs < 0, np.nan, pairs))
        again = _repeats(numbered.astype(np.intp), named=True)
        if again is None or _is_separated(view, column.name, pairs[again], again):
            continue
        of = np.array([f" of {label}" for label in factor.labels])[factor.codes]
        units, shown = _shown(column, pairs, again, file_rows, of)
        text = (
            f"{column.name} looks like an identifier of rows within levels of {factor.name}, but {units} of "
            f"them occur more than once there ({shown}). Rows may have been entered twice."
        )
        yield Notice(code="duplicate_ids", severity="warning", text=text, subject=column.name)
        return


def _notice(
    column: TypedColumn,
    codes: NDArray[np.intp],
    again: NDArray[np.bool_],
    file_rows: NDArray[np.intp],
) -> Notice:
    units, shown = _shown(column, codes, again, file_rows)
    text = (
        f"{column.name} looks like an identifier of rows, but {units} of its values "
        f"{'occurs' if units == 1 else 'occur'} more than once ({shown}). Rows may have been entered twice."
    )
    return Notice(code="duplicate_ids", severity="warning", text=text, subject=column.name)


def _shown(
    column: TypedColumn,
    codes: NDArray[np.intp],
    again: NDArray[np.bool_],
    file_rows: NDArray[np.intp],
    of: NDArray[np.str_] | None = None,
) -> tuple[int, str]:
    """Return the number of repeated units, and text on the first; ``of`` follows the label of each row."""
    units = pd.unique(codes[again])
    places = [np.flatnonzero(codes == unit) for unit in units[:_MOST_SHOWN]]
    shown = [
        f"{_label(column, file_rows[rows[0]])}{'' if of is None else of[rows[0]]} in {cases(file_rows[rows])}"
        for rows in places
    ]
    more = f" and {len(units) - _MOST_SHOWN} more" if len(units) > _MOST_SHOWN else ""
    return len(units), "; ".join(shown) + more


def _label(column: TypedColumn, row: int) -> str:
    if column.kind == "number":
        return number_label(float(column.numbers[row]))
    return printable(str(column.values[row]))


def _repeated_times(view: DataView, file_rows: NDArray[np.intp]) -> Iterator[Notice]:
    """Yield notices on occasions that occur twice in some units of a factor."""
    for factor in view.factors:
        for name in (name for name in view.columns if name in view.used - view.grouping):
            if not _TIME_NAME.search(name):
                continue
            times = _codes(view.frame[name])
            pairs = factor.codes.astype(np.int64) * (int(times.max(initial=0)) + 1) + times
            again = _repeats(pd.factorize(pairs)[0], named=False)
            if again is None or not (factor.sizes > 1).mean() >= _MOSTLY_ONCE:
                continue
            later = file_rows[pd.Series(pairs).duplicated().to_numpy()]
            repeat = "repeats" if len(later) == 1 else "repeat"
            text = (
                f"Nearly every row has a {name} of its own within its {factor.name}, but {cases(later)} "
                f"{repeat} an earlier {factor.name} and {name}: rows may have been entered twice."
            )
            yield Notice(code="duplicate_ids", severity="warning", text=text, subject=name)


def _equal_rows(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows equal an earlier one in all columns, shape (n,)."""
    mixed = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        values = frame[name]
        coded = isinstance(values.dtype, pd.CategoricalDtype)
        plain = values.cat.codes.to_numpy() if coded else values.to_numpy()
        with np.errstate(over="ignore"):
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + pd.util.hash_array(plain, categorize=False)
    equal: NDArray[np.bool_] = pd.Series(mixed).duplicated().to_numpy()
    return equal


def _about_equal_rows(
    equal: NDArray[np.bool_], identifiers: list[str], file_rows: NDArray[np.intp]
) -> Iterator[Notice]:
    """Yield a notice if rows of the sample equal earlier ones in all columns."""
    repeated = int(equal.sum())
    if not repeated:
        return
    rows = row_numbers(file_rows[equal])
    words = "One row equals an earlier one" if repeated == 1 else f"{repeated} rows equal earlier ones"
    why = "if the file has no identifier that may be chance"
    if identifiers:
        why = f"{listed(identifiers)} included, so that it is hardly chance"
    text = f"{words} in every column (row{'s' * (repeated > 1)} {rows}); {why}."
    yield Notice(code="duplicate_rows", severity="warning" if identifiers else "info", text=text)
