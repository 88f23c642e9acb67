"""Convert data frames and tables with Arrow's interface to pandas frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import kind_of
from mlm_steps.errors import Fault, UsageError

__all__ = ["WEIGHTS", "a_frame", "new_frame", "with_weights"]

WEIGHTS = "(weights)"
"""Column for weights that were given as an array. R's model frames use the same name."""


def a_frame(key: str, data: object) -> pd.DataFrame:
    """Return data as a pandas frame whose column names are strings.

    Parameters
    ----------
    key : str
        Name of the argument, for messages.
    data : DataFrame, or a table of polars, pyarrow or another library with Arrow's interface
        Integer columns with missing values keep an integer type.

    Raises
    ------
    UsageError
        For anything else, and for a MultiIndex of columns.
    """
    frame = data if isinstance(data, pd.DataFrame) else _from_arrow(data)
    if frame is None:
        what = f"{kind_of(data)} is no pandas DataFrame"
        raise UsageError(Fault(key, what, "pandas.DataFrame(data) makes one"))
    if frame.columns.nlevels > 1:
        hint = f'{key}.columns = ["_".join(map(str, name)) for name in {key}.columns] makes texts of them'
        raise UsageError(Fault(key, f"its columns have names of {frame.columns.nlevels} parts", hint))
    texts = isinstance(frame.columns.dtype, pd.StringDtype) and not frame.columns.hasnans
    if texts or all(isinstance(name, str) for name in frame.columns):
        return frame
    return frame.set_axis([str(name) for name in frame.columns], axis="columns")


def new_frame(key: str, data: object) -> pd.DataFrame:
    """Return new data, a table or a mapping of columns to values, as a pandas frame.

    A single number or text applies to all rows.
    """
    if not isinstance(data, Mapping):
        return a_frame(key, data)
    if not data:
        raise UsageError(Fault(key, "names no column"))
    columns = {str(name): _column(values) for name, values in data.items()}
    lengths = {name: len(values) for name, values in columns.items() if isinstance(values, pd.Series)}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise UsageError(Fault(key, f"its columns differ in length: {shown}"))
    rows = next(iter(lengths.values()), 1)
    return pd.DataFrame(
        {
            name: values.array if isinstance(values, pd.Series) else _column([values] * rows).array
            for name, values in columns.items()
        },
        index=pd.RangeIndex(rows),
    )


def _column(values: Any) -> Any:
    """Return several values as a Series that keeps integer types; return a single value unchanged."""
    if isinstance(values, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return pd.Series(values)
    if isinstance(values, np.ndarray) and values.ndim == 1:
        return pd.Series(values)
    if not isinstance(values, (list, tuple, range)):
        return values
    plain = pd.Series(list(values), dtype=object)
    if pd.api.types.infer_dtype(plain, skipna=True) == "integer" and plain.isna().any():
        return plain
    return plain.infer_objects()


def _from_arrow(data: Any) -> pd.DataFrame | None:
    """Return a table of another library as a pandas frame, or None for other objects."""
    if not (hasattr(data, "__arrow_c_stream__") or hasattr(data, "to_arrow")):
        return None
    import pyarrow as pa

    try:
        table = pa.table(data if hasattr(data, "__arrow_c_stream__") else data.to_arrow())
    except (TypeError, ValueError, pa.ArrowException):
        return None
    views = [pa.types.is_string_view(field.type) for field in table.schema]
    if any(views):
        fields = [
            pa.field(field.name, pa.large_string()) if view else field
            for field, view in zip(table.schema, views, strict=True)
        ]
        table = table.cast(pa.schema(fields))
    frame: pd.DataFrame = table.to_pandas(types_mapper=_whole_types().get, ignore_metadata=True)
    return frame


def _whole_types() -> dict[Any, Any]:
    """Return the pandas integer types that allow missing values."""
    import pyarrow as pa

    return {
        getattr(pa, f"{sign}int{bits}")(): getattr(pd, f"{'UI' if sign else 'I'}nt{bits}Dtype")()
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    } | {pa.bool_(): pd.BooleanDtype()}


def with_weights(frame: pd.DataFrame, weights: object) -> tuple[pd.DataFrame, str | None]:
    """Return a frame and the name of its column of prior weights.

    Parameters
    ----------
    frame : DataFrame, n rows
    weights : str, None, or array of n numbers
        An array becomes the column ``(weights)``.

    Raises
    ------
    UsageError
        For other types, an array of a different length, and a series with a different index.
    """
    if weights is None or isinstance(weights, str):
        return frame, weights
    if isinstance(weights, pd.Series) and not weights.index.equals(frame.index):
        hint = "weights.to_numpy() goes by position"
        raise UsageError(Fault("weights", "its index is not that of the data", hint))
    if isinstance(weights, (Mapping, bytes, pd.DataFrame)) or not np.iterable(weights):
        hint = "the name of a column, or one number per row"
        raise UsageError(Fault("weights", f"this is {kind_of(weights)}", hint))
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(Fault("weights", "not all of them are numbers")) from None
    if values.shape != (len(frame),):
        shape = " × ".join(map(str, values.shape)) or "no"
        raise UsageError(Fault("weights", f"there are {shape} of them and {len(frame)} rows"))
    return frame.assign(**{WEIGHTS: values}), WEIGHTS
