"""``cut()``: intervals of a number, as in R."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from mlm_steps.data.expressions.base import Argument, Function, flag, numbers_of, single
from mlm_steps.data.expressions.values import Categories
from mlm_steps.language.faults import TransformError
from mlm_steps.language.tree import Items

__all__ = ["CUT"]

FEWEST_DIGITS = 3
"""Limits are printed with this many digits if that tells them apart, as in R's ``cut``."""
MOST_DIGITS = 15
"""Limits that differ do so within this many digits, the precision of float64."""


def _cut(arguments: Mapping[str, tuple[Argument, ...]]) -> Categories:
    """Return the interval of each number; missing outside of the limits."""
    x = numbers_of(single(arguments, "x")).values
    limits = _limits(arguments["breaks"][0])
    right = flag(arguments, "right", default=True)
    closed = flag(arguments, "include.lowest", default=False)
    labels = _labels(arguments.get("labels"), limits, right=right, closed=closed)
    edges = np.array(limits)
    codes = np.searchsorted(edges, x, side="left" if right else "right") - 1
    codes = np.where(np.isnan(x), -1, codes)
    if closed:
        codes = np.where(x == edges[0 if right else -1], 0 if right else len(labels) - 1, codes)
    inside = (codes >= 0) & (codes < len(labels))
    return Categories(np.where(inside, codes, -1).astype(np.intp), labels)


def _limits(breaks: Argument) -> list[float]:
    if not isinstance(breaks, Items):
        what = "its argument breaks is a list of numbers"
        raise TransformError(what, "for example cut(x, [0, 10, 20, Inf])")
    found = [item.number for item in breaks.items]
    limits = [number for number in found if number is not None]
    if len(limits) < len(found):
        word = next(item.text for item in breaks.items if item.number is None)
        raise TransformError(f"among its breaks is {word}, which is not a number")
    if len(limits) < 2:
        raise TransformError("one limit makes no interval", "for example cut(x, [-Inf, 10, Inf])")
    if any(low >= high for low, high in itertools.pairwise(limits)):
        raise TransformError("its breaks do not increase", "list them from the lowest to the highest")
    return limits


def _labels(
    given: tuple[Argument, ...] | None, limits: Sequence[float], *, right: bool, closed: bool
) -> tuple[str, ...]:
    """Return the labels that are given, or intervals such as ``(0,10]``."""
    if given is None:
        return _intervals(limits, right=right, closed=closed)
    (labels,) = given
    if not isinstance(labels, Items):
        raise TransformError("its argument labels is a list", "for example labels = [low, high]")
    words = tuple(item.text for item in labels.items)
    if len(words) != len(limits) - 1:
        what = f"{len(limits)} breaks make {len(limits) - 1} intervals, and there are {len(words)} labels"
        raise TransformError(what)
    repeated = next((word for word in words if words.count(word) > 1), None)
    if repeated is not None:
        raise TransformError(f"its labels hold {repeated} twice", "recode can join levels afterwards")
    return words


def _intervals(limits: Sequence[float], *, right: bool, closed: bool) -> tuple[str, ...]:
    for digits in range(FEWEST_DIGITS, MOST_DIGITS + 1):
        texts = [f"{limit:.{digits}g}".replace("inf", "Inf") for limit in limits]
        if len(set(texts)) == len(texts):
            break
    opening, closing = ("(", "]") if right else ("[", ")")
    made = [f"{opening}{low},{high}{closing}" for low, high in itertools.pairwise(texts)]
    if closed and right:
        made[0] = "[" + made[0][1:]
    elif closed:
        made[-1] = made[-1][:-1] + "]"
    return tuple(made)


CUT: Mapping[str, Function] = {"cut": Function(_cut)}
