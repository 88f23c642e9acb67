"""The tree of a formula: frozen nodes, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mlm_steps.design.faults import Span

__all__ = [
    "Argument",
    "Binary",
    "Call",
    "Expr",
    "Name",
    "Number",
    "Paren",
    "Text",
    "Truth",
    "Unary",
    "columns_of",
    "left_spine",
    "words_of",
]


@dataclass(frozen=True, slots=True)
class Name:
    """A column, or a word such as ``sum`` among the options of a function."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Number:
    """A number; ``word`` is its name where it is written as one, such as ``pi``."""

    value: float
    span: Span
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """``TRUE`` or ``FALSE``."""

    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``+x`` or ``!x``."""

    operator: str
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Paren:
    """An expression in parentheses, kept because R prints them."""

    inner: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a function, with its name where one is written."""

    name: str | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table, applied.

    Attributes
    ----------
    data : tuple of Expr
        What is computed from columns: the function's first argument.
    options : mapping as a tuple of pairs
        The other arguments as plain values, under the function's own names for them.
    """

    function: str
    arguments: tuple[Argument, ...]
    data: Expr
    options: tuple[tuple[str, Option], ...]
    span: Span


Option: TypeAlias = float | str | bool | tuple[float, ...] | tuple[str, ...] | None
Expr: TypeAlias = Name | Number | Text | Truth | Unary | Binary | Paren | Call


def words_of(expr: Expr) -> Iterator[Number]:
    """Yield the numbers of an expression that are written as words."""
    if isinstance(expr, Number):
        yield from () if expr.word is None else (expr,)
    elif isinstance(expr, Unary):
        yield from words_of(expr.operand)
    elif isinstance(expr, Paren):
        yield from words_of(expr.inner)
    elif isinstance(expr, Call):
        yield from words_of(expr.data)
    elif isinstance(expr, Binary):
        first, operations = left_spine(expr)
        yield from words_of(first)
        for operation in operations:
            yield from words_of(operation.right)


def left_spine(expr: Binary) -> tuple[Expr, list[Binary]]:
    """Return the leftmost operand and the operations on it, innermost first.

    A sum of a thousand terms leans to the left a thousand deep; walking its spine needs no recursion.
    """
    operations: list[Binary] = []
    node: Expr = expr
    while isinstance(node, Binary):
        operations.append(node)
        node = node.left
    return node, operations[::-1]


def columns_of(expr: Expr) -> Iterator[Name]:
    """Yield the columns of an expression in the order of writing, repeated ones too."""
    if isinstance(expr, Name):
        yield expr
    elif isinstance(expr, Unary):
        yield from columns_of(expr.operand)
    elif isinstance(expr, Paren):
        yield from columns_of(expr.inner)
    elif isinstance(expr, Call):
        yield from columns_of(expr.data)
    elif isinstance(expr, Binary):
        first, operations = left_spine(expr)
        yield from columns_of(first)
        for operation in operations:
            yield from columns_of(operation.right)
