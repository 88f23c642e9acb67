"""Columns that a remedy adds to the analysis sample."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design.build import factor_codes
from mlm_steps.records.remedies import DerivedColumn

__all__ = ["group_means", "with_columns"]


def with_columns(frame: pd.DataFrame, columns: Iterable[DerivedColumn]) -> pd.DataFrame:
    """Return a copy of the frame with the columns that it lacks."""
    made = {c.name: _made(frame, c) for c in columns if c.name not in frame.columns}
    return frame.assign(**made) if made else frame


def _made(frame: pd.DataFrame, column: DerivedColumn) -> NDArray[np.float64]:
    x = frame[column.source].to_numpy(dtype=np.float64)
    codes = factor_codes(frame, column.within) if column.within else np.zeros(len(x), dtype=np.intp)
    means = group_means(x, codes)
    return x - means if column.kind == "center" else means


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
