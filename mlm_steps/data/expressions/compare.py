"""Comparisons and membership: numbers with numbers, text with text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mlm_steps.data.expressions.base import numbers_of
from mlm_steps.data.expressions.values import (
    Bools,
    Categories,
    Codes,
    Floats,
    Numbers,
    Truths,
    Value,
    described,
)
from mlm_steps.errors import did_you_mean, listing
from mlm_steps.language.faults import TransformError, formula_error
from mlm_steps.language.tree import Binary, Item, Items, Node

__all__ = ["compared", "member"]

_OPERATIONS: Mapping[str, Callable[[Floats | Codes, Floats | Codes], Bools]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN = 6
"""A message lists at most this many levels, so that it stays on one line."""


def compared(text: str, node: Binary, left: tuple[Node, Value], right: tuple[Node, Value]) -> Truths:
    """Return a comparison; it is missing where an operand is.

    Raises
    ------
    TransformError
        Text is compared with a number, or by order although it has none.
    FormulaError
        A text is not among the levels of the column.
    """
    (first_node, first), (second_node, second) = left, right
    if isinstance(first, Categories) and isinstance(second, Categories):
        if second.literal and not first.literal:
            return _with_level(text, node.operator, first, second, second_node)
        if first.literal and not second.literal:
            return _with_level(text, _turned(node.operator), second, first, first_node)
        return _between(node.operator, first, second)
    if isinstance(first, Categories) or isinstance(second, Categories):
        raise TransformError(*_mixed(text, left, right))
    x, y = numbers_of(first).values, numbers_of(second).values
    return _decided(_OPERATIONS[node.operator](x, y), np.isnan(x) | np.isnan(y))


def _decided(outcome: Bools, missing: Bools) -> Truths:
    outcome, missing = np.asarray(outcome), np.asarray(missing)
    if not missing.any():
        return Truths(outcome, ~outcome)
    return Truths(outcome & ~missing, ~outcome & ~missing)


def _turned(operator: str) -> str:
    """Return the operator that gives the same after the operands changed sides."""
    return {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)


def _mixed(text: str, left: tuple[Node, Value], right: tuple[Node, Value]) -> tuple[str, str]:
    """Return the fault of text compared with a number, and a hint."""
    (word, category), (other, value) = (left, right) if isinstance(left[1], Categories) else (right, left)
    shown, number = (text[node.span.start : node.span.end] for node in (word, other))
    what = f"{shown} is {described(category)} and {number} is {described(value)}"
    if not isinstance(category, Categories) or category.literal:
        return what, "a number is written without quotes"
    if number in category.levels:
        return what, f'write "{number}" in quotes'
    return what, "declare type: number for the column, or compare it with a text in quotes"


def _with_level(text: str, operator: str, column: Categories, literal: Categories, place: Node) -> Truths:
    """Compare a column with a text."""
    level = literal.levels[0]
    if operator not in ("==", "!=") and not column.ordered and _are_dates((level, *column.levels)):
        return _with_date(operator, column, level)
    if level not in column.levels:
        raise formula_error(text, place.span, *_no_level(level, column))
    if operator not in ("==", "!=") and not column.ordered:
        what = f"{operator} needs an order, and the levels have none"
        raise TransformError(what, "compare by == or in, or declare type: ordered and levels")
    outcome = _OPERATIONS[operator](column.codes, np.asarray(column.levels.index(level)))
    return _decided(outcome, column.codes < 0)


def _are_dates(words: Sequence[str]) -> bool:
    """Return whether all words are dates such as 2024-03-01, whose order is that of their text."""
    return all(_DATE.fullmatch(word) for word in words)


def _with_date(operator: str, column: Categories, date: str) -> Truths:
    """Compare dates in a column with a date, which need not occur."""
    levels = np.array([*(level >= date for level in column.levels), False], dtype=np.int8)
    levels += np.array([*(level > date for level in column.levels), False], dtype=np.int8)
    outcome = _OPERATIONS[operator](levels[column.codes].astype(np.intp), np.asarray(1))
    return _decided(outcome, column.codes < 0)


def _between(operator: str, first: Categories, second: Categories) -> Truths:
    """Compare two columns of text, or two texts, by their labels."""
    if operator not in ("==", "!=") and (not first.ordered or first.levels != second.levels):
        raise TransformError(f"{operator} needs two ordered columns with the same levels")
    position = {level: code for code, level in enumerate(first.levels)}
    beyond = len(first.levels)
    codes = np.array([*(position.get(level, beyond) for level in second.levels), -1], dtype=np.intp)
    outcome = _OPERATIONS[operator](first.codes, codes[second.codes])
    return _decided(outcome, (first.codes < 0) | (second.codes < 0))


def _no_level(level: str, column: Categories) -> tuple[str, str]:
    hint = did_you_mean(level, column.levels) or f"there are {listing(column.levels, _SHOWN)}"
    return f"no row has the value '{level}'", hint


def member(text: str, value: Value, items: Items) -> Truths:
    """Return in which rows a value is one of a list; missing where the value is.

    Raises
    ------
    TransformError
        The value is neither text nor a number.
    FormulaError
        An item is not among the levels of the column, or not a number.
    """
    if isinstance(value, Categories):
        return _among_levels(text, value, items)
    if not isinstance(value, Numbers):
        raise TransformError(f"this is {described(value)}, which is in no list of values")
    wrong = next((item for item in items.items if item.number is None), None)
    if wrong is not None:
        what = f"the column holds numbers, and '{wrong.text}' is a text"
        raise formula_error(text, wrong.span, what, "declare type: category if its values are labels")
    wanted = np.array([item.number for item in items.items], dtype=np.float64)
    return _decided(np.isin(value.values, wanted), np.isnan(value.values))


def _among_levels(text: str, column: Categories, items: Items) -> Truths:
    wanted = np.zeros(len(column.levels) + 1, dtype=bool)
    position = {level: code for code, level in enumerate(column.levels)}
    for item in items.items:
        wanted[_position(text, item, column, position)] = True
    return _decided(wanted[column.codes], column.codes < 0)


def _position(text: str, item: Item, column: Categories, position: Mapping[str, int]) -> int:
    if item.text not in position:
        raise formula_error(text, item.span, *_no_level(item.text, column))
    return position[item.text]
