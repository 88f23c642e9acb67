"""Rows of the fixed-effects matrix at chosen values of the predictors.

Slopes and means are linear combinations of such rows: a slope is the difference of two rows divided by the
step, a mean is a row or an average of rows. The results therefore hold for every coding of categories and
every transform in the formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.build import offset_sum
from mlm_steps.design.coding import model_matrix
from mlm_steps.design.columns import ChosenColumns, Columns, FrameColumns
from mlm_steps.design.contrasts import read_contrast
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Expr, Name, columns_of
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.grid import GridRows, Predictor, PredictorValue, Setting, categorical, middle
from mlm_steps.design.matrices import Design
from mlm_steps.design.nests import Nests, find_nests
from mlm_steps.design.outcome_scale import OutcomeScale, outcome_scale
from mlm_steps.design.random_rows import random_columns, random_names
from mlm_steps.design.variables import Factor, Numbers, Truths, Value, as_factor, drop_unused, exact_levels
from mlm_steps.errors import FormulaError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GridRows", "Predictor", "PredictorValue", "Predictors", "Setting"]

_Array = NDArray[np.float64]

NOT_ESTIMABLE = 1e-8
"""A row is not estimable if its relative distance from the nearest estimable row exceeds this."""


class Predictors:
    """The predictors of a fitted formula, and rows of the model matrix at chosen values.

    Parameters
    ----------
    design : Design
    frame : DataFrame
        The data from which the design was built.
    formula : Formula, optional
        The parsed formula of the design; by default it is parsed here.
    """

    def __init__(self, design: Design, frame: pd.DataFrame, formula: Formula | None = None) -> None:
        self.design = design
        self.formula = formula or parse_formula(design.formula)
        self._columns = FrameColumns(frame, design.rows)
        states = cast("Mapping[str, Mapping[str, object]]", design.transforms["states"])
        self._states = {name: dict(state) for name, state in states.items()}
        coding = cast("Mapping[str, object]", design.transforms["contrasts"])
        self._contrasts = {name: read_contrast(value) for name, value in coding.items()}
        self._seen: dict[tuple[str, ...], frozenset[tuple[float, ...]]] = {}
        self._others: dict[str, Predictor] = {}
        self._kept = np.array(cast("list[int]", design.transforms["kept"]), dtype=np.intp)

    @cached_property
    def by_name(self) -> dict[str, Predictor]:
        """The predictors by the names of their columns, in the order of the formula."""
        return {name: self._predictor(name) for name in self._names}

    @cached_property
    def _all_columns(self) -> list[str]:
        """The columns of the model matrix, including dropped columns."""
        return cast("list[str]", self.design.transforms["columns"])

    @cached_property
    def _names(self) -> tuple[str, ...]:
        fixed = [name for variable in self.formula.fixed.variables for name in columns_of(variable)]
        offsets = [name for offset in self.formula.offsets for name in columns_of(offset.call)]
        return tuple(dict.fromkeys(name.name for name in (*fixed, *offsets)))

    def partners(self, name: str) -> tuple[str, ...]:
        """Return the predictors that share a term with this one, so that its effect depends on them."""
        shared = [columns for columns in self.formula.fixed.columns if name in columns]
        return tuple(dict.fromkeys(other for columns in shared for other in columns if other != name))

    def settings(self, given: Setting, over: Sequence[str]) -> list[Setting]:
        """Return the given setting with each combination of the levels of ``over``.

        For nested factors, only combinations that occur are included. Raises ValueError for more than 20 000
        combinations.
        """
        return [setting for setting, _ in self.weighted(given, over)]

    def weighted(self, given: Setting, over: Sequence[str]) -> list[tuple[Setting, float]]:
        """Return the same settings with their weights in an average; the weights sum to 1."""
        return self.nests.combinations(given, [self.by_name[name] for name in over if name not in given])

    @cached_property
    def scale(self) -> OutcomeScale | None:
        """The scale of a transformed outcome; None if the outcome is a data column."""
        names = self.formula.outcomes
        value = self._columns.value(names[0])
        lowest = float("-inf") if isinstance(value, Factor) or len(names) > 1 else float(value.values.min())
        return outcome_scale(self.formula, self._states, lowest)

    @cached_property
    def nests(self) -> Nests:
        """The nesting of the factors."""
        return find_nests(list(self.by_name.values()), self.formula.fixed.columns)

    def unseen(self, settings: Sequence[Setting]) -> Setting | None:
        """Return levels of the factors of a term that a setting combines but no row has, or None."""
        for term in self.formula.fixed.columns:
            names = [name for name in dict.fromkeys(term) if self.by_name[name].levels]
            if len(names) < 2:
                continue
            seen = self._combined(tuple(names))
            for setting in settings:
                chosen = {name: setting[name] for name in names if name in setting}
                codes = tuple(self.by_name[name].code(level) for name, level in chosen.items())
                if len(chosen) == len(names) and codes not in seen:
                    return chosen
        return None

    def _combined(self, names: tuple[str, ...]) -> frozenset[tuple[float, ...]]:
        """Return the combinations of factor levels that occur; the result is cached."""
        if names not in self._seen:
            rows = np.unique(np.column_stack([self.by_name[name].values for name in names]), axis=0)
            self._seen[names] = frozenset(map(tuple, rows.tolist()))
        return self._seen[names]

    def rows(self, settings: Sequence[Setting]) -> GridRows:
        """Return a row for each setting; other predictors are at their held value or first level."""
        try:
            return self._rows(settings)
        except FormulaError:  # the data lack this level, such as that of factor(a + b) at the means
            if len(settings) == 1:
                lost = np.full((1, len(self._all_columns)), np.nan)
                terms = () if self.design.response.linear else self.design.random
                return GridRows(lost, np.zeros(1), tuple(np.zeros((1, len(term.names))) for term in terms))
            half = len(settings) // 2
            first, second = self.rows(settings[:half]), self.rows(settings[half:])
            return GridRows(
                np.vstack([first.full, second.full]),
                np.append(first.offset, second.offset),
                tuple(np.vstack(both) for both in zip(first.random, second.random, strict=True)),
            )

    def _rows(self, settings: Sequence[Setting]) -> GridRows:
        n = len(settings)
        chosen = {
            name: self._value(name, [setting.get(name, predictor.centre[0]) for setting in settings])
            for name, predictor in self.by_name.items()
        }
        evaluator = self._evaluator(ChosenColumns(chosen, n), finite=False)
        with np.errstate(all="ignore"):
            full = model_matrix(self.formula.fixed, evaluator, self._contrasts, n).X
            offset = offset_sum(self.formula, evaluator)
        random = () if self.design.response.linear else self._random(settings)
        rows = GridRows(full, np.zeros(n) if offset is None else offset, random)
        full[~rows.defined] = np.nan
        return rows

    def observed_rows(self, given: Setting, shifts: Mapping[str, float]) -> GridRows:
        """Return the rows of the data with some predictors changed; n rows.

        Parameters
        ----------
        given : mapping
            Values that predictors take in all rows.
        shifts : mapping of str to float
            Numbers that are added to predictors.
        """
        n = self.design.n
        chosen: dict[str, Value] = {}
        for name in dict.fromkeys((*self._names, *random_names(self.formula))):
            value = self._columns.value(name)
            if name in given:
                value = self._value(name, [given[name]] * n)
            elif name in shifts and isinstance(value, Numbers):
                value = Numbers(value.values + shifts[name])
            chosen[name] = value
        evaluator = self._evaluator(ChosenColumns(chosen, n), finite=False)
        with np.errstate(all="ignore"):
            full = model_matrix(self.formula.fixed, evaluator, self._contrasts, n).X
            offset = offset_sum(self.formula, evaluator)
            random = random_columns(self.design.transforms, evaluator, self._contrasts, n)
        return GridRows(full, np.zeros(n) if offset is None else offset, random)

    def _random(self, settings: Sequence[Setting]) -> tuple[_Array, ...]:
        """Return the columns of the random terms; columns of these alone are held like the others."""
        n = len(settings)
        chosen = {}
        for name in dict.fromkeys((*self._names, *random_names(self.formula))):
            predictor = self.any_predictor(name)
            chosen[name] = self._value(name, [setting.get(name, predictor.centre[0]) for setting in settings])
        evaluator = self._evaluator(ChosenColumns(chosen, n), finite=False)
        with np.errstate(all="ignore"):
            return random_columns(self.design.transforms, evaluator, self._contrasts, n)

    def any_predictor(self, name: str) -> Predictor:
        """Return a predictor of the fixed or the random effects; the result is cached."""
        if name in self.by_name:
            return self.by_name[name]
        if name not in self._others:
            self._others[name] = self._predictor(name)
        return self._others[name]

    def averages(self, settings: Sequence[Sequence[tuple[Setting, float]]]) -> GridRows:
        """Return the weighted average of the rows of each sequence of settings; NaN for an empty sequence."""
        counts = [len(each) for each in settings]
        rows = self.rows([setting for each in settings for setting, _ in each])
        weights = np.zeros((len(counts), sum(counts)))
        ends = np.cumsum([0, *counts])
        for i, each in enumerate(settings):
            weights[i, ends[i] : ends[i + 1]] = [weight for _, weight in each]
        found = rows.combined(weights)
        found.full[[not count for count in counts]] = np.nan
        return found

    def contrasts(self, rows: GridRows) -> tuple[_Array, NDArray[np.bool_]]:
        """Return the rows for the fitted coefficients, shape (m, p), and which are estimable, shape (m,).

        If columns were dropped, a row is estimable only if its estimate does not depend on the choice of
        the dropped columns. A row without values is not estimable.
        """
        defined = rows.defined
        full = rows.full if defined.all() else np.where(defined[:, None], rows.full, 0.0)
        kept = full[:, self._kept]
        if self._dropped is None:
            return kept, defined
        places, coefficients = self._dropped
        away = np.abs(full[:, places] - kept @ coefficients).max(axis=1)
        scale = np.abs(full).max(axis=1)
        return kept, defined & (away <= NOT_ESTIMABLE * np.where(scale > 0, scale, 1.0))

    @cached_property
    def _dropped(self) -> tuple[NDArray[np.intp], _Array] | None:
        """Positions of dropped columns, and their weights on the kept columns, shape (p, dropped)."""
        places = np.setdiff1d(np.arange(len(self._all_columns)), self._kept)
        if not places.size:
            return None
        X = model_matrix(self.formula.fixed, self._evaluator(self._columns), self._contrasts, self.design.n).X
        solved = np.linalg.lstsq(self.design.X, X[:, places], rcond=None)[0]
        return places, np.asarray(solved, dtype=np.float64)

    def has_value(self, name: str, value: float) -> bool:
        """Return whether all functions of a number are defined at a value and near their range in the data.

        Other columns of the same function are at their means. Near a pole a function has huge values that
        do not occur in the data, so the result is False.
        """
        exprs = [*self.formula.fixed.variables, *(offset.call for offset in self.formula.offsets)]
        for expr in exprs:
            names = {column.name for column in columns_of(expr)}
            if name not in names or isinstance(expr, Name):
                continue
            seen = self._observed.variable(expr)
            at = ChosenColumns({each: middle(self._columns.value(each)) for each in names}, 1)
            at.values = {**at.values, name: Numbers(np.array([value]))}
            try:
                found = self._evaluator(at, finite=False).variable(expr)
            except FormulaError:  # the factor of this number does not have this level
                return False
            if isinstance(seen, Factor) or isinstance(found, Factor):
                continue
            low, high = seen.values.min(axis=0), seen.values.max(axis=0)
            width = high - low
            if not ((found.values >= low - width) & (found.values <= high + width)).all():
                return False
        return True

    @cached_property
    def _observed(self) -> Evaluator:
        return self._evaluator(self._columns)

    def _evaluator(self, columns: Columns, *, finite: bool = True) -> Evaluator:
        return Evaluator(self.formula.text, columns, self._states, finite=finite)

    def _predictor(self, name: str) -> Predictor:
        value = self._columns.value(name)
        if isinstance(value, Factor):
            used = drop_unused(value)
            return categorical(name, used.codes.astype(np.float64), used.levels)
        if isinstance(value, Truths):
            return categorical(name, value.values, ("FALSE", "TRUE"))
        if value.exact is not None and any(
            self._makes_levels(expr, name) for expr in self.formula.fixed.variables
        ):
            used = as_factor(value)
            return categorical(name, used.codes.astype(np.float64), used.levels)
        distinct = np.unique(value.values)
        category = any(self._makes_levels(expr, name) for expr in self.formula.fixed.variables)
        if category:
            codes = np.searchsorted(distinct, value.values).astype(np.float64)
            return categorical(name, codes, tuple(distinct.tolist()))
        two = tuple(distinct.tolist()) if len(distinct) == 2 else ()
        mean = float(value.values.mean())
        nearest = float(distinct[np.argmin(np.abs(distinct - mean))])
        held = mean if self.has_value(name, mean) else nearest
        return Predictor(name, value.values, two, category=False, held=held)

    def _makes_levels(self, expr: Expr, name: str) -> bool:
        """Return whether a variable is a factor of one number column, such as ``factor(dose)``."""
        if isinstance(expr, Name) or {column.name for column in columns_of(expr)} != {name}:
            return False
        return isinstance(self._evaluator(self._columns).variable(expr), Factor)

    def _value(self, name: str, levels: Sequence[PredictorValue]) -> Value:
        """Return chosen levels as a value of the column, for evaluation of the formula."""
        value = self._columns.value(name)
        predictor = self.any_predictor(name)
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
