"""Describe each column of the analysis sample, with a hash of its values."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mlm_steps.data.derive import Derivation
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.values import ModelUse
from mlm_steps.records.data_profile import ColumnProfile

__all__ = ["describe_columns"]


def describe_columns(
    frame: pd.DataFrame,
    columns: Mapping[str, TypedColumn],
    planned: Sequence[Derivation],
    uses: Sequence[ModelUse],
    declared: Mapping[str, int],
) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column of the analysis sample, in its order."""
    used = {name for use in uses for name in use.variables}
    grouping = {part for use in uses for group in use.groups for part in group}
    made = {step.name: step for step in planned}
    missing = {name: column.missing for name, column in columns.items()}
    found = []
    for name in frame.columns:
        column = columns.get(name)
        sources = made[name].sources if name in made else {name}
        found.append(
            _profile(
                frame[name],
                _kind(column, name in grouping),
                contrast=column.contrast if column else None,
                label=column.label if column else None,
                derived=made[name].words if name in made else None,
                used=name in used,
                declared_level=declared.get(name),
                n_missing=int(np.logical_or.reduce([missing[source] for source in sources]).sum()),
            )
        )
    return tuple(found)


def _kind(column: TypedColumn | None, grouping: bool) -> str:
    """Return the kind to record; an undeclared category that forms groups is recorded as a group."""
    if column is None:
        return "number"
    if column.kind == "category" and grouping and not column.declared:
        return "group"
    return column.kind


def _profile(
    values: pd.Series,
    kind: str,
    *,
    contrast: str | None,
    label: str | None,
    derived: str | None,
    used: bool,
    declared_level: int | None,
    n_missing: int,
) -> ColumnProfile:
    levels = tuple(values.cat.categories) if kind in ("category", "ordered") else None
    contrast = contrast if levels is not None else None
    return ColumnProfile.model_validate(
        {
            "name": values.name,
            "kind": kind,
            "levels": levels,
            "contrast": contrast,
            "label": label,
            "derived": derived,
            "used": used,
            "declared_level": declared_level,
            "n_missing": n_missing,
            "content_hash": _content_hash(values, kind, contrast),
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
    """Return a hash of a column's values, kind, levels and contrast."""
    digest = hashlib.sha256(f"{kind}\0{contrast}\0".encode())
    if isinstance(values.dtype, pd.CategoricalDtype):
        digest.update("\0".join(values.cat.categories).encode())
        digest.update(values.cat.codes.to_numpy().astype("<i4").tobytes())
    elif values.dtype == object:
        digest.update("\0".join("\1" if v is None else v for v in values.tolist()).encode())
    else:
        digest.update((values.to_numpy(dtype=np.float64) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()
