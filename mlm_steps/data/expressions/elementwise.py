"""Functions of the number in each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.expressions.base import (
    Argument,
    Function,
    finite_or_undefined,
    numbers_of,
    one_number,
    single,
)
from mlm_steps.data.expressions.values import Categories, Floats, Numbers, Value
from mlm_steps.language.faults import TransformError

__all__ = ["ELEMENTWISE"]

MOST_DIGITS = 15
"""Numbers are rounded to at most this many digits before or after the point, the precision of float64."""

_Arguments = Mapping[str, tuple[Argument, ...]]


def _of_one(function: Callable[[Floats], Floats]) -> Function:
    def apply(arguments: _Arguments) -> Value:
        x = numbers_of(single(arguments, "x"))
        return finite_or_undefined(np.asarray(function(x.values)), x)

    return Function(apply)


def _log(arguments: _Arguments) -> Value:
    x = numbers_of(single(arguments, "x"))
    base = one_number(arguments, "base", np.e)
    if base <= 0 or base == 1:
        raise TransformError("the base of a logarithm is positive and not 1")
    logarithm = np.log(x.values)
    return finite_or_undefined(np.asarray(logarithm / np.log(base) if "base" in arguments else logarithm), x)


def _round(arguments: _Arguments) -> Value:
    x = numbers_of(single(arguments, "x"))
    digits = one_number(arguments, "digits", 0.0)
    if not digits.is_integer() or abs(digits) > MOST_DIGITS:
        raise TransformError(f"its argument digits is a whole number from -{MOST_DIGITS} to {MOST_DIGITS}")
    return Numbers(np.asarray(np.round(x.values, int(digits))), x.undefined)


def _extreme(choose: Callable[[Floats, Floats], Floats]) -> Function:
    """Return pmin or pmax; the result is missing where an argument is."""

    def apply(arguments: _Arguments) -> Value:
        values = [numbers_of(single({"x": (argument,)}, "x")) for argument in arguments["x"]]
        chosen = values[0].values
        for other in values[1:]:
            chosen = choose(chosen, other.values)
        return finite_or_undefined(np.asarray(chosen), *values)

    return Function(apply)


def _as_number(arguments: _Arguments) -> Value:
    value = single(arguments, "x")
    if not isinstance(value, Categories):
        return numbers_of(value)
    numbers: list[float] = []
    for level in value.levels:
        try:
            numbers.append(float(level))
        except ValueError:
            hint = "if_else() or recode can give it a value or make it missing"
            raise TransformError(f"the text {level!r} is not a number", hint) from None
    read: NDArray[np.float64] = np.array([*numbers, np.nan])
    return Numbers(np.asarray(read[value.codes]))


ELEMENTWISE: Mapping[str, Function] = {
    "log": Function(_log),
    "log10": _of_one(np.log10),
    "log2": _of_one(np.log2),
    "log1p": _of_one(np.log1p),
    "exp": _of_one(np.exp),
    "expm1": _of_one(np.expm1),
    "sqrt": _of_one(np.sqrt),
    "abs": _of_one(np.abs),
    "sin": _of_one(np.sin),
    "cos": _of_one(np.cos),
    "floor": _of_one(np.floor),
    "ceiling": _of_one(np.ceil),
    "sign": _of_one(np.sign),
    "round": Function(_round),
    "pmin": _extreme(np.minimum),
    "pmax": _extreme(np.maximum),
    "as_number": Function(_as_number),
}
