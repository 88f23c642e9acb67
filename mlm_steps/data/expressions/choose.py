"""``missing()`` and ``if_else()``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlm_steps.data.expressions.base import Argument, Function, numbers_of, single
from mlm_steps.data.expressions.values import (
    Bools,
    Categories,
    Codes,
    Empty,
    Numbers,
    Truths,
    Value,
    described,
    missing_rows,
)
from mlm_steps.language.faults import TransformError

__all__ = ["CHOICES"]


def _missing(arguments: Mapping[str, tuple[Argument, ...]]) -> Value:
    gone = missing_rows(single(arguments, "x"))
    return Truths(gone, ~gone)


def _if_else(arguments: Mapping[str, tuple[Argument, ...]]) -> Value:
    condition, yes, no = (single(arguments, name) for name in ("condition", "yes", "no"))
    if not isinstance(condition, Truths):
        what = f"its first argument is {described(condition)}, not a condition"
        raise TransformError(what, "for example if_else(x > 0, x, 0)")
    if isinstance(yes, Empty) and isinstance(no, Empty):
        raise TransformError("both its values are NA", "give one of them a value")
    kinds = {type(value) for value in (yes, no) if not isinstance(value, Empty)}
    if kinds == {Truths}:
        return _truths(condition, yes, no)
    if kinds == {Categories}:
        return _categories(condition, yes, no)
    if Categories in kinds:
        what = f"its values are {described(yes)} and {described(no)}"
        raise TransformError(what, "both must be numbers, or both text")
    return _numbers(condition, yes, no)


def _numbers(condition: Truths, yes: Value, no: Value) -> Numbers:
    nothing = Numbers(np.asarray(np.nan))
    first, second = (nothing if isinstance(value, Empty) else numbers_of(value) for value in (yes, no))
    values = np.where(condition.true, first.values, np.where(condition.false, second.values, np.nan))
    undefined: Bools | None = None
    for chosen, value in ((condition.true, first), (condition.false, second)):
        if value.undefined is not None:
            rows = np.asarray(chosen & value.undefined)
            undefined = rows if undefined is None else undefined | rows
    return Numbers(values, undefined)


def _truths(condition: Truths, yes: Value, no: Value) -> Truths:
    never = Truths(np.asarray(False), np.asarray(False))
    first, second = (value if isinstance(value, Truths) else never for value in (yes, no))
    true = (condition.true & first.true) | (condition.false & second.true)
    return Truths(true, (condition.true & first.false) | (condition.false & second.false))


def _categories(condition: Truths, yes: Value, no: Value) -> Categories:
    """Return the chosen levels; the levels are those of ``yes``, then the further ones of ``no``."""
    nothing = Categories(np.asarray(-1), ())
    first, second = (value if isinstance(value, Categories) else nothing for value in (yes, no))
    levels = tuple(dict.fromkeys([*first.levels, *second.levels]))
    chosen = np.where(condition.false, _recoded(second, levels), -1)
    codes: Codes = np.where(condition.true, _recoded(first, levels), chosen).astype(np.intp)
    return Categories(codes, levels)


def _recoded(value: Categories, levels: tuple[str, ...]) -> Codes:
    """Return the codes of a value among other levels."""
    position = {level: code for code, level in enumerate(levels)}
    return np.array([*(position[level] for level in value.levels), -1], dtype=np.intp)[value.codes]


CHOICES: Mapping[str, Function] = {"missing": Function(_missing), "if_else": Function(_if_else)}
