"""Survey an undescribed data file: which columns could explain the outcome, and at which level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data import cells
from mlm_steps.data.candidates import Candidate, PredictorSearch, is_unwritable
from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.hierarchy import numbered
from mlm_steps.data.places import nearest
from mlm_steps.data.raw import RawTable, TextColumn, UnreadableFile
from mlm_steps.data.read import format_of, read_table
from mlm_steps.data.types import Misfit, TypedColumn, type_column
from mlm_steps.data.variation import varying_groups
from mlm_steps.errors import DataError, Fault, UsageError
from mlm_steps.spec import ColumnSpec, DataSpec

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """The results of a survey.

    Attributes
    ----------
    data : DataSpec
        How to read the file: encoding, decimal mark, missing-value markers.
    outcome_is_coded : bool
        Whether the outcome has to be declared a number.
    rows, groups : int
        Rows in which outcome and group are present, and the groups in these rows.
    rows_file : int
        All rows of the file.
    candidates : tuple of Candidate
        Columns that were taken, in the order of the file or of the request.
    skipped : tuple of (str, str)
        Columns that were skipped, and the reasons.
    labels : mapping of str to str
        The file's column labels.
    about_file : tuple of str
        Sentences on the file as a whole, such as which sheet was read.
    without : mapping of str to int
        Number of rows in which the outcome or the group is missing, by column name.
    """

    data: DataSpec
    outcome_is_coded: bool
    rows: int
    groups: int
    rows_file: int
    candidates: tuple[Candidate, ...]
    skipped: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]
    about_file: tuple[str, ...]
    without: Mapping[str, int]


def survey(
    path: Path,
    outcome: str,
    group: str,
    level_1: Sequence[str] | None = None,
    level_2: Sequence[str] | None = None,
    sheet: str | None = None,
) -> Survey:
    """Return the columns of a file that could explain an outcome.

    Parameters
    ----------
    path : Path
    outcome, group : str
        Columns.
    level_1, level_2 : sequence of str, optional
        Predictors to take; by default they are detected.
    sheet : str, optional
        Sheet of a workbook; by default the first.

    Raises
    ------
    DataError
        The file cannot be read.
    UsageError
        A column does not exist, or cannot be used in its role.
    """
    data, table = _readable(path, sheet)
    columns = {raw.name: type_column(raw, None, data) for raw in table.columns}
    about_file = tuple(notice.text for notice in table.notices if not notice.subject)
    _check_columns(columns, outcome, group, level_1, level_2, about_file)
    coded = columns[outcome].kind != "number"
    y = _outcome(table, outcome, data)
    there = ~np.isnan(y) & ~columns[group].missing
    factor = _factor(columns[group], there)
    _check_parts(y[there], outcome, factor)
    given = dict.fromkeys(level_1 or (), 1) | dict.fromkeys(level_2 or (), 2)
    spare = {n: c for n, c in columns.items() if n not in (outcome, group)}
    search = PredictorSearch(spare, y, there, factor)
    ranks = {rank for rank, names in ((1, level_1), (2, level_2)) if names is None}
    search.take(given)
    search.find({name for name in spare if name not in given}, ranks)
    without = {outcome: int(np.isnan(y).sum()), group: int(columns[group].missing.sum())}
    return Survey(
        data=data,
        outcome_is_coded=coded,
        rows=int(there.sum()),
        groups=len(factor.labels),
        rows_file=table.rows,
        candidates=tuple(search.taken),
        skipped=tuple(search.skipped),
        labels={name: column.label for name, column in columns.items() if column.label},
        about_file=about_file,
        without={name: rows for name, rows in without.items() if rows},
    )


def _readable(path: Path, sheet: str | None) -> tuple[DataSpec, RawTable]:
    """Return how to read a file, and its columns."""
    if sheet is not None and path.suffix.lower() != ".xlsx":
        raise UsageError(Fault("--sheet", "only a workbook (.xlsx) has sheets"))
    data = DataSpec(file=path.name, sheet=sheet)
    try:
        table = read_table(path, data)
    except UnreadableFile as found:
        refusal = DataError(Fault(str(path), found.what, found.hint))
        if format_of(path) not in ("csv", "tsv"):
            raise refusal from None
        data = data.model_copy(update={"encoding": "cp1252"})
        try:
            table = read_table(path, data)
        except UnreadableFile:
            raise refusal from None
    texts = [raw for raw in table.columns if isinstance(raw, TextColumn) and raw.cells]
    data = data.model_copy(update={"decimal": _decimal(texts, data)})
    markers = _unknown_markers(texts, data)
    return data.model_copy(update={"na": (*data.na, *markers)}), table


def _decimal(texts: Sequence[TextColumn], data: DataSpec) -> str:
    """Return the comma if a column has decimal commas and no column has decimal points, else the point."""
    spelt = {".": 0, ",": 0}
    for raw in texts:
        values = cells.mark_missing(raw.values, data.na)
        point, comma = (not cells.as_numbers(values, mark)[1].any() for mark in ".,")
        if not point and cells.signs_among_digits(values.filter(cells.as_numbers(values)[1])):
            continue  # 51,940 has a separator of thousands
        spelt["."] += point and not comma
        spelt[","] += comma and not point
    return "," if spelt[","] and not spelt["."] else "."


def _unknown_markers(texts: Sequence[TextColumn], data: DataSpec) -> list[str]:
    """Return words without digits in columns of numbers, such as ``n/a`` or ``.``."""
    found: dict[str, None] = {}
    for raw in texts:
        if type_column(raw, None, data).strays is None:
            continue
        values = cells.mark_missing(raw.values, data.na)
        words = values.filter(cells.as_numbers(values, data.decimal)[1]).unique().to_pylist()
        plain = [word.strip() for word in words if not any(sign.isdigit() for sign in word)]
        if len(plain) == len(words) <= 3:
            found |= dict.fromkeys(plain)
    return list(found)


def _check_columns(
    columns: Mapping[str, TypedColumn],
    outcome: str,
    group: str,
    level_1: Sequence[str] | None,
    level_2: Sequence[str] | None,
    about_file: Sequence[str],
) -> None:
    asked = [("--outcome", outcome), ("--group", group)]
    asked += [("--level-1", name) for name in level_1 or ()] + [("--level-2", name) for name in level_2 or ()]
    faults = [
        Fault(option, f"there is no column '{name}'", nearest(name, columns))
        for option, name in asked
        if name not in columns
    ]
    faults += [Fault("DATA", text, "use the option --sheet") for text in about_file if faults]
    faults += [
        Fault(option, f"'{name}' is given twice")
        for place, (option, name) in enumerate(asked)
        if name in [earlier for _, earlier in asked[:place]]
    ]
    faults += [
        Fault(option, f"'{name}' cannot be written in a formula", "rename it in the file")
        for option, name in asked
        if is_unwritable(name)
    ]
    if faults:
        raise UsageError(*faults)


def _outcome(table: RawTable, outcome: str, data: DataSpec) -> NDArray[np.float64]:
    raw = next(raw for raw in table.columns if raw.name == outcome)
    try:
        return type_column(raw, ColumnSpec(type="number"), data).numbers
    except Misfit as found:
        raise UsageError(Fault("--outcome", f"'{outcome}' is text: it {found.what}", found.hint)) from None


def _factor(column: TypedColumn, there: NDArray[np.bool_]) -> CodedFactor:
    return make_factor([column.name], [numbered(pd.Series(column.values[there]))])


def _check_parts(y: NDArray[np.float64], outcome: str, factor: CodedFactor) -> None:
    if not len(y):
        raise UsageError(Fault("--outcome", f"no row has both '{outcome}' and '{factor.name}'"))
    if not np.ptp(y):
        raise UsageError(Fault("--outcome", f"'{outcome}' has only one value"))
    if len(factor.labels) == 1:
        raise UsageError(
            Fault("--group", f"'{factor.name}' has only one level", "name another grouping column")
        )
    if len(factor.labels) == len(y):
        what = f"'{factor.name}' has a different level in each row"
        raise UsageError(Fault("--group", what, "name a column with several rows per value"))
    if not varying_groups(y, factor).any():
        what = f"'{outcome}' does not vary within any level of '{factor.name}'"
        raise UsageError(Fault("--outcome", what, "the outcome must vary between the rows of a group"))
