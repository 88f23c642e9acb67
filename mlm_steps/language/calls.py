"""Match the arguments of a function to its parameters."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.errors import FormulaError, listing
from mlm_steps.language.faults import Span, formula_error, nearest
from mlm_steps.language.functions import HINTS, SIGNATURES
from mlm_steps.language.tokens import Token
from mlm_steps.language.tree import Node

__all__ = ["match_arguments", "no_function"]


def no_function(text: str, word: Token) -> FormulaError:
    """Return the fault of an unknown function."""
    hint = HINTS.get(word.value) or nearest(word.value, SIGNATURES)
    hint = hint or f"it has {listing(SIGNATURES, len(SIGNATURES))}"
    return formula_error(text, word.span, f"expressions have no function {word.value}()", hint)


def match_arguments(
    text: str, function: str, arguments: Sequence[tuple[str | None, Node]], span: Span
) -> tuple[tuple[str, Node], ...]:
    """Return the arguments with the names of their parameters, in the order of the parameters.

    Raises
    ------
    FormulaError
        There are too many or too few arguments, or a name is unknown or repeated.
    """
    signature = SIGNATURES[function]
    if signature.many:
        return _several(text, function, arguments, span)
    given: dict[str, Node] = {}
    for name, node in arguments:
        if name is not None:
            _check_name(text, function, name, node, given)
            given[name] = node
    free = [name for name in signature.parameters if name not in given]
    for name, node in arguments:
        if name is None:
            if not free:
                count = len(signature.parameters)
                what = f"{function}() takes {count} argument{'s' * (count > 1)}"
                raise formula_error(text, node.span, what, ", ".join(signature.parameters))
            given[free.pop(0)] = node
    absent = [name for name in signature.parameters[: signature.needed] if name not in given]
    if absent:
        hint = f"write {function}({', '.join(signature.parameters[: signature.needed])})"
        raise formula_error(text, span, f"{function}() has no argument {absent[0]}", hint)
    return tuple((name, given[name]) for name in signature.parameters if name in given)


def _several(
    text: str, function: str, arguments: Sequence[tuple[str | None, Node]], span: Span
) -> tuple[tuple[str, Node], ...]:
    """Return the arguments of a function that takes any number of them."""
    (parameter,) = SIGNATURES[function].parameters
    named = next(((name, node) for name, node in arguments if name is not None), None)
    if named:
        what = f"{function}() has no argument {named[0]}"
        raise formula_error(text, named[1].span, what, f"write {function}(x, y)")
    if not arguments:
        raise formula_error(text, span, f"{function}() has no argument", f"write {function}(x, y)")
    return tuple((parameter, node) for _, node in arguments)


def _check_name(text: str, function: str, name: str, node: Node, given: dict[str, Node]) -> None:
    parameters = SIGNATURES[function].parameters
    if name not in parameters:
        hint = nearest(name, parameters) or f"it has {', '.join(parameters)}"
        raise formula_error(text, node.span, f"{function}() has no argument {name}", hint)
    if name in given:
        raise formula_error(text, node.span, f"{function}() has its argument {name} twice")
