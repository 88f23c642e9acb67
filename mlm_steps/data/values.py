"""What the data stage takes and returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlm_steps.records.data_profile import DataProfile

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["LARGEST", "Analysis", "ModelUse"]

LARGEST = 1e100
"""Sums of squares of larger numbers overflow."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What one model uses of the data.

    Attributes
    ----------
    name : str
        Of the rung or prelude model.
    outcomes : tuple of str
        Columns of the response.
    variables : tuple of str
        All columns, with outcome, grouping factors and weights.
    groups : tuple of tuple of str
        The columns of each grouping factor, ``("class", "school")`` for ``class:school``.
    weights : str or None
        Column of prior weights.
    """

    name: str
    outcomes: tuple[str, ...]
    variables: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    weights: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The analysis sample.

    Attributes
    ----------
    frame : DataFrame, n rows
        All columns of the file and the derived ones; numbers as float64, categories and groups as
        Categorical with text levels, text as object. Index 0 to n - 1.
    profile : DataProfile
    rows : ndarray of int, shape (n,)
        For each row of the frame its place in the file, the first row below the header being 0.
    """

    frame: pd.DataFrame
    profile: DataProfile
    rows: NDArray[np.intp]
