"""Give a derived column the type, the levels and the contrasts that the spec declares for it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlm_steps.data.raw import NumberColumn, RawColumn, TextColumn
from mlm_steps.data.types import TypedColumn, type_column
from mlm_steps.spec import ColumnSpec, DataSpec

__all__ = ["as_declared"]

_ASIDE = {"label", "unit", "level"}
"""Keys of a column that do not change its values."""


def as_declared(column: TypedColumn, spec: ColumnSpec | None, data: DataSpec) -> TypedColumn:
    """Return a derived column as its entry under ``columns`` declares it; raise Misfit if it contradicts."""
    if spec is None or not spec.model_dump(exclude=_ASIDE, exclude_none=True, exclude_defaults=True):
        return column
    without_markers = data.model_copy(update={"na": ()})  # missing values are missing already
    return type_column(_raw(column), spec, without_markers)


def _raw(column: TypedColumn) -> RawColumn:
    """Return a column as a reader would return it."""
    import pyarrow as pa

    values = column.values
    if isinstance(values, pd.Categorical):
        codes = pa.array(np.asarray(values.codes), mask=np.asarray(values.codes) < 0)
        levels = tuple(map(str, values.categories))
        texts = pa.DictionaryArray.from_arrays(codes, pa.array(levels, pa.string())).cast(pa.string())
        ordered = column.kind == "ordered"
        return TextColumn(column.name, texts, cells=column.coded, levels=levels, ordered=ordered)
    if column.kind == "number":
        return NumberColumn(column.name, column.numbers)
    return TextColumn(column.name, pa.array(np.asarray(values), pa.string()))
