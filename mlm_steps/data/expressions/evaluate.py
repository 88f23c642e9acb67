"""Evaluate an expression on the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from mlm_steps.data.expressions.base import Argument, finite_or_undefined, numbers_of
from mlm_steps.data.expressions.compare import compared, member
from mlm_steps.data.expressions.functions import FUNCTIONS
from mlm_steps.data.expressions.values import (
    Categories,
    Empty,
    Floats,
    Numbers,
    Truths,
    Value,
    column_value,
    described,
)
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import FormulaError, listing
from mlm_steps.language.faults import TransformError, formula_error, nearest
from mlm_steps.language.tree import (
    Binary,
    Call,
    Column,
    Expression,
    Items,
    Node,
    Nothing,
    Number,
    Text,
    Truth,
    Unary,
    left_spine,
)

__all__ = ["Evaluator"]

_ARITHMETIC: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "%%": np.mod,
    "%/%": np.floor_divide,
}
_COMPARISONS = frozenset(("==", "!=", "<", ">", "<=", ">="))


class Evaluator:
    """Evaluates one expression.

    Parameters
    ----------
    expression : Expression
    columns : mapping of str to TypedColumn
        All of the same length.
    """

    def __init__(self, expression: Expression, columns: Mapping[str, TypedColumn]) -> None:
        self.text = expression.text
        self.root = expression.root
        self.columns = columns

    def value(self) -> Value:
        """Return the value of the expression.

        Raises
        ------
        FormulaError
            A column or level is unknown, or a value is of the wrong kind.
        """
        with np.errstate(all="ignore"):
            return self._value(self.root)

    def condition(self) -> Truths:
        """Return the value of an expression that must be a condition; raise FormulaError for others."""
        value = self.value()
        if isinstance(value, Truths):
            return value
        hint = "compare it, for example x > 0"
        if isinstance(value, Categories):
            hint = 'compare it, for example x == "a" or x in [a, b]'
        raise self._fault(self.root, f"this is {described(value)}, not a condition", hint)

    def _fault(self, node: Node, what: str, hint: str | None = None) -> FormulaError:
        return formula_error(self.text, node.span, what, hint)

    def _refusal(self, node: Node, fault: TransformError, *operands: Node) -> FormulaError:
        """Return the fault of an operation; if an operand is mostly numbers, its text is the likely cause."""
        for operand in operands:
            column = self.columns.get(operand.name) if isinstance(operand, Column) else None
            if column is not None and column.strays and column.kind != "number":
                what = f"{fault.what}: among its numbers {column.name} holds {column.strays}"
                return self._fault(node, what, column.strays.hint)
        return self._fault(node, fault.what, fault.hint)

    def _value(self, node: Node) -> Value:
        if isinstance(node, Column):
            return self._column(node)
        if isinstance(node, Number):
            return Numbers(np.asarray(node.value))
        if isinstance(node, Text):
            return Categories(np.asarray(0), (node.value,), literal=True)
        if isinstance(node, Truth):
            return Truths(np.asarray(node.value), np.asarray(not node.value))
        if isinstance(node, Nothing):
            return Empty()
        if isinstance(node, Unary):
            return self._unary(node)
        if isinstance(node, Binary):
            return self._binary(node)
        if isinstance(node, Call):
            return self._call(node)
        what = "a list of values cannot stand here"
        raise self._fault(node, what, "it stands to the right of in: x in [a, b]")

    def _column(self, node: Column) -> Value:
        if node.name in self.columns:
            return column_value(self.columns[node.name])
        hint = nearest(node.name, self.columns)
        if hint is None and self._is_level(node.name):
            hint = f'a text goes in quotes: "{node.name}"'
        hint = hint or f"the columns are {listing(self.columns)}"
        raise self._fault(node, f"there is no column {node.name}", hint)

    def _is_level(self, word: str) -> bool:
        """Return whether a category has a level of this name."""
        values = (column.values for column in self.columns.values() if column.kind in ("category", "ordered"))
        return any(isinstance(value, pd.Categorical) and word in value.categories for value in values)

    def _unary(self, node: Unary) -> Value:
        value = self._value(node.operand)
        if node.operator == "!":
            truths = self._truths(node.operand, value)
            return Truths(truths.false, truths.true)
        numbers = self._numbers(node.operand, value)
        return Numbers(np.asarray(-numbers.values), numbers.undefined) if node.operator == "-" else numbers

    def _binary(self, node: Binary) -> Value:
        first, operations = left_spine(node)
        value = self._operate(operations[0], first, self._value(first))
        for before, operation in pairwise(operations):
            value = self._operate(operation, before, value)
        return value

    def _operate(self, node: Binary, left: Node, value: Value) -> Value:
        operator = node.operator
        if operator in ("in", "not in"):
            return self._member(node, left, value)
        other = self._value(node.right)
        if operator in ("and", "or"):
            return _joined(operator, self._truths(left, value), self._truths(node.right, other))
        if operator in _COMPARISONS:
            return self._compared(node, left, value, other)
        first, second = self._numbers(left, value), self._numbers(node.right, other)
        result = _ARITHMETIC[operator](first.values, second.values)
        return finite_or_undefined(np.asarray(result), first, second)

    def _member(self, node: Binary, left: Node, value: Value) -> Truths:
        if not isinstance(node.right, Items):
            what = f"to the right of {node.operator} stands a list"
            raise self._fault(node.right, what, f"for example {node.operator} [a, b]")
        try:
            found = member(self.text, value, node.right)
        except TransformError as fault:
            raise self._fault(left, fault.what, fault.hint) from None
        return found if node.operator == "in" else Truths(found.false, found.true)

    def _compared(self, node: Binary, left: Node, value: Value, other: Value) -> Truths:
        for place, side in ((left, value), (node.right, other)):
            if isinstance(side, Empty):
                hint = "write missing(x) or !missing(x)"
                raise self._fault(place, "nothing is equal to NA or differs from it", hint)
        try:
            return compared(self.text, node, (left, value), (node.right, other))
        except TransformError as fault:
            raise self._refusal(node, fault, left, node.right) from None

    def _truths(self, node: Node, value: Value) -> Truths:
        if isinstance(value, Truths):
            return value
        if isinstance(value, Empty):
            return Truths(np.asarray(False), np.asarray(False))
        raise self._fault(node, f"a condition is needed, and this is {described(value)}", "compare it: x > 0")

    def _numbers(self, node: Node, value: Value) -> Numbers:
        try:
            return numbers_of(value)
        except TransformError as fault:
            raise self._refusal(node, fault, node) from None

    def _call(self, node: Call) -> Value:
        arguments: dict[str, tuple[Argument, ...]] = {}
        for name, argument in node.arguments:
            value = argument if isinstance(argument, Items) else self._value(argument)
            arguments[name] = (*arguments.get(name, ()), value)
        try:
            return FUNCTIONS[node.function].apply(arguments)
        except TransformError as fault:
            found = TransformError(f"{node.function}(): {fault.what}", fault.hint)
            raise self._refusal(node, found, *(argument for _, argument in node.arguments)) from None


def _joined(operator: str, first: Truths, second: Truths) -> Truths:
    """Return ``and`` or ``or`` by R's rules: NA and FALSE is FALSE, NA or TRUE is TRUE."""
    if operator == "and":
        return Truths(first.true & second.true, first.false | second.false)
    return Truths(first.true | second.true, first.false & second.false)
