"""Make the analysis sample: read and combine files, type and derive columns, keep complete rows.

The order of work is that of `assemble`: files are read, stacked, joined and reshaped as raw tables; columns
get their types; then come derived columns, the common sample, and the description of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.checks import check_levels, check_names, check_uses
from mlm_steps.data.combine.combined import Combined, combine
from mlm_steps.data.complete import complete_rows
from mlm_steps.data.derive.apply import Deriver
from mlm_steps.data.derive.plan import Derivation, plan_derivations
from mlm_steps.data.describe import describe_columns
from mlm_steps.data.filter import Filtered, apply_filters
from mlm_steps.data.flags import DataView, find_flags
from mlm_steps.data.hierarchy import DataHierarchy, inspect_hierarchy
from mlm_steps.data.notices import about_loss
from mlm_steps.data.occasions import check_occasions, with_occasions
from mlm_steps.data.places import Places
from mlm_steps.data.raw import RawTable
from mlm_steps.data.read import file_hash
from mlm_steps.data.sample import CommonSample, sample_hash
from mlm_steps.data.types import Misfit, TypedColumn, type_column
from mlm_steps.data.values import Analysis, ModelUse, linear_outcomes
from mlm_steps.errors import DataError, Fault
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import ColumnProfile, DataProfile, FileProfile, PreparationStep
from mlm_steps.spec import LoadedSpec

__all__ = ["ReadData", "assemble", "read_data", "typed_columns"]


@dataclass(frozen=True, slots=True, eq=False)
class ReadData:
    """The combined table of a spec with its typed columns, from which several samples can be made.

    Attributes
    ----------
    combined : Combined
    columns : mapping of str to TypedColumn
    misfits : mapping of str to Fault
        A fault for each column that contradicts its declared type.
    """

    combined: Combined
    columns: Mapping[str, TypedColumn]
    misfits: Mapping[str, Fault]


def read_data(loaded: LoadedSpec) -> ReadData:
    """Return the combined table of a spec with its typed columns; raise DataError if a file has faults."""
    places = Places(loaded)
    combined = combine(loaded, places)
    return ReadData(combined, *typed_columns(combined.table, loaded, places))


def assemble(loaded: LoadedSpec, uses: Sequence[ModelUse], read: ReadData | None = None) -> Analysis:
    """Return the analysis sample of a spec and its data profile.

    Parameters
    ----------
    loaded : LoadedSpec
    uses : sequence of ModelUse
        One for each rung and each prelude model. The common sample holds the rows that are complete for all
        of them.
    read : ReadData, optional
        The table of the spec if it was read before; otherwise it is read.

    Raises
    ------
    DataError
        With all faults of the file, its columns, the derived columns and the sample.
    """
    places, data = Places(loaded), loaded.spec.data
    read = read or read_data(loaded)
    combined, columns, misfits = read.combined, dict(read.columns), read.misfits
    table = combined.table
    plan = plan_derivations(data.derive, columns, places, loaded.unread)
    deriver = Deriver(plan, data, places, columns)
    deriver.broken |= misfits.keys()
    filtered = apply_filters(data.filter, columns, table.rows, deriver, places)
    fitting = {name: column for name, column in filtered.columns.items() if name not in misfits}
    unknown = check_names(loaded, uses, columns, places)
    faults = [*misfits.values(), *plan.faults, *filtered.faults, *deriver.faults]
    faults += [*unknown, *check_uses(uses, fitting, places), *check_occasions(data, columns, places)]
    if unknown or plan.faults:  # the columns may be on another sheet: show the notices on the file
        faults += [Fault(places.data("file"), notice.text) for notice in table.notices if not notice.subject]
    if faults or loaded.unread or plan.broken or filtered.unread:
        raise DataError(*faults, *loaded.faults)  # the spec's faults tell which parts could not be read
    all_rows = data.means_from == "all"
    sample, made = complete_rows(uses, filtered, deriver, means_from_all=all_rows, places=places)
    faults = check_uses(uses, made, places)
    if faults:
        raise DataError(*faults)
    everything = {**filtered.columns, **made}
    frame, lost_levels = _frame(everything, sample.kept)
    hierarchy = inspect_hierarchy(loaded.spec, uses, frame, everything, sample.kept)
    check_levels(loaded, uses, hierarchy, places)
    found = [*table.notices, *(notice for column in everything.values() for notice in column.notices)]
    found += [*lost_levels, *deriver.notices]
    used = plan.bases(name for use in uses for name in use.variables)
    view = _view(uses, plan.planned, filtered, frame, sample, hierarchy, used)
    notices = (
        *about_loss(len(filtered.rows), len(frame), sample.lost),
        *(notice for notice in found if notice.subject is None or notice.subject in used),
        *hierarchy.notices,
        *find_flags(view),
    )
    described = describe_columns(
        frame, everything, plan.planned, uses, loaded.spec.declared_levels, filtered.made
    )
    steps = (*combined.steps, *filtered.steps)
    profile = _profile(loaded, described, table.rows, view.rows, sample, hierarchy, notices, steps)
    if data.occasions is not None:
        profile = with_occasions(profile, data.occasions, everything, sample.kept, filtered.rows, places)
    return Analysis(frame, profile, view.rows)


def typed_columns(
    table: RawTable, loaded: LoadedSpec, places: Places
) -> tuple[dict[str, TypedColumn], dict[str, Fault]]:
    """Return the typed columns, and a fault for each column that contradicts its declared type."""
    data = loaded.spec.data
    columns: dict[str, TypedColumn] = {}
    misfits: dict[str, Fault] = {}
    for raw in table.columns:
        try:
            columns[raw.name] = type_column(raw, data.columns.get(raw.name), data)
        except Misfit as found:
            at = places.column(raw.name, found.key)
            misfits[raw.name] = Fault(at, f"'{raw.name}' {found.what}", found.hint)
            columns[raw.name] = type_column(raw, None, data)
    return columns, misfits


def _view(
    uses: Sequence[ModelUse],
    planned: Sequence[Derivation],
    filtered: Filtered,
    frame: pd.DataFrame,
    sample: CommonSample,
    hierarchy: DataHierarchy,
    used: frozenset[str],
) -> DataView:
    """Return the data that the flags check."""
    groups = [part for use in uses for group in use.groups for part in group]
    groups += [part for step in planned for part in step.within]
    return DataView(
        columns=filtered.columns,
        used=used,
        outcomes=linear_outcomes(uses),
        grouping=frozenset(groups) & filtered.columns.keys(),
        frame=frame,
        factors=hierarchy.groups,
        rows=filtered.rows[sample.kept],
    )


def _frame(columns: Mapping[str, TypedColumn], kept: NDArray[np.bool_]) -> tuple[pd.DataFrame, list[Notice]]:
    """Return all columns on the kept rows, without levels that have no rows there."""
    everything = bool(kept.all())
    series: dict[str, object] = {}
    notices: list[Notice] = []
    for name, column in columns.items():
        values = column.values if everything else column.values[kept]
        if isinstance(values, pd.Categorical):
            used = values.remove_unused_categories()
            notices += _lost_levels(column, values, used)
            values = used
        series[name] = pd.Series(values, dtype=object) if column.kind == "text" else values
    return pd.DataFrame(series, copy=False), notices


def _lost_levels(column: TypedColumn, before: pd.Categorical, after: pd.Categorical) -> list[Notice]:
    """Return a notice on levels without rows, a warning if the reference level is one of them."""
    left = set(after.categories)
    lost = [level for level in before.categories if level not in left]
    if not lost or column.kind not in ("category", "ordered"):
        return []
    text = f"{column.name} has no rows with {', '.join(lost[:5])} in the sample"
    reference = before.categories[0]
    if reference in lost and len(after.categories):
        text += f", its reference level; the reference is now {after.categories[0]}"
    severe: Literal["info", "warning"] = "warning" if reference in lost else "info"
    return [Notice(code="unused_levels", severity=severe, text=text + ".", subject=column.name)]


def _profile(
    loaded: LoadedSpec,
    columns: tuple[ColumnProfile, ...],
    table_rows: int,
    rows: NDArray[np.intp],
    sample: CommonSample,
    hierarchy: DataHierarchy,
    notices: tuple[Notice, ...],
    steps: tuple[PreparationStep, ...],
) -> DataProfile:
    files = tuple(FileProfile(file=file, sha256=file_hash(path)) for file, path in loaded.paths.items())
    kept = np.zeros(table_rows, dtype=bool)
    kept[rows] = True
    return DataProfile(
        file=files[0].file,
        file_hash=files[0].sha256,
        rows_file=len(sample.kept),
        rows=len(rows),
        sample_hash=sample_hash(kept),
        columns=columns,
        lost=sample.lost,
        factors=hierarchy.factors,
        variable_levels=hierarchy.variable_levels,
        nesting=hierarchy.nesting,
        notices=notices,
        files=files,
        preparation=steps if len(steps) > 1 or steps[0].counts else (),
    )
