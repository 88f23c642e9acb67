"""What a function of expressions is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mlm_steps.data.expressions.values import Categories, Floats, Numbers, Truths, Value, described
from mlm_steps.language.faults import TransformError
from mlm_steps.language.tree import Items

__all__ = ["Argument", "Function", "finite_or_undefined", "flag", "numbers_of", "one_number", "single"]

Argument: TypeAlias = Value | Items


@dataclass(frozen=True, slots=True)
class Function:
    """A function of expressions.

    To add one, write it in a module of ``data.expressions``, list it in ``FUNCTIONS`` and name its parameters
    in ``language.functions``.

    Attributes
    ----------
    apply : callable
        Takes the arguments of each parameter that is given; a parameter has several only where the signature
        says so. It returns the value, or raises TransformError; the evaluator adds the place.
    """

    apply: Callable[[Mapping[str, tuple[Argument, ...]]], Value]


def single(arguments: Mapping[str, tuple[Argument, ...]], name: str) -> Value:
    """Return one argument that is a value in each row."""
    (argument,) = arguments[name]
    if isinstance(argument, Items):
        raise TransformError(f"its argument {name} is a list of values", "give a column or an expression")
    return argument


def numbers_of(value: Value) -> Numbers:
    """Return a value as numbers, conditions as 1 and 0.

    Raises
    ------
    TransformError
        For text and for NA.
    """
    if isinstance(value, Numbers):
        return value
    if isinstance(value, Truths):
        return Numbers(np.where(value.true, 1.0, np.where(value.false, 0.0, np.nan)))
    if isinstance(value, Categories):
        hint = "if_else() and cut() make categories" if value.literal else "as_number() reads numbers in text"
        raise TransformError(f"a number is needed, and this is {described(value)}", hint)
    raise TransformError("NA is not a number to compute with", "missing(x) tells which rows have no value")


def finite_or_undefined(values: Floats, *operands: Numbers) -> Numbers:
    """Return computed numbers, with the rows in which present operands gave no finite number."""
    bad = ~np.isfinite(values)
    if not bad.any():
        return Numbers(values)
    for operand in operands:
        known = ~np.isnan(operand.values)
        bad = bad & (known if operand.undefined is None else known | operand.undefined)
    return Numbers(values, bad if bad.any() else None)


def one_number(arguments: Mapping[str, tuple[Argument, ...]], name: str, default: float) -> float:
    """Return an option that is one number for all rows."""
    given = arguments.get(name)
    if given is None:
        return default
    (value,) = given
    if not isinstance(value, Numbers) or value.values.ndim or not np.isfinite(value.values):
        raise TransformError(f"its argument {name} is a number, the same for all rows")
    return float(value.values)


def flag(arguments: Mapping[str, tuple[Argument, ...]], name: str, *, default: bool) -> bool:
    """Return an option that is TRUE or FALSE."""
    given = arguments.get(name)
    if given is None:
        return default
    (value,) = given
    if not isinstance(value, Truths) or value.true.ndim:
        raise TransformError(f"its argument {name} is TRUE or FALSE")
    return bool(value.true)
