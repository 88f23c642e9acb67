"""Check that the data meet each model's requirements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mlm_steps.data.hierarchy import DataHierarchy
from mlm_steps.data.notices import conflict_text
from mlm_steps.data.places import Places, nearest
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.values import LARGEST, ModelUse
from mlm_steps.errors import DataError, Fault
from mlm_steps.records.response import Response
from mlm_steps.spec import LoadedSpec

__all__ = ["check_levels", "check_names", "check_uses"]

_QUANTITIES = ("center", "mean", "standardize", "sd")
"""Ways to derive a column whose results are quantities and never the labels of categories."""
CATEGORIES = ("category", "ordered")
"""Kinds of columns that a binomial model takes as outcomes of two levels."""
MOST_UNKNOWN = 40
"""At most this many unknown names are compared with all column names; thousands would take minutes."""


def check_names(
    loaded: LoadedSpec,
    uses: Sequence[ModelUse],
    columns: Mapping[str, TypedColumn],
    places: Places,
) -> list[Fault]:
    """Return faults for names in ``columns`` and in the models that are not columns of the data."""
    known = dict.fromkeys([*columns, *loaded.spec.data.derive])
    faults: list[Fault] = []
    for name, spec in loaded.spec.data.columns.items():
        made = loaded.spec.data.derive.get(name)
        if made and made.kind in _QUANTITIES and spec.type not in (None, "number"):
            what = f"'{name}' is derived, so it is a number"
            faults.append(Fault(places.data("columns", name, "type"), what))
    unknown: list[tuple[str | None, str]] = [
        (None, name) for name in loaded.spec.data.columns if name not in known
    ]
    unknown += [(use.name, name) for use in uses for name in use.variables if name not in known]
    unknown = [(model, name) for model, name in unknown if name not in loaded.unread]
    for model, name in unknown[:MOST_UNKNOWN]:
        at = places.formula(model, name) if model else places.data("columns", name)
        faults.append(Fault(at, f"there is no column '{name}'", nearest(name, known)))
    if len(unknown) > MOST_UNKNOWN:
        what = f"{len(unknown) - MOST_UNKNOWN} more names are not columns"
        faults.append(Fault(places.data("file"), what, "is it the right file?"))
    return faults


def check_uses(uses: Sequence[ModelUse], columns: Mapping[str, TypedColumn], places: Places) -> list[Fault]:
    """Return a fault for each column whose values no model can use in the role it has."""
    faults: dict[str, Fault] = {}
    for use in uses:
        for name in (name for name in use.variables if name in columns and name not in faults):
            found = _objection(name, use, columns[name])
            if found:
                faults[name] = Fault(places.formula(use.name, name), *found)
    return list(faults.values())


def _objection(name: str, use: ModelUse, column: TypedColumn) -> tuple[str, str | None] | None:
    """Return the problem with one column in one model, and a hint; None if there is none."""
    role = _role(name, use)
    grouping = any(name in group for group in use.groups)
    if column.missing.all():
        return f"'{name}' has no values", "check the missing-value markers (data.na)"
    if column.strays and column.kind == "number":
        return f"'{name}' has a value that is not finite: {column.strays}", column.strays.hint
    if column.kind == "number" and _too_large(column):
        return f"'{name}' holds numbers beyond {LARGEST:g}, whose squares cannot be computed", "rescale it"
    if column.strays and (role or (not grouping and not column.declared)):
        what = f"{role} '{name}' is text" if role else f"'{name}' is text"
        keeps = (column.strays.signs or column.strays.ordinary) and not role
        labels = "; type: category keeps them as labels" if keeps else ""
        return f"{what}: among its numbers it holds {column.strays}", column.strays.hint + labels
    if role == "exposure" and column.missing.any():
        row = int(np.argmax(column.missing)) + 1
        return f"the exposure '{name}' is missing in row {row}", "it is a positive number in every row"
    if role == "outcome" and use.response.takes_trials and column.kind in CATEGORIES:
        return None
    if role and column.kind != "number":
        what = f"{role} '{name}' is {'a group' if column.kind == 'group' else 'text'}, not a number"
        return f"{what}: it holds {_examples(column)}", _number_hint(column, role, use.response)
    if column.kind == "text" and not grouping:
        return f"'{name}' is declared as text, which no model can use", "declare type: category"
    return None


def _role(name: str, use: ModelUse) -> str | None:
    """Return the role of a column that has to be a number, or None."""
    if name in use.outcomes:
        return "outcome"
    roles = {use.weights: "weights", use.response.trials: "trials", use.response.exposure: "exposure"}
    return roles.get(name)


def _too_large(column: TypedColumn) -> bool:
    values = np.asarray(column.values, dtype=np.float64)
    return bool(np.nanmax(np.abs(values), initial=0.0) > LARGEST)


def _examples(column: TypedColumn) -> str:
    values = column.values
    words = list(values.categories) if isinstance(values, pd.Categorical) else [v for v in values[:50] if v]
    shown = [f"'{word}'" for word in dict.fromkeys(map(str, words))]
    return ", ".join(shown[:3]) + (", …" if len(shown) > 3 else "")


def _number_hint(column: TypedColumn, role: str, response: Response) -> str:
    hint = "a linear mixed model needs numbers" if response.linear else f"{role} must be numbers"
    values = column.values
    two = isinstance(values, pd.Categorical) and len(values.categories) == 2
    if role == "outcome" and response.linear and two:
        hint += "; family: binomial models an outcome of two categories"
    return f"{hint}; type: number uses the numbers that the labels stand for" if column.coded else hint


def check_levels(
    loaded: LoadedSpec,
    uses: Sequence[ModelUse],
    hierarchy: DataHierarchy,
    places: Places,
) -> None:
    """Refuse grouping factors with one level and, if the spec says so, contradicted level declarations.

    Raises
    ------
    DataError
    """
    faults = []
    for factor, group in zip(hierarchy.factors, hierarchy.groups, strict=True):
        if factor.n_levels == 1:
            use = next(u for u in uses if factor.name in (":".join(group) for group in u.groups))
            only = group.labels[0]
            at = places.formula(use.name, factor.name.split(":")[0])
            what = f"grouping factor '{factor.name}' has one level in the sample, '{only}'"
            faults.append(Fault(at, what, "a variance between groups needs at least two groups"))
    if loaded.spec.data.level_conflict == "error":
        faults += [
            Fault(places.level(level.variable), conflict_text(level, rank), _CONFLICT_HINT)
            for level, rank in hierarchy.conflicts
        ]
    if faults:
        raise DataError(*faults)


_CONFLICT_HINT = "correct the data, or set data.level_conflict: warn to continue"
