"""Evaluate expressions on the rows of a frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.columns import ColumnError, Columns
from mlm_steps.design.deparse import deparse, format_number
from mlm_steps.design.expressions import (
    Binary,
    Call,
    Expr,
    Name,
    Number,
    Paren,
    Text,
    Truth,
    Unary,
    columns_of,
    left_spine,
)
from mlm_steps.design.transforms import FUNCTIONS
from mlm_steps.design.transforms.base import State, one_column
from mlm_steps.design.variables import Factor, Numbers, Truths, Value, as_factor, drop_unused
from mlm_steps.language.faults import TransformError, formula_error, nearest

__all__ = ["Evaluator"]

_Array = NDArray[np.float64]
_ARITHMETIC: Mapping[str, Callable[[_Array, _Array], _Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}
_COMPARISONS: Mapping[str, Callable[[_Array, _Array], NDArray[np.bool_]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}


_LONG_INTEGER = re.compile(r"-?[1-9][0-9]{15,}\Z")
"""Whole numbers that float64 may not represent, which are therefore compared as text."""


class Evaluator:
    """Evaluates the variables of one formula on one frame.

    Parameters
    ----------
    text : str
        The formula, for messages.
    columns : Columns
    states : mapping or None
        The states of transforms from the first data, by the variable as R prints it; None to learn them now.
    finite : bool
        Whether a result that is not finite is an error. On a grid it is not, since functions may be undefined
        at some of its values.

    Attributes
    ----------
    states : dict
        The states of transforms, as plain JSON values.
    """

    def __init__(
        self,
        text: str,
        columns: Columns,
        states: Mapping[str, State] | None = None,
        *,
        finite: bool = True,
    ) -> None:
        self.text = text
        self.finite = finite
        self.columns = columns
        self.learning = states is None
        self.states: dict[str, State] = dict(states or {})
        self._values: dict[str, Value] = {}

    def variable(self, expr: Expr) -> Value:
        """Return a variable of a term; its numbers are finite where its columns have values.

        Raises
        ------
        FormulaError
            A column is of the wrong kind, a transform cannot be applied, new data have an unknown level, or a
            result is not finite; the message then names the first such row.
        """
        name = deparse(expr)
        if name not in self._values:
            if isinstance(expr, Name):
                value = self._column(expr)
            else:
                with np.errstate(all="ignore"):
                    value = self._value(expr)
            if self.finite and not isinstance(value, Factor):
                self._require_finite(expr, value.values)
            self._values[name] = value
        return self._values[name]

    def numbers(self, expr: Expr) -> _Array:
        """Return a variable that must be one numeric column, shape (n,)."""
        value = self.variable(expr)
        if isinstance(value, Factor):
            what = f"{deparse(expr)} is not numeric: its values are {_some(value.levels)}"
            raise formula_error(self.text, expr.span, what, "an outcome or offset must be a number")
        return self._one_column(expr, value)

    def _require_finite(self, expr: Expr, values: _Array) -> None:
        finite = np.isfinite(values) if values.ndim == 1 else np.isfinite(values).all(axis=1)
        if finite.all():
            return
        bad = ~finite & self._present(expr)
        if not bad.any():
            return
        position = int(np.argmax(bad))
        row = position if self.columns.rows is None else int(self.columns.rows[position])
        what = f"{deparse(expr)} is not a finite number in row {row + 1}{self._inputs(expr, position)}"
        raise formula_error(self.text, expr.span, what, "correct the value, or mark it as missing")

    def _present(self, expr: Expr) -> NDArray[np.bool_]:
        present = np.ones(self.columns.n, dtype=bool)
        for name in columns_of(expr):
            value = self.columns.value(name.name)
            present &= value.codes >= 0 if isinstance(value, Factor) else ~np.isnan(value.values)
        return present

    def _inputs(self, expr: Expr, position: int) -> str:
        if isinstance(expr, Name):
            return ""
        shown = []
        for name in dict.fromkeys(name.name for name in columns_of(expr)):
            value = self.columns.value(name)
            if not isinstance(value, Factor):
                shown.append(f"{name} = {format_number(float(value.values[position]))}")
        return f" ({', '.join(shown)})" if shown else ""

    def _value(self, expr: Expr) -> Value:
        if isinstance(expr, Name):
            return self._column(expr)
        if isinstance(expr, Number):
            return Numbers(np.full(self.columns.n, expr.value))
        if isinstance(expr, Truth):
            return Truths(np.full(self.columns.n, float(expr.value)))
        if isinstance(expr, Paren):
            return self._value(expr.inner)
        if isinstance(expr, Unary):
            return self._unary(expr)
        if isinstance(expr, Binary):
            return self._binary(expr)
        if isinstance(expr, Call):
            return self._call(expr)
        what = "a column or a number is needed here, not a text"
        raise formula_error(self.text, expr.span, what, "names of columns are written without quotes")

    def _column(self, expr: Name) -> Value:
        try:
            value = self.columns.value(expr.name)
        except ColumnError as fault:
            raise formula_error(self.text, expr.span, f"{expr.name} cannot be used: {fault}") from None
        state = self.states.get(deparse(expr))
        if not self.learning:
            return self._relabelled(expr, value, state or {})
        if isinstance(value, Factor):
            value = drop_unused(value)
            learned: State = {"levels": list(value.levels), "ordered": value.ordered}
            self.states[deparse(expr)] = learned
        return value

    def _relabelled(self, expr: Name, value: Value, state: State) -> Value:
        """Return a column of new data with the levels of the first data."""
        levels = state.get("levels")
        if isinstance(value, Factor) != isinstance(levels, list):
            kinds = ("numbers", "categories") if isinstance(value, Factor) else ("categories", "numbers")
            what = f"{expr.name} holds {kinds[1]}, and held {kinds[0]} when the model was fitted"
            raise formula_error(self.text, expr.span, what)
        if not isinstance(value, Factor) or not isinstance(levels, list):
            return value
        position = {label: i for i, label in enumerate(levels)}
        unknown = [label for label in drop_unused(value).levels if label not in position]
        if unknown:
            what = f"the level {unknown[0]} of {expr.name} did not occur when the model was fitted"
            raise formula_error(self.text, expr.span, what, f"known levels: {_some(tuple(levels))}")
        rank = np.array([*(position.get(label, -1) for label in value.levels), -1], dtype=np.intp)
        return Factor(rank[value.codes], tuple(levels), bool(state.get("ordered")))

    def _unary(self, expr: Unary) -> Value:
        if expr.operator == "!":
            raise formula_error(
                self.text, expr.span, "! is not part of the formula language", "compare with =="
            )
        operand = self._one_column(expr.operand, self._value(expr.operand))
        return Numbers(-operand if expr.operator == "-" else operand)

    def _binary(self, expr: Binary) -> Value:
        first, operations = left_spine(expr)
        value = self._operate(operations[0], first, None)
        for before, operation in pairwise(operations):
            value = self._operate(operation, before, value)
        return value

    def _operate(self, operation: Binary, left: Expr, value: Value | None) -> Value:
        operator, right = operation.operator, operation.right
        if operator in _COMPARISONS:
            for text, other in ((left, right), (right, left)):
                if isinstance(text, Text):
                    return self._equals_text(operation, other, text)
        if operator not in _ARITHMETIC and operator not in _COMPARISONS:
            what = f"{operator} has no meaning inside a function"
            raise formula_error(self.text, operation.span, what, "use + - * / ^ or comparisons")
        values = (self._value(left) if value is None else value, self._value(right))
        first, second = self._one_column(left, values[0]), self._one_column(right, values[1])
        if operator in {"==", "!="}:
            self._require_digits(operation, values)
        if operator in _ARITHMETIC:
            return Numbers(_ARITHMETIC[operator](first, second))
        outcome = _COMPARISONS[operator](first, second).astype(np.float64)
        return Truths(np.where(np.isnan(first) | np.isnan(second), np.nan, outcome))

    def _require_digits(self, operation: Binary, values: Sequence[Value]) -> None:
        if any(isinstance(value, Numbers) and value.exact is not None for value in values):
            what = f"{deparse(operation)} compares numbers with more digits than float64 keeps"
            raise formula_error(self.text, operation.span, what, "write the constant in quotes")

    def _equals_text(self, operation: Binary, column: Expr, text: Text) -> Value:
        factor = self._value(column)
        long = isinstance(factor, Numbers) and _LONG_INTEGER.match(text.value) is not None
        if long:
            factor = self._as_factor(column, factor)
        if operation.operator not in {"==", "!="} or not isinstance(factor, Factor):
            what = "a text is compared by == or != with a column of categories"
            raise formula_error(self.text, operation.span, what)
        if text.value not in factor.levels and (self.learning or not long):
            hint = nearest(text.value, factor.levels) or f"its levels are {_some(factor.levels)}"
            raise formula_error(self.text, text.span, f"{deparse(column)} has no level {text.value}", hint)
        position = factor.levels.index(text.value) if text.value in factor.levels else len(factor.levels)
        equal = factor.codes == position
        outcome = (equal if operation.operator == "==" else ~equal).astype(np.float64)
        return Truths(np.where(factor.codes < 0, np.nan, outcome))

    def _as_factor(self, expr: Expr, value: Value) -> Factor:
        try:
            return as_factor(value)
        except ValueError as fault:
            raise formula_error(self.text, expr.span, f"{deparse(expr)}: {fault}") from None

    def _call(self, call: Call) -> Value:
        if call.function == "c":
            what = "c(…) gives options to a function and is not a column"
            raise formula_error(self.text, call.span, what)
        data, name, transform = self._value(call.data), deparse(call), FUNCTIONS[call.function]
        try:
            if self.learning:
                state = transform.learn(data, dict(call.options))
                if state:
                    self.states[name] = state
            return transform.apply(data, self.states.get(name, {}))
        except TransformError as fault:
            raise formula_error(self.text, call.span, f"{name}: {fault.what}", fault.hint) from None

    def _one_column(self, expr: Expr, value: Value) -> _Array:
        try:
            return one_column(value)
        except TransformError as fault:
            raise formula_error(self.text, expr.span, f"{deparse(expr)}: {fault.what}", fault.hint) from None


def _some(labels: tuple[str, ...]) -> str:
    return ", ".join(labels[:6]) + (", …" if len(labels) > 6 else "")
