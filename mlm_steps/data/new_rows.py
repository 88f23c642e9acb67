"""The rows of another file with the columns of the analysis sample, derived as for it.

Columns get the types that the spec declares. Means, standard deviations and ranks are those of the rows from
which the sample's were computed; a group without rows there has its own rows of the new file instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.assemble import typed_columns
from mlm_steps.data.combine.combined import combine
from mlm_steps.data.complete import complete_rows
from mlm_steps.data.derive.apply import Deriver
from mlm_steps.data.derive.plan import Derivation, plan_derivations
from mlm_steps.data.filter import apply_filters
from mlm_steps.data.levels import number_label
from mlm_steps.data.places import Places
from mlm_steps.data.raw import RawTable, UnreadableFile
from mlm_steps.data.read import format_of, read_table
from mlm_steps.data.types import Misfit, TypedColumn, type_column
from mlm_steps.data.values import ModelUse
from mlm_steps.errors import DataError, Fault, did_you_mean, listing
from mlm_steps.spec import LoadedSpec

__all__ = ["NewRows", "line_of", "new_rows"]

Columns = dict[str, TypedColumn]

TEXT_FORMATS = ("csv", "tsv", "txt")
"""Formats whose rows have line numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """The rows of a new file.

    Attributes
    ----------
    frame : DataFrame, m rows
        The columns that were asked for, and those from which they are derived.
    given : tuple of str
        The columns of the file among them.
    with_own_means : int
        Number of rows whose derived columns use means of the new file, since their group is new.
    """

    frame: pd.DataFrame
    given: tuple[str, ...]
    with_own_means: int


def new_rows(loaded: LoadedSpec, uses: Sequence[ModelUse], path: Path, names: Sequence[str]) -> NewRows:
    """Return the columns ``names`` for the rows of a new file.

    Raises
    ------
    DataError
        With all faults of the file: missing columns, values that do not fit the declared types.
    """
    places, data = Places(loaded), loaded.spec.data
    combined = combine(loaded, places)
    file, _ = typed_columns(combined.table, loaded, places)
    plan = plan_derivations(data.derive, file, places, loaded.unread)
    deriver = Deriver(plan, data, places, file)
    filtered = apply_filters(data.filter, file, combined.table.rows, deriver, places)
    all_rows = data.means_from == "all"
    sample, made = complete_rows(uses, filtered, deriver, means_from_all=all_rows, places=places)
    fitted = {**filtered.columns, **made}
    steps = plan.needed_by(names)
    wanted = [*dict.fromkeys([*names, *(part for step in steps for part in step.parts)])]
    given = tuple(name for name in wanted if name in file)
    table = _read(loaded, path)
    new = _typed(loaded, table, path, fitted, given, names)
    basis = np.ones(len(sample.kept), dtype=bool) if all_rows else sample.kept
    found, own = _derived(deriver, steps, (fitted, new), basis, table.rows)
    if deriver.faults:
        raise DataError(*(Fault(str(path), fault.what, fault.hint) for fault in deriver.faults))
    columns = {name: found[name].values for name in wanted if name in found}
    frame = pd.DataFrame(
        {
            name: pd.Series(each, dtype=object) if each.dtype == object else each
            for name, each in columns.items()
        }
    )
    in_file = tuple(column.name for column in table.columns if column.name in given)
    return NewRows(frame, in_file, own)


def line_of(loaded: LoadedSpec, path: Path, row: int) -> str:
    """Return the place of a row of a new file, counted from 0: its line if the file is text."""
    if format_of(path) in TEXT_FORMATS:
        return f"{path}:{row + 2 + loaded.spec.data.skip}"
    return f"{path}: row {row + 1}"


def _read(loaded: LoadedSpec, path: Path) -> RawTable:
    try:
        return read_table(path, loaded.spec.data)
    except UnreadableFile as found:
        raise DataError(Fault(str(path), found.what, found.hint)) from None


def _typed(
    loaded: LoadedSpec,
    table: RawTable,
    path: Path,
    fitted: Mapping[str, TypedColumn],
    given: Sequence[str],
    names: Sequence[str],
) -> Columns:
    """Return the columns of the new file, each of the kind that it has in the sample."""
    raw = {column.name: column for column in table.columns}
    data, columns, faults = loaded.spec.data, {}, []
    for name in given:
        if name not in raw:
            why = "which the model needs" if name in names else "from which columns of the model are derived"
            hint = did_you_mean(name, raw) or f"its columns are {listing(raw)}"
            faults.append(Fault(line_of(loaded, path, -1), f"there is no column '{name}', {why}", hint))
            continue
        try:
            column = type_column(raw[name], data.columns.get(name), data)
        except Misfit as found:
            if fitted[name].kind == "number":
                faults.append(Fault(str(path), f"'{name}' {found.what}", found.hint))
                continue
            column = type_column(raw[name], None, data)  # a new level is a fault of its row, found later
        alike = _alike(column, fitted[name])
        if alike is None:
            what = f"'{name}' is a number in the data of the fit, but not here"
            faults.append(Fault(str(path), what, f"it holds {column.strays}" if column.strays else None))
        else:
            columns[name] = alike
    if faults:
        raise DataError(*faults)
    return columns


def _alike(column: TypedColumn, fitted: TypedColumn) -> TypedColumn | None:
    """Return a column of the new file as one of the kind of the sample's; None if that is not possible."""
    values = column.values
    if fitted.kind == "number":
        if isinstance(values, pd.Categorical) or values.dtype == object:
            empty = bool(column.missing.all())
            return replace(fitted, values=np.full(len(values), np.nan)) if empty else None
        return replace(fitted, values=values)
    if not isinstance(values, pd.Categorical) and values.dtype != object:
        words = [None if np.isnan(value) else number_label(float(value)) for value in values]
        values = np.array(words, dtype=object)
    if not isinstance(fitted.values, pd.Categorical):
        return replace(fitted, values=np.asarray(values, dtype=object))
    known = list(fitted.values.categories)
    words = [None if pd.isna(value) else str(value) for value in values]
    extra = [word for word in dict.fromkeys(words) if word is not None and word not in set(known)]
    return replace(fitted, values=pd.Categorical(words, categories=[*known, *extra]))


def _derived(
    deriver: Deriver,
    steps: tuple[Derivation, ...],
    parts: tuple[Mapping[str, TypedColumn], Columns],
    basis: NDArray[np.bool_],
    rows: int,
) -> tuple[Columns, int]:
    """Return the new rows' columns with the derived ones, and how many rows use means of the new file."""
    fitted, new = parts
    known = {**new, **deriver.derive(_plain(steps), new, np.ones(rows, dtype=bool))}
    later = tuple(step for step in steps if step.from_basis)
    if not later:
        return known, 0
    both = {name: _joined(fitted[name], column) for name, column in known.items()}
    of_sample = np.concatenate([basis, np.zeros(rows, dtype=bool)])
    made = deriver.derive(later, both, of_sample)
    found = {**known, **{name: _tail(column, rows) for name, column in made.items()}}
    lacking = np.zeros(rows, dtype=bool)
    for step in later:
        if step.name in found:
            complete = ~np.any([found[part].missing for part in step.parts if part in known], axis=0)
            lacking |= found[step.name].missing & complete
    if lacking.any():
        with_new = np.concatenate([basis, lacking])
        again = {name: _tail(column, rows) for name, column in deriver.derive(later, both, with_new).items()}
        for name, column in again.items():
            values = np.where(lacking, column.values, found[name].values)
            found[name] = replace(column, values=values)
    return found, int(lacking.sum())


def _plain(steps: tuple[Derivation, ...]) -> tuple[Derivation, ...]:
    return tuple(step for step in steps if not step.from_basis)


def _joined(fitted: TypedColumn, new: TypedColumn) -> TypedColumn:
    """Return the rows of the sample's data followed by the new ones."""
    if isinstance(fitted.values, pd.Categorical) and isinstance(new.values, pd.Categorical):
        categories = new.values.categories
        if not isinstance(categories, pd.Index) or not set(fitted.values.categories) <= set(categories):
            extra = [each for each in categories if each not in set(fitted.values.categories)]
            categories = pd.Index([*fitted.values.categories, *extra])
        codes = [pd.Categorical(each.values, categories=categories).codes for each in (fitted, new)]
        return replace(fitted, values=pd.Categorical.from_codes(np.concatenate(codes), categories=categories))
    return replace(fitted, values=np.concatenate([fitted.values, new.values]))


def _tail(column: TypedColumn, rows: int) -> TypedColumn:
    return replace(column, values=column.values[len(column.values) - rows :])
