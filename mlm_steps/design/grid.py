"""Predictors with the values of a grid, and the rows of a grid."""

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
    """A data column among the fixed effects.

    Attributes
    ----------
    name : str
    values : ndarray, shape (n,)
        Numbers; for a category, positions of its levels.
    levels : tuple of PredictorValue
        The levels of a category, or the values of a number with two values; empty for other numbers. Averages
        over the predictor weight its levels equally.
    category : bool
        Whether the predictor is categorical, by its values or because the formula makes it a factor.
    held : float
        The value at which a number is held constant: its mean over the rows, or the nearest observed value if
        a function of the formula is undefined at the mean, such as ``I(1/x)`` at 0.
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
        """The values over which an average runs: the levels, or the value at which the predictor is held."""
        return self.levels or (self.held,)

    def code(self, level: PredictorValue) -> float:
        """Return the code of a level in ``values``."""
        return float(self.levels.index(level)) if self.category else float(level)

    def label(self, level: PredictorValue) -> str:
        """Return a level as text."""
        return level if isinstance(level, str) else format_label(level)


@dataclass(frozen=True, slots=True, eq=False)
class GridRows:
    """Rows of the matrix of all fixed-effects columns, including dropped ones.

    Attributes
    ----------
    full : ndarray, shape (m, columns)
        A row is NaN if a function of the formula is undefined.
    offset : ndarray, shape (m,)
        Sum of the offsets.
    random : tuple of ndarray, each of shape (m, k)
        The columns of each random term; empty for a linear model, where no mean depends on them.
    """

    full: _Array
    offset: _Array
    random: tuple[_Array, ...] = ()

    def __getitem__(self, chosen: slice | NDArray[np.intp]) -> GridRows:
        """Return some of the rows."""
        return GridRows(self.full[chosen], self.offset[chosen], tuple(z[chosen] for z in self.random))

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Which rows are defined, shape (m,)."""
        return np.isfinite(self.full).all(axis=1) & np.isfinite(self.offset)

    def combined(self, weights: _Array) -> GridRows:
        """Return linear combinations of the rows; ``weights`` has shape (combinations, m)."""
        lost = ~self.defined
        random = tuple(weights @ z for z in self.random)
        if not lost.any():
            return GridRows(weights @ self.full, weights @ self.offset, random)
        full = weights @ np.where(lost[:, None], 0.0, self.full)
        full[(weights[:, lost] != 0.0).any(axis=1)] = np.nan
        return GridRows(full, weights @ np.where(lost, 0.0, self.offset), random)


def categorical(name: str, codes: _Array, levels: tuple[PredictorValue, ...]) -> Predictor:
    """Return a categorical predictor."""
    return Predictor(name, codes, levels, category=True, held=0.0)


def middle(value: Value) -> Value:
    """Return one typical value of a column: the mean of numbers, the first level of a category."""
    if isinstance(value, Factor):
        return Factor(np.zeros(1, dtype=np.intp), value.levels, value.ordered, value.contrast)
    return type(value)(value.values.mean(keepdims=True))
