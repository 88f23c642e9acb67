"""Match the arguments of a function to its parameters: data first, then options."""

from __future__ import annotations

from mlm_steps.design.expressions import (
    Argument,
    Binary,
    Call,
    Expr,
    Name,
    Number,
    Option,
    Paren,
    Text,
    Truth,
    Unary,
)
from mlm_steps.design.signatures import PARAMETERS
from mlm_steps.language.faults import Span, formula_error, nearest

__all__ = ["EVENTS", "match_arguments", "match_events"]

EVENTS = "cbind"
"""The function of R that joins the numbers of events and of non-events to one outcome."""


def match_arguments(text: str, function: str, arguments: tuple[Argument, ...], span: Span) -> Call:
    """Return the call with its arguments matched to the function's parameters, named ones first.

    Raises
    ------
    FormulaError
        There are too many arguments, a name is unknown or repeated, or an option is not a plain value.
    """
    if function == "c":
        return Call(function, arguments, Truth(True, span), (), span)
    parameters = PARAMETERS[function]
    given: dict[str, Expr] = {}
    for argument in arguments:
        if argument.name is not None:
            _put(text, function, given, _known(text, function, argument, parameters), argument.value)
    free = [name for name in parameters if name not in given]
    for argument in arguments:
        if argument.name is None:
            if not free:
                what = f"{function}() takes {_several(len(parameters), 'argument')}"
                raise formula_error(text, argument.value.span, what, ", ".join(parameters))
            given[free.pop(0)] = argument.value
    if parameters[0] not in given:
        raise formula_error(text, span, f"{function}() has no argument", f"write {function}(x)")
    options = tuple((name, _option(text, value)) for name, value in given.items() if name != parameters[0])
    return Call(function, arguments, given[parameters[0]], options, span)


def match_events(text: str, arguments: tuple[Argument, ...], span: Span) -> Call:
    """Return the call ``cbind(events, non-events)``; its data are the sum of both, the number of trials.

    Raises
    ------
    FormulaError
        Unless both arguments are columns, or the second is another column minus the first.
    """
    if len(arguments) == 2 and all(argument.name is None for argument in arguments):
        events, others = (argument.value for argument in arguments)
        if isinstance(events, Name) and _is_rest(others, events):
            trials = Binary("+", events, others, span)
            return Call(EVENTS, arguments, trials, (), span)
    what = f"{EVENTS}() takes the column of the events and that of the non-events"
    raise formula_error(text, span, what, f"write {EVENTS}(k, failures) or {EVENTS}(k, n - k)")


def _is_rest(expr: Expr, events: Name) -> bool:
    """Return whether an expression is a column, or a column minus the events."""
    if isinstance(expr, Binary) and expr.operator == "-" and isinstance(expr.left, Name):
        return isinstance(expr.right, Name) and expr.right.name == events.name != expr.left.name
    return isinstance(expr, Name) and expr.name != events.name


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _known(text: str, function: str, argument: Argument, parameters: tuple[str, ...]) -> str:
    name = str(argument.name)
    if name in parameters:
        return name
    hint = nearest(name, parameters) or f"it has {', '.join(parameters)}"
    raise formula_error(text, argument.value.span, f"{function}() has no argument {name}", hint)


def _put(text: str, function: str, given: dict[str, Expr], name: str, value: Expr) -> None:
    if name in given:
        raise formula_error(text, value.span, f"{function}() has its argument {name} twice")
    given[name] = value


def _option(text: str, expr: Expr) -> Option:
    if isinstance(expr, (Number, Text, Truth)):
        return expr.value
    if isinstance(expr, Name):
        return None if expr.name == "NULL" else expr.name
    if isinstance(expr, Paren):
        return _option(text, expr.inner)
    if isinstance(expr, Unary) and expr.operator in {"-", "+"} and isinstance(expr.operand, Number):
        return -expr.operand.value if expr.operator == "-" else expr.operand.value
    if isinstance(expr, Call) and expr.function == "c":
        return _vector(text, expr)
    raise formula_error(text, expr.span, "an option must be a number, a text, TRUE, FALSE or c(…) of these")


def _vector(text: str, call: Call) -> tuple[float, ...] | tuple[str, ...]:
    values = [_option(text, argument.value) for argument in call.arguments]
    numbers = tuple(v for v in values if isinstance(v, float))
    texts = tuple(v for v in values if isinstance(v, str))
    if values and len(numbers) == len(values):
        return numbers
    if values and len(texts) == len(values):
        return texts
    raise formula_error(text, call.span, "c(…) must hold only numbers or only texts")
