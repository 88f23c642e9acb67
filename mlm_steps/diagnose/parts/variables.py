"""The data columns that checks look at: predictors of the model and columns that it leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Variable", "constant_within", "variables_of"]

Array = NDArray[np.float64]

MOST_LEVELS = 12
"""Largest number of levels of a category that is compared with residuals; more are identifiers."""
LEAST = 1e-8
"""Share of the variance within groups up to which a column counts as constant within them (section 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A data column on the rows of a fit.

    Attributes
    ----------
    name : str
    values : ndarray, shape (n,)
        Numbers, or positions of levels.
    levels : tuple of str
        Levels of a category; empty for numbers.
    """

    name: str
    values: Array
    levels: tuple[str, ...] = ()

    @property
    def columns(self) -> Array:
        """The column itself, or an indicator of each level but the first, shape (n, c)."""
        if not self.levels:
            return self.values[:, None]
        found: Array = (self.values[:, None] == np.arange(1, len(self.levels))).astype(float)
        return found


def variables_of(frame: pd.DataFrame, rows: NDArray[np.intp], names: Iterable[str]) -> dict[str, Variable]:
    """Return the columns of these names that can be compared with residuals.

    Columns with missing values on these rows, with one value, and categories of many levels are left out.
    """
    found = {}
    whole = rows.size == len(frame) and bool(np.array_equal(rows, np.arange(rows.size)))
    for name in names:
        if name not in frame:
            continue
        column = frame[name] if whole else frame[name].iloc[rows]
        variable = _variable(name, column)
        if variable is not None and float(np.ptp(variable.values)) > 0.0:
            found[name] = variable
    return found


def _variable(name: str, column: pd.Series) -> Variable | None:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return Variable(name, values) if np.isfinite(values).all() else None
    if not isinstance(column.dtype, pd.CategoricalDtype) and not pd.api.types.is_string_dtype(column.dtype):
        return None
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    codes = np.asarray(column.cat.codes)
    present = np.unique(codes)
    if present[0] < 0 or present.size > MOST_LEVELS:
        return None
    labels = [str(label) for label in column.cat.categories]
    values = np.searchsorted(present, codes).astype(float)
    return Variable(name, values, tuple(labels[code] for code in present))


def constant_within(values: Array, refs: NDArray[np.intp], J: int) -> bool:
    """Return whether values do not vary inside groups, up to rounding."""
    size = np.maximum(np.bincount(refs, minlength=J), 1)
    centre = float(values.mean())
    about = values - centre
    mean = np.bincount(refs, weights=about, minlength=J) / size
    return bool(np.var(about - mean[refs]) <= LEAST * np.var(about))
