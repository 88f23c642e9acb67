"""The input and output of the data stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlm_steps.records.data_profile import DataProfile
from mlm_steps.records.response import GAUSSIAN, Response

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["LARGEST", "Analysis", "ModelUse", "linear_outcomes"]

LARGEST = 1e100
"""Larger numbers are refused, because their sums of squares could overflow."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    """The columns that one model uses.

    Attributes
    ----------
    name : str
        Name of the rung or prelude model.
    outcomes : tuple of str
        Columns of the response.
    variables : tuple of str
        All columns, including outcome, grouping factors, weights, trials and exposure.
    groups : tuple of tuple of str
        The columns of each grouping factor, ``("class", "school")`` for ``class:school``.
    weights : str or None
        Column of prior weights.
    response : Response
        The distribution of the outcome, and the columns that belong to it.
    """

    name: str
    outcomes: tuple[str, ...]
    variables: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    weights: str | None
    response: Response = GAUSSIAN


def linear_outcomes(uses: Iterable[ModelUse]) -> tuple[str, ...]:
    """Return the columns that are outcomes of linear models, each once."""
    return tuple(dict.fromkeys(name for use in uses if use.response.linear for name in use.outcomes))


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
        Row of the file for each row of the frame; 0 is the first row below the header.
    """

    frame: pd.DataFrame
    profile: DataProfile
    rows: NDArray[np.intp]
