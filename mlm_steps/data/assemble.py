"""Make the analysis sample: read and combine files, type and derive columns, keep complete rows.

The order of work is that of `assemble`: files are read, stacked, joined and reshaped as raw tables; columns
get their types; then come derived columns, the common sample, and the description of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.checks import check_levels, check_names, check_uses
from mlm_steps.data.combine.combined import combine
from mlm_steps.data.derive import Derivation, derive, group_codes, plan_derivations, standing_columns
from mlm_steps.data.describe import describe_columns
from mlm_steps.data.flags import DataView, find_flags
from mlm_steps.data.hierarchy import DataHierarchy, inspect_hierarchy
from mlm_steps.data.notices import about_loss
from mlm_steps.data.places import Places
from mlm_steps.data.raw import RawTable
from mlm_steps.data.read import file_hash
from mlm_steps.data.sample import CommonSample, common_sample, sample_hash
from mlm_steps.data.types import Misfit, TypedColumn, type_column
from mlm_steps.data.values import Analysis, ModelUse
from mlm_steps.errors import DataError, Fault
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import DataProfile, FileProfile, PreparationStep
from mlm_steps.spec import LoadedSpec

__all__ = ["assemble"]


def assemble(loaded: LoadedSpec, uses: Sequence[ModelUse]) -> Analysis:
    """Return the analysis sample of a spec and its data profile.

    Parameters
    ----------
    loaded : LoadedSpec
    uses : sequence of ModelUse
        One for each rung and each prelude model. The common sample holds the rows that are complete for all
        of them.

    Raises
    ------
    DataError
        With all faults of the file, its columns, the derived columns and the sample.
    """
    places = Places(loaded)
    combined = combine(loaded, places)
    table = combined.table
    columns, misfits = _typed(table, loaded, places)
    planned, derive_faults = plan_derivations(loaded.spec.data.derive, columns, places)
    fitting = {name: column for name, column in columns.items() if name not in misfits}
    unknown = check_names(loaded, uses, columns, places)
    faults = [*misfits.values(), *derive_faults, *unknown, *check_uses(uses, fitting, places)]
    if unknown or derive_faults:  # the columns may be on another sheet: show the notices on the file
        faults += [Fault(places.data("file"), notice.text) for notice in table.notices if not notice.subject]
    if faults or loaded.unread:
        raise DataError(*faults, *loaded.faults)  # the spec's faults tell which parts could not be read
    sample = _sample(uses, columns, planned, table.rows, places)
    basis = sample.kept if loaded.spec.data.means_from == "analysis" else np.ones(table.rows, dtype=bool)
    made, made_notices = derive(planned, columns, basis, places)
    frame, lost_levels = _frame(columns, made, sample.kept)
    hierarchy = inspect_hierarchy(loaded.spec, uses, frame, columns, sample.kept)
    check_levels(loaded, uses, hierarchy, places)
    found = [*table.notices, *(notice for column in columns.values() for notice in column.notices)]
    found += [*lost_levels, *made_notices]
    used = frozenset(column for use in uses for name in use.variables for column in _bases(name, planned))
    notices = (
        *about_loss(table.rows, len(frame), sample.lost),
        *(notice for notice in found if notice.subject is None or notice.subject in used),
        *hierarchy.notices,
        *find_flags(_view(uses, columns, planned, frame, sample, hierarchy, used)),
    )
    profile = _profile(loaded, uses, columns, planned, frame, sample, hierarchy, notices, combined.steps)
    return Analysis(frame, profile, np.flatnonzero(sample.kept))


def _typed(
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
    columns: Mapping[str, TypedColumn],
    planned: Sequence[Derivation],
    frame: pd.DataFrame,
    sample: CommonSample,
    hierarchy: DataHierarchy,
    used: frozenset[str],
) -> DataView:
    """Return the data that the flags check."""
    groups = [part for use in uses for group in use.groups for part in group]
    groups += [part for step in planned for part in step.within]
    return DataView(
        columns=columns,
        used=used,
        outcomes=tuple(dict.fromkeys(name for use in uses for name in use.outcomes)),
        grouping=frozenset(groups) & columns.keys(),
        frame=frame,
        factors=hierarchy.groups,
        kept=sample.kept,
    )


def _bases(name: str, planned: Sequence[Derivation]) -> frozenset[str]:
    """Return a column, and the columns of the file that it is derived from."""
    return frozenset({name}).union(*(step.sources for step in planned if step.name == name))


def _sample(
    uses: Sequence[ModelUse],
    columns: Mapping[str, TypedColumn],
    planned: tuple[Derivation, ...],
    rows: int,
    places: Places,
) -> CommonSample:
    """Return the rows that are complete on the variables of all models."""
    names = list(dict.fromkeys(name for use in uses for name in use.variables))
    standing = standing_columns(planned, names)
    needed = dict.fromkeys(column for name in names for column in sorted(standing[name]))
    missing = {name: columns[name].missing for name in needed}
    factors = {
        ":".join(group): group_codes([columns[part] for part in group], rows)
        for use in uses
        for group in use.groups
        if all(part in columns for part in group)
    }
    return common_sample(missing, factors, rows, places.data("file"))


def _frame(
    columns: Mapping[str, TypedColumn], made: Mapping[str, NDArray[np.float64]], kept: NDArray[np.bool_]
) -> tuple[pd.DataFrame, list[Notice]]:
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
    series |= {name: x if everything else x[kept] for name, x in made.items()}
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
    uses: Sequence[ModelUse],
    columns: Mapping[str, TypedColumn],
    planned: tuple[Derivation, ...],
    frame: pd.DataFrame,
    sample: CommonSample,
    hierarchy: DataHierarchy,
    notices: tuple[Notice, ...],
    steps: tuple[PreparationStep, ...],
) -> DataProfile:
    files = tuple(FileProfile(file=file, sha256=file_hash(path)) for file, path in loaded.paths.items())
    return DataProfile(
        file=files[0].file,
        file_hash=files[0].sha256,
        rows_file=len(sample.kept),
        rows=len(frame),
        sample_hash=sample_hash(sample.kept),
        columns=describe_columns(frame, columns, planned, uses, loaded.spec.declared_levels),
        lost=sample.lost,
        factors=hierarchy.factors,
        variable_levels=hierarchy.variable_levels,
        nesting=hierarchy.nesting,
        notices=notices,
        files=files,
        preparation=steps if len(steps) > 1 or steps[0].counts else (),
    )
