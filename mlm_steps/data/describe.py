"""Describe each column of the analysis sample, with a hash of its values."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from mlm_steps.data.derive.plan import Derivation
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.values import ModelUse
from mlm_steps.records.data_profile import ColumnProfile, ContrastDetail

__all__ = ["describe_columns"]

_OF_SEVERAL_ROWS = ("lag", "time_since_first")
"""Ways to derive a column from other rows of the group, which a filter may remove."""


def describe_columns(
    frame: pd.DataFrame,
    columns: Mapping[str, TypedColumn],
    planned: Sequence[Derivation],
    uses: Sequence[ModelUse],
    declared: Mapping[str, int],
    before_filters: Collection[str] = (),
) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column of the analysis sample, in its order.

    ``columns`` holds those of the file and the derived ones. ``before_filters`` are derived columns that a
    filter names.
    """
    used = {name for use in uses for name in use.variables}
    grouping = {part for use in uses for group in use.groups for part in group}
    made = {step.name: step for step in planned}
    missing = {name: column.missing for name, column in columns.items()}
    found = []
    for name in frame.columns:
        column = columns[name]
        roots = made[name].roots if name in made else {name}
        found.append(
            _profile(
                frame[name],
                _kind(column, name in grouping),
                contrast=column.contrast,
                detail=column.contrast_detail,
                label=column.label,
                step=made.get(name),
                before_filters=before_filters,
                used=name in used,
                declared_level=declared.get(name),
                n_missing=int(np.logical_or.reduce([missing[root] for root in roots]).sum()),
            )
        )
    return tuple(found)


def _made_how(step: Derivation | None, before_filters: Collection[str]) -> str | None:
    """Return how a column was derived, and whether on other rows than the filters leave."""
    if step is None:
        return None
    if step.name in before_filters and (step.from_basis or step.spec.kind in _OF_SEVERAL_ROWS):
        return f"{step.words}, computed on the rows before the filter that names it"
    return step.words


def _kind(column: TypedColumn, grouping: bool) -> str:
    """Return the kind to record; an undeclared category that forms groups is recorded as a group."""
    if column.kind == "category" and grouping and not column.declared:
        return "group"
    return column.kind


def _profile(
    values: pd.Series,
    kind: str,
    *,
    contrast: str | None,
    detail: ContrastDetail | None,
    label: str | None,
    step: Derivation | None,
    before_filters: Collection[str],
    used: bool,
    declared_level: int | None,
    n_missing: int,
) -> ColumnProfile:
    levels = tuple(values.cat.categories) if kind in ("category", "ordered") else None
    contrast, detail = (contrast, detail) if levels is not None else (None, None)
    return ColumnProfile.model_validate(
        {
            "name": values.name,
            "kind": kind,
            "levels": levels,
            "contrast": contrast,
            "contrast_detail": detail,
            "label": label,
            "derived": _made_how(step, before_filters),
            "derived_by": step.spec.kind if step else None,
            "made_from": step.parts if step else (),
            "used": used,
            "declared_level": declared_level,
            "n_missing": n_missing,
            "content_hash": _content_hash(
                values, kind, f"{contrast} {detail.model_dump_json()}" if detail else contrast
            ),
            **(_moments(values.to_numpy(dtype=np.float64)) if kind == "number" else {}),
        }
    )


def _moments(x: np.ndarray) -> dict[str, float | None]:
    """Return mean, standard deviation and range of the finite values; None for a result that overflows."""
    x = x[np.isfinite(x)]
    if not len(x):
        return {}
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(x.mean())
        sd = float(x.std(ddof=1)) if len(x) > 1 else None
    found = {"mean": mean, "sd": sd, "minimum": float(x.min()), "maximum": float(x.max())}
    return {
        name: value if value is not None and math.isfinite(value) else None for name, value in found.items()
    }


def _content_hash(values: pd.Series, kind: str, contrast: str | None) -> str:
    """Return a hash of a column's values, kind, levels and contrasts."""
    digest = hashlib.sha256(f"{kind}\0{contrast}\0".encode())
    if isinstance(values.dtype, pd.CategoricalDtype):
        digest.update("\0".join(values.cat.categories).encode())
        digest.update(values.cat.codes.to_numpy().astype("<i4").tobytes())
    elif values.dtype == object:
        digest.update("\0".join("\1" if v is None else v for v in values.tolist()).encode())
    else:
        digest.update((values.to_numpy(dtype=np.float64) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()
