"""The nodes of an expression on the data, each with its position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mlm_steps.language.faults import Span

__all__ = [
    "Binary",
    "Call",
    "Column",
    "Expression",
    "Item",
    "Items",
    "Node",
    "Nothing",
    "Number",
    "Text",
    "Truth",
    "Unary",
    "columns_of",
    "left_spine",
]


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float
    span: Span


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
class Nothing:
    """``NA``, a missing value."""

    span: Span


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a list: its text as written, and the number if it is one."""

    text: str
    number: float | None
    span: Span


@dataclass(frozen=True, slots=True)
class Items:
    """A list of values, ``[a, b]`` or ``c("a", "b")``."""

    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``+x`` or ``!x``."""

    operator: str
    operand: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary operation; ``and``, ``or``, ``in`` and ``not in`` are operators too."""

    operator: str
    left: Node
    right: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function.

    Attributes
    ----------
    function : str
    arguments : tuple of (str, Node)
        Each argument with the name of its parameter; a parameter that takes any number of values is repeated.
    """

    function: str
    arguments: tuple[tuple[str, Node], ...]
    span: Span

    def argument(self, name: str) -> Node | None:
        """Return the argument of one parameter; None if it is not given."""
        return next((node for parameter, node in self.arguments if parameter == name), None)


Node: TypeAlias = Column | Number | Text | Truth | Nothing | Items | Unary | Binary | Call


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression with its text."""

    text: str
    root: Node

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names, each once, in the order of writing."""
        return tuple(dict.fromkeys(column.name for column in columns_of(self.root)))


def left_spine(node: Binary) -> tuple[Node, list[Binary]]:
    """Return the leftmost operand and the operations on it, innermost first.

    The tree of a sum of a thousand terms is a thousand levels deep; this walk needs no recursion.
    """
    operations: list[Binary] = []
    left: Node = node
    while isinstance(left, Binary):
        operations.append(left)
        left = left.left
    return left, operations[::-1]


def columns_of(node: Node) -> Iterator[Column]:
    """Yield the columns of an expression in the order of writing, repeated ones too."""
    if isinstance(node, Column):
        yield node
    elif isinstance(node, Unary):
        yield from columns_of(node.operand)
    elif isinstance(node, Call):
        for _, argument in node.arguments:
            yield from columns_of(argument)
    elif isinstance(node, Binary):
        first, operations = left_spine(node)
        yield from columns_of(first)
        for operation in operations:
            yield from columns_of(operation.right)
