"""Predictors as a grid sees them, and the rows of such a grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.deparse import format_label
from mlm_steps.design.variables import Factor, Value

__all__ = ["GridRows", "Predictor", "PredictorValue", "Setting", "categorical", "middle"]

PredictorValue: TypeAlias = str | float
"""A value of a predictor: the label of a category, or a number."""
Setting: TypeAlias = Mapping[str, PredictorValue]
"""Values of some predictors."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """One column of the data among the fixed effects.

    Attributes
    ----------
    name : str
    values : ndarray, shape (n,)
        Numbers; of a category, positions among its levels.
    levels : tuple of PredictorValue
        Of a category, in order, and of a number that has two values, these; none for other numbers. Averages
        over such a predictor give each level the same weight.
    category : bool
        Whether it is one: by its values, or because the formula makes it a factor.
    held : float
        Where a number is held that is not varied: at its mean over the rows, or at the value nearest to it
        where a function of the formula has no value at the mean, such as ``I(1/x)`` at 0.
    """

    name: str
    values: _Array
    levels: tuple[PredictorValue, ...]
    category: bool
    held: float

    @property
    def mean(self) -> float:
        """Mean over the rows."""
        return float(self.values.mean())

    @property
    def low(self) -> float:
        """Smallest value."""
        return float(self.values.min())

    @property
    def high(self) -> float:
        """Largest value."""
        return float(self.values.max())

    @property
    def centre(self) -> tuple[PredictorValue, ...]:
        """What an average over the predictor runs over: its levels, or the value it is held at."""
        return self.levels or (self.held,)

    def code(self, level: PredictorValue) -> float:
        """Return what stands for a level in ``values``."""
        return float(self.levels.index(level)) if self.category else float(level)

    def label(self, level: PredictorValue) -> str:
        """Return a level as text."""
        return level if isinstance(level, str) else format_label(level)


@dataclass(frozen=True, slots=True, eq=False)
class GridRows:
    """Rows with which to combine all columns, those that were dropped included.

    Attributes
    ----------
    full : ndarray, shape (m, columns)
        A row is NaN throughout where a function of the formula has no value.
    offset : ndarray, shape (m,)
        Sum of the offsets.
    """

    full: _Array
    offset: _Array

    def __getitem__(self, chosen: slice | NDArray[np.intp]) -> GridRows:
        """Return some of the rows."""
        return GridRows(self.full[chosen], self.offset[chosen])

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Which rows have a value, shape (m,)."""
        return np.isfinite(self.full).all(axis=1) & np.isfinite(self.offset)

    def combined(self, weights: _Array) -> GridRows:
        """Return linear combinations of the rows; ``weights`` has shape (combinations, m)."""
        lost = ~self.defined
        if not lost.any():
            return GridRows(weights @ self.full, weights @ self.offset)
        full = weights @ np.where(lost[:, None], 0.0, self.full)
        full[(weights[:, lost] != 0.0).any(axis=1)] = np.nan
        return GridRows(full, weights @ np.where(lost, 0.0, self.offset))


def categorical(name: str, codes: _Array, levels: tuple[PredictorValue, ...]) -> Predictor:
    """Return a predictor that is a category."""
    return Predictor(name, codes, levels, category=True, held=0.0)


def middle(value: Value) -> Value:
    """Return a value that stands for a column: the mean of numbers, the first level of a category."""
    if isinstance(value, Factor):
        return Factor(np.zeros(1, dtype=np.intp), value.levels, value.ordered, value.contrast)
    return type(value)(value.values.mean(keepdims=True))
