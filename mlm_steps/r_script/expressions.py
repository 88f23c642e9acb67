"""Expressions on the data, in filters and derived columns, as R reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlm_steps.language.parser import parse_expression
from mlm_steps.language.tree import (
    Binary,
    Call,
    Column,
    Items,
    Node,
    Nothing,
    Number,
    Text,
    Truth,
    Unary,
)
from mlm_steps.r_script.text import name, number, string, vector

__all__ = ["r_condition", "r_expression"]

_BINDING: Mapping[str, int] = {
    "or": 1, "and": 2, "!": 3, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5,
    "*": 6, "/": 6, "in": 7, "%%": 8, "%/%": 8, "unary": 9, "^": 10,
}  # fmt: skip
"""How tightly R binds operators; parts that bind less are put in parentheses."""
_SIGNS = {"or": "|", "and": "&", "in": "%in%"}
_RENAMED = {"missing": "is.na", "if_else": "ifelse"}
_ATOM = 99
"""Binding of a name, a number or a call, which need no parentheses."""


def r_expression(text: str) -> str:
    """Return an expression of R with the value of one of this program.

    >>> r_expression("if_else(age < 18 and not missing(x), 'young', 'old')")
    'ifelse(age < 18 & !is.na(x), "young", "old")'
    >>> r_expression("-(a - (b - c)) ^ 2")
    '-(a - (b - c))^2'
    """
    return _written(parse_expression(text).root, in_filter=False)[0]


def r_condition(text: str) -> str:
    """Return a filter as a condition of R, which is false or missing in the rows that are dropped.

    >>> r_condition("group not in [a, b]")
    '!(group %in% c("a", "b", NA))'
    """
    return _written(parse_expression(text).root, in_filter=True)[0]


def _written(node: Node, *, in_filter: bool) -> tuple[str, int]:
    """Return the text of a node and how tightly it binds."""
    if isinstance(node, Binary):
        return _binary(node, in_filter=in_filter)
    if isinstance(node, Unary):
        key = "!" if node.operator == "!" else "unary"
        return node.operator + _inside(node.operand, _BINDING[key], in_filter=in_filter), _BINDING[key]
    if isinstance(node, Call):
        return _call(node), _ATOM
    return _LEAVES[type(node)](node), _ATOM


def _inside(node: Node, least: int, *, in_filter: bool) -> str:
    text, binding = _written(node, in_filter=in_filter)
    return text if binding >= least else f"({text})"


def _binary(node: Binary, *, in_filter: bool) -> tuple[str, int]:
    operator = node.operator
    if operator in ("in", "not in"):
        return _membership(node, in_filter=in_filter)
    binding = _BINDING[operator]
    compares, power = binding == _BINDING["=="], operator == "^"
    left = _inside(node.left, binding + (power or compares), in_filter=in_filter)
    right = _inside(node.right, binding + (not power), in_filter=in_filter)
    sign = _SIGNS.get(operator, operator)
    return (f"{left}^{right}" if power else f"{left} {sign} {right}"), binding


def _membership(node: Binary, *, in_filter: bool) -> tuple[str, int]:
    """Return ``x %in% values``; a missing x is missing in a value, and dropped by a filter."""
    left = _inside(node.left, _BINDING["in"] + 1, in_filter=in_filter)
    right, _ = _written(node.right, in_filter=in_filter)
    if in_filter and node.operator == "in":
        return f"{left} %in% {right}", _BINDING["in"]
    if in_filter:
        inner = right[2:-1] if right.startswith("c(") else right
        return f"!({left} %in% c({inner}, NA))", _BINDING["!"]
    found = f"{left} %in% {right}" if node.operator == "in" else f"!({left} %in% {right})"
    return f"ifelse(is.na({left}), NA, {found})", _ATOM


def _call(node: Call) -> str:
    parts = [(key, _written(each, in_filter=False)[0]) for key, each in node.arguments]
    if node.function == "as_number":
        return f"as.numeric(as.character({parts[0][1]}))"
    named = node.function == "cut"
    texts = [f"{key} = {text}" if named and key != "x" else text for key, text in parts]
    return f"{_RENAMED.get(node.function, node.function)}({', '.join(texts)})"


def _items(node: Items) -> str:
    return vector(string(i.text) if i.number is None else number(i.number) for i in node.items)


_LEAVES: Mapping[type, Callable[..., str]] = {
    Column: lambda node: name(node.name),
    Number: lambda node: number(node.value),
    Text: lambda node: string(node.value),
    Truth: lambda node: "TRUE" if node.value else "FALSE",
    Nothing: lambda _: "NA",
    Items: _items,
}
