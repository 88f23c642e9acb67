"""What every function of the formula language is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.expressions import Option
from mlm_steps.design.variables import Factor, Numbers, Value
from mlm_steps.language.faults import TransformError

__all__ = [
    "Options",
    "State",
    "Transform",
    "as_numbers",
    "few_columns",
    "flag",
    "number",
    "numbers",
    "one_column",
    "whole",
]

MAX_COLUMNS = 1000
"""Columns that a function makes of one variable: ``ns(x, 1e9)`` would fill any memory."""
Options: TypeAlias = Mapping[str, Option]
State: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Transform:
    """A function of the formula language.

    To add one, write a module with such a value, list it in ``FUNCTIONS`` and name its parameters in
    ``design.signatures``.

    Attributes
    ----------
    learn : callable
        Takes the data and the options; returns the state that transforms new data in the same way, as plain
        JSON values. The state of a function that depends on no data is empty.
    apply : callable
        Takes data and the state; returns the transformed data. It is called for the data of the fit too.
    """

    learn: Callable[[Value, Options], State]
    apply: Callable[[Value, State], Value]


def one_column(value: Value) -> NDArray[np.float64]:
    """Return a value as one numeric column, truths as 0 and 1.

    Raises
    ------
    TransformError
        For a factor, or for several columns.
    """
    if isinstance(value, Factor):
        raise TransformError("arithmetic needs numbers, and this is a category")
    if value.values.ndim != 1:
        raise TransformError("this gives several columns", "let it be a term of its own")
    return value.values


def number(options: Options, name: str, default: float | None = None) -> float | None:
    """Return a numeric option."""
    value = options.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, float):
        raise TransformError(f"its argument {name} is a number")
    return value


def whole(options: Options, name: str, default: int | None = None) -> int | None:
    """Return an option that is a whole number."""
    value = number(options, name)
    if value is None:
        return default
    if not value.is_integer():
        raise TransformError(f"its argument {name} is a whole number")
    return int(value)


def few_columns(count: float) -> None:
    """Refuse more columns than any one variable can have effects."""
    if count > MAX_COLUMNS:
        raise TransformError(f"this makes {count:.15g} columns; at most {MAX_COLUMNS} are made")


def numbers(options: Options, name: str) -> list[float] | None:
    """Return an option that is one number or several."""
    value = options.get(name)
    if value is None:
        return None
    several = value if isinstance(value, tuple) else (value,)
    found = [v for v in several if isinstance(v, float)]
    if len(found) != len(several):
        raise TransformError(f"its argument {name} is a number or c(…) of numbers")
    return found


def flag(options: Options, name: str, default: bool) -> bool:
    """Return an option that is TRUE or FALSE."""
    value = options.get(name, default)
    if not isinstance(value, bool):
        raise TransformError(f"its argument {name} is TRUE or FALSE")
    return value


def as_numbers(values: NDArray[np.float64]) -> Numbers:
    """Return columns as a value; a single column is a vector."""
    if values.ndim == 2 and values.shape[1] == 1:
        return Numbers(values[:, 0])
    return Numbers(values)
