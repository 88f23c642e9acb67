"""Rows of the fixed-effects matrix at chosen values of the predictors.

What a slope or a mean is in terms of the coefficients follows from such rows: a slope is the difference of
two of them over the step between, a mean one of them, or their average. So it is right for every coding of
categories and every transform that a formula may hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.build import offset_sum, resolve_contrasts
from mlm_steps.design.coding import model_matrix
from mlm_steps.design.columns import ChosenColumns, Columns, FrameColumns
from mlm_steps.design.deparse import format_label
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Expr, Name, columns_of
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.matrices import Design
from mlm_steps.design.variables import Factor, Numbers, Truths, Value, as_factor, drop_unused, exact_levels

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Level", "Predictor", "Predictors", "Rows", "Setting"]

Level: TypeAlias = str | float
"""A value of a predictor: the label of a category, or a number."""
Setting: TypeAlias = Mapping[str, Level]
"""Values of some predictors."""

_Array = NDArray[np.float64]

MOST_ROWS = 20_000
"""Of a grid: combinations of the levels of the factors that are averaged over."""
NOT_ESTIMABLE = 1e-8
"""What a row differs by from the nearest estimable one, relative to the row, that counts as a difference."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """One column of the data among the fixed effects.

    Attributes
    ----------
    name : str
    values : ndarray, shape (n,)
        Numbers; of a category, positions among its levels.
    levels : tuple of Level
        Of a category, in order, and of a number that has two values, these; none for other numbers. Averages
        over such a predictor give each level the same weight.
    category : bool
        Whether it is one: by its values, or because the formula makes it a factor.
    """

    name: str
    values: _Array
    levels: tuple[Level, ...]
    category: bool

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
    def centre(self) -> tuple[Level, ...]:
        """What an average over the predictor runs over: its levels, or the mean."""
        return self.levels or (self.mean,)

    def label(self, level: Level) -> str:
        """Return a level as text."""
        return level if isinstance(level, str) else format_label(level)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows with which to combine all columns, those that were dropped included.

    Attributes
    ----------
    full : ndarray, shape (m, columns)
    offset : ndarray, shape (m,)
        Sum of the offsets.
    """

    full: _Array
    offset: _Array

    def __getitem__(self, chosen: slice | NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        return Rows(self.full[chosen], self.offset[chosen])

    def combined(self, weights: _Array) -> Rows:
        """Return linear combinations of the rows; ``weights`` has shape (combinations, m)."""
        return Rows(weights @ self.full, weights @ self.offset)


class Predictors:
    """The predictors of a fitted formula, and its rows at any of their values.

    Parameters
    ----------
    design : Design
    frame : DataFrame
        What the design was built from.
    formula : Formula, optional
        Its parsed formula, where it is at hand.
    """

    def __init__(self, design: Design, frame: pd.DataFrame, formula: Formula | None = None) -> None:
        self.design = design
        self.formula = formula or parse_formula(design.formula)
        self._columns = FrameColumns(frame, design.rows)
        states = cast("Mapping[str, Mapping[str, object]]", design.transforms["states"])
        self._states = {name: dict(state) for name, state in states.items()}
        words = cast("Mapping[str, str]", design.transforms["contrasts"])
        self._contrasts = resolve_contrasts(dict(words))
        self._kept = np.array(cast("list[int]", design.transforms["kept"]), dtype=np.intp)

    @cached_property
    def by_name(self) -> dict[str, Predictor]:
        """The predictors by the names of their columns, in the order of the formula."""
        return {name: self._predictor(name) for name in self._names}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        fixed = [name for variable in self.formula.fixed.variables for name in columns_of(variable)]
        offsets = [name for offset in self.formula.offsets for name in columns_of(offset.call)]
        return tuple(dict.fromkeys(name.name for name in (*fixed, *offsets)))

    def partners(self, name: str) -> tuple[str, ...]:
        """Return the other predictors with which one shares a term, so that its effect depends on them."""
        shared = [columns for columns in self.formula.fixed.columns if name in columns]
        return tuple(dict.fromkeys(other for columns in shared for other in columns if other != name))

    def settings(self, given: Setting, over: Sequence[str]) -> list[Setting]:
        """Return what is given with each combination of the levels of ``over``.

        ValueError for more than 20 000.
        """
        free = [self.by_name[name] for name in over if name not in given]
        count = int(np.prod([len(predictor.centre) for predictor in free], dtype=float))
        if count > MOST_ROWS:
            raise ValueError(f"{count} combinations of levels are too many to average over")
        names = [predictor.name for predictor in free]
        return [
            {**given, **dict(zip(names, levels, strict=True))}
            for levels in product(*(predictor.centre for predictor in free))
        ]

    def rows(self, settings: Sequence[Setting]) -> Rows:
        """Return a row for each setting; a predictor that it does not name is at its mean or first level."""
        n = len(settings)
        chosen = {
            name: self._value(name, [setting.get(name, predictor.centre[0]) for setting in settings])
            for name, predictor in self.by_name.items()
        }
        evaluator = self._evaluator(ChosenColumns(chosen, n))
        full = model_matrix(self.formula.fixed, evaluator, self._contrasts, n).X
        offset = offset_sum(self.formula, evaluator)
        return Rows(full, np.zeros(n) if offset is None else offset)

    def averages(self, settings: Sequence[Sequence[Setting]]) -> Rows:
        """Return, for each sequence of settings, the average of its rows."""
        counts = [len(each) for each in settings]
        rows = self.rows([setting for each in settings for setting in each])
        weights = np.zeros((len(counts), sum(counts)))
        ends = np.cumsum([0, *counts])
        for i, count in enumerate(counts):
            weights[i, ends[i] : ends[i + 1]] = 1.0 / count
        return rows.combined(weights)

    def contrasts(self, rows: Rows) -> tuple[_Array, NDArray[np.bool_]]:
        """Return the rows in the coefficients of the fit, shape (m, p), and which are estimable, (m,).

        Where columns were dropped, only some combinations of all the coefficients have an estimate that does
        not depend on which columns those were.
        """
        kept = rows.full[:, self._kept]
        if self._dropped is None:
            return kept, np.ones(len(kept), dtype=bool)
        places, coefficients = self._dropped
        away = np.abs(rows.full[:, places] - kept @ coefficients).max(axis=1)
        scale = np.abs(rows.full).max(axis=1)
        return kept, away <= NOT_ESTIMABLE * np.where(scale > 0, scale, 1.0)

    @cached_property
    def _dropped(self) -> tuple[NDArray[np.intp], _Array] | None:
        """Which columns were dropped, and each as a combination of the others, shape (p, dropped)."""
        names = cast("list[str]", self.design.transforms["columns"])
        places = np.setdiff1d(np.arange(len(names)), self._kept)
        if not places.size:
            return None
        X = model_matrix(self.formula.fixed, self._evaluator(self._columns), self._contrasts, self.design.n).X
        solved = np.linalg.lstsq(self.design.X, X[:, places], rcond=None)[0]
        return places, np.asarray(solved, dtype=np.float64)

    def _evaluator(self, columns: Columns) -> Evaluator:
        return Evaluator(self.formula.text, columns, self._states)

    def _predictor(self, name: str) -> Predictor:
        value = self._columns.value(name)
        if isinstance(value, Factor):
            used = drop_unused(value)
            return Predictor(name, used.codes.astype(np.float64), used.levels, category=True)
        if isinstance(value, Truths):
            return Predictor(name, value.values, ("FALSE", "TRUE"), category=True)
        if value.exact is not None and any(
            self._makes_levels(expr, name) for expr in self.formula.fixed.variables
        ):
            used = as_factor(value)
            return Predictor(name, used.codes.astype(np.float64), used.levels, category=True)
        distinct = np.unique(value.values)
        category = any(self._makes_levels(expr, name) for expr in self.formula.fixed.variables)
        if category:
            codes = np.searchsorted(distinct, value.values).astype(np.float64)
            return Predictor(name, codes, tuple(distinct.tolist()), category=True)
        two = tuple(distinct.tolist()) if len(distinct) == 2 else ()
        return Predictor(name, value.values, two, category=False)

    def _makes_levels(self, expr: Expr, name: str) -> bool:
        """Return whether a variable is a factor made of one column of numbers, such as ``factor(dose)``."""
        if isinstance(expr, Name) or {column.name for column in columns_of(expr)} != {name}:
            return False
        return isinstance(self._evaluator(self._columns).variable(expr), Factor)

    def _value(self, name: str, levels: Sequence[Level]) -> Value:
        """Return chosen levels as the formula sees a column."""
        value = self._columns.value(name)
        predictor = self.by_name[name]
        if isinstance(value, Numbers) and value.exact is not None and predictor.category:
            distinct = np.array(exact_levels(value)[0], dtype=object)
            exact = distinct[[predictor.levels.index(level) for level in levels]]
            return Numbers(exact.astype(np.float64), exact)
        if isinstance(value, Numbers):
            return Numbers(np.array(levels, dtype=np.float64))
        codes = np.array([predictor.levels.index(level) for level in levels], dtype=np.intp)
        if isinstance(value, Truths):
            return Truths(codes.astype(np.float64))
        return Factor(codes, tuple(str(level) for level in predictor.levels), value.ordered, value.contrast)
