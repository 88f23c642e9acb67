"""The docstrings of the fields of a block, which stand in its source below the fields."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from mlm_steps.spec.base import SpecBlock

__all__ = ["field_docstrings"]


def field_docstrings(block: type[SpecBlock]) -> dict[str, str]:
    """Return the docstring of each field that has one, by name; inherited fields are included."""
    found: dict[str, str] = {}
    for each in reversed(block.__mro__):
        if issubclass(each, SpecBlock):
            found |= dict(_below_fields(_classes(each.__module__)[each.__name__]))
    return {name: text for name, text in found.items() if name in block.model_fields}


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    """Return the classes in the source of a module by name."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}


def _below_fields(block: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield the fields of a class that are followed by a text, with the text."""
    for field, text in pairwise(block.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as words)):
                yield name, inspect.cleandoc(words)
