"""Compute the group of each row without indicator columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.bars import GroupingFactor
from mlm_steps.design.deparse import deparse
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Expr
from mlm_steps.design.variables import Factor, Numbers, as_factor, drop_unused
from mlm_steps.language.faults import formula_error

__all__ = ["Groups", "group_rows", "match_groups"]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of a grouping factor, and the group of each row.

    Attributes
    ----------
    levels : tuple of str, length J
        Labels of the groups; an interaction joins the labels of its factors by ``:``.
    refs : ndarray, shape (n,)
        Position of each row's level.
    """

    levels: tuple[str, ...]
    refs: NDArray[np.intp]


def group_rows(group: GroupingFactor, evaluator: Evaluator) -> Groups:
    """Return the groups of the rows, sorted by the levels of the first factor, then the second, and so on.

    Raises
    ------
    FormulaError
        A factor cannot be evaluated, or two combinations have the same label.
    """
    factors = [_factor(expr, evaluator) for expr in group.factors]
    combined = factors[0]
    for factor in factors[1:]:
        combined = _combine(combined, factor)
    if len(set(combined.levels)) != len(combined.levels):
        what = f"two levels of {group.label} have the same label, since labels contain a colon"
        raise formula_error(evaluator.text, group.factors[0].span, what, "relabel the levels")
    return Groups(combined.levels, combined.codes)


def match_groups(group: GroupingFactor, evaluator: Evaluator, levels: Sequence[str]) -> NDArray[np.intp]:
    """Return the position of each row's group among known levels; -1 for unknown or missing groups."""
    factors = [_factor(expr, evaluator) for expr in group.factors]
    combined = factors[0]
    for factor in factors[1:]:
        combined = _combine(combined, factor)
    position = {label: i for i, label in enumerate(levels)}
    rank = np.array([*(position.get(label, -1) for label in combined.levels), -1], dtype=np.intp)
    return rank[combined.codes]


def _factor(expr: Expr, evaluator: Evaluator) -> Factor:
    try:
        value = evaluator.variable(expr)
        # The levels of numbers are the numbers that occur.
        return as_factor(value) if isinstance(value, Numbers) else drop_unused(as_factor(value))
    except ValueError as fault:
        what = f"{deparse(expr)} cannot group rows: {fault}"
        raise formula_error(evaluator.text, expr.span, what) from None


def _combine(first: Factor, second: Factor) -> Factor:
    """Return the combinations that occur, sorted by the levels of the first factor, then the second."""
    width = len(second.levels)
    present = (first.codes >= 0) & (second.codes >= 0)
    pairs = np.where(present, first.codes * width + second.codes, -1)
    occurring, codes = _ranked(pairs, len(first.levels) * width)
    levels = tuple(
        f"{first.levels[pair // width]}:{second.levels[pair % width]}" for pair in occurring.tolist()
    )
    return Factor(codes, levels)


def _ranked(pairs: NDArray[np.intp], size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the values below ``size`` that occur, and the position of each pair among them; -1 stays -1."""
    if size <= 4 * pairs.size + 1024:
        count = np.bincount(pairs[pairs >= 0], minlength=size)
        occurring = np.flatnonzero(count).astype(np.intp)
        rank = np.full(size + 1, -1, dtype=np.intp)
        rank[occurring] = np.arange(len(occurring))
        return occurring, rank[pairs]
    values, inverse = np.unique(pairs, return_inverse=True)
    missing = int(values.size > 0 and values[0] < 0)
    return values[missing:].astype(np.intp), (inverse - missing).astype(np.intp)
