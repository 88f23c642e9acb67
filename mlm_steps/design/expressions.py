"""The nodes of a formula's tree, each with its position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mlm_steps.language.faults import Span

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
    """A number; ``word`` is its name if it is written as a name, such as ``pi``."""

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
    """A binary operation."""

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
    """An argument of a function, with its name if it has one."""

    name: str | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of the formula language.

    Attributes
    ----------
    data : tuple of Expr
        The first argument, which is computed from columns.
    options : mapping as a tuple of pairs
        The other arguments as plain values, by parameter name.
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

    The tree of a sum of a thousand terms is a thousand levels deep; this walk needs no recursion.
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
