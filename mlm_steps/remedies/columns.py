"""Columns that a remedy adds to the analysis sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design.build import factor_codes
from mlm_steps.records.remedies import DerivedColumn

__all__ = ["group_means", "with_columns"]

Array = NDArray[np.float64]


def with_columns(frame: pd.DataFrame, columns: Iterable[DerivedColumn]) -> pd.DataFrame:
    """Return a copy of the frame with the columns that it lacks."""
    made = {c.name: KINDS[c.kind](frame, c) for c in columns if c.name not in frame.columns}
    return frame.assign(**made) if made else frame


def _centred(frame: pd.DataFrame, column: DerivedColumn) -> Array:
    return frame[column.source].to_numpy(dtype=np.float64) - _mean(frame, column)


def _mean(frame: pd.DataFrame, column: DerivedColumn) -> Array:
    x = frame[column.source].to_numpy(dtype=np.float64)
    codes = factor_codes(frame, column.within) if column.within else np.zeros(len(x), dtype=np.intp)
    return group_means(x, codes)


def _row(frame: pd.DataFrame, column: DerivedColumn) -> pd.Categorical:  # noqa: ARG001 - one signature for all
    numbers: list[object] = [str(number) for number in range(1, len(frame) + 1)]
    return pd.Categorical(numbers, categories=numbers)


def _merged(frame: pd.DataFrame, column: DerivedColumn) -> pd.Categorical:
    own = pd.Categorical(frame[column.source])
    replaced, other = column.levels
    values = np.asarray(own.astype(object), dtype=object)
    values[values == replaced] = other
    kept = [level for level in own.categories if level != replaced]
    return pd.Categorical(values, categories=kept, ordered=bool(own.ordered))


KINDS: Mapping[str, Callable[[pd.DataFrame, DerivedColumn], Array | pd.Categorical]] = {
    "center": _centred,
    "mean": _mean,
    "row": _row,
    "merge": _merged,
}
"""How each kind of column is made."""


def group_means(x: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return for each row the mean of its group; NaN where x or the group is missing.

    Parameters
    ----------
    x : ndarray, shape (n,)
    codes : ndarray of int, shape (n,)
        Group of each row, -1 where it is missing.
    """
    known = np.isfinite(x) & (codes >= 0)
    groups = int(codes.max(initial=-1)) + 1
    size = np.bincount(codes[known], minlength=groups)
    divisor = np.maximum(size, 1)
    mean = np.bincount(codes[known], x[known], groups) / divisor
    # The second pass removes the rounding error of the first sum.
    mean += np.bincount(codes[known], x[known] - mean[codes[known]], groups) / divisor
    return np.where(known, mean[np.maximum(codes, 0)], np.nan)
