"""``ns()`` and ``bs()``: natural and plain B-splines, as in R's package splines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.transforms.base import (
    Options,
    State,
    Transform,
    as_numbers,
    few_columns,
    flag,
    number,
    numbers,
    one_column,
    whole,
)
from mlm_steps.design.variables import Value
from mlm_steps.language.faults import TransformError

__all__ = ["BS", "NS", "b_spline_basis"]

_CUBIC = 4
MAX_DEGREE = 30
"""Splines of higher degree have no digit left."""


def b_spline_basis(
    x: NDArray[np.float64], knots: NDArray[np.float64], order: int, derivative: int = 0
) -> NDArray[np.float64]:
    """Return the B-splines of an order at x, or a derivative of them.

    Outside the boundary knots the outermost polynomial pieces are continued.

    Parameters
    ----------
    x : ndarray, shape (n,)
    knots : ndarray, shape (m + order,)
        Sorted, with each boundary knot repeated ``order`` times.
    order : int
        Degree plus one.
    derivative : int
        Which derivative; 0 is the value.

    Returns
    -------
    ndarray, shape (n, m)

    Notes
    -----
    The recurrence of de Boor (1978), A Practical Guide to Splines, chapter 10.
    """
    last = len(knots) - order
    piece = np.clip(np.searchsorted(knots, x, side="right") - 1, order - 1, _last_piece(knots, last))
    basis = np.zeros((x.size, len(knots) - 1))
    basis[np.arange(x.size), piece] = 1.0
    for k in range(2, order + 1):
        basis = _raise_order(basis, x, knots, k, differentiate=k > order - derivative)
    return basis[:, :last]


def _last_piece(knots: NDArray[np.float64], last: int) -> int:
    """Return the last knot interval inside the boundary that is not empty."""
    inside = np.flatnonzero(np.diff(knots[: last + 1]) > 0)
    return int(inside[-1])


def _raise_order(
    basis: NDArray[np.float64],
    x: NDArray[np.float64],
    knots: NDArray[np.float64],
    k: int,
    *,
    differentiate: bool,
) -> NDArray[np.float64]:
    count = len(knots) - k
    raised = np.zeros((x.size, count))
    for i in range(count):
        left = knots[i + k - 1] - knots[i]
        right = knots[i + k] - knots[i + 1]
        if left > 0:
            raised[:, i] += ((k - 1) if differentiate else (x - knots[i])) / left * basis[:, i]
        if right > 0:
            raised[:, i] += (-(k - 1) if differentiate else (knots[i + k] - x)) / right * basis[:, i + 1]
    return raised


def _learn_bs(value: Value, options: Options) -> State:
    degree = whole(options, "degree", 3) or 0
    if degree < 1:
        raise TransformError("the degree of a spline is 1 or more")
    if degree > MAX_DEGREE:
        raise TransformError(f"the degree of a spline is at most {MAX_DEGREE}", "most splines have degree 3")
    return _learn(value, options, free=degree + 1, degree=degree)


def _learn_ns(value: Value, options: Options) -> State:
    return _learn(value, options, free=2, degree=_CUBIC - 1)


def _learn(value: Value, options: Options, *, free: int, degree: int) -> State:
    """Place the knots; ``free`` columns, one of them the intercept, come without inner knots."""
    x = one_column(value)
    intercept = flag(options, "intercept", False)
    boundary = sorted(numbers(options, "Boundary.knots") or [float(x.min()), float(x.max())])
    if not np.isfinite(boundary).all():
        raise TransformError("a spline needs finite values", "some values here are infinite or no numbers")
    if len(boundary) != 2 or boundary[0] == boundary[1]:
        raise TransformError("a spline needs two different boundary knots", "is the column constant?")
    knots, df = numbers(options, "knots"), number(options, "df")
    few_columns(len(knots or ()))
    if knots is None:
        knots = _quantile_knots(x, df, free - 1 + intercept, boundary)
    if any(not boundary[0] < knot < boundary[1] for knot in knots):
        raise TransformError(
            "a knot does not lie inside the boundary knots", "give knots= inside the data's range"
        )
    return {"knots": sorted(knots), "boundary": boundary, "intercept": intercept, "degree": degree}


def _quantile_knots(
    x: NDArray[np.float64], df: float | None, least: int, boundary: Sequence[float]
) -> list[float]:
    if df is None:
        return []
    few_columns(df)
    inner = int(df) - least
    if inner < 0:
        raise TransformError(f"df is too small for this spline; it is at least {least}")
    inside = x[(x >= boundary[0]) & (x <= boundary[1])]
    return [float(q) for q in np.quantile(inside, np.linspace(0, 1, inner + 2)[1:-1])]


def _knots_of(state: State, order: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    boundary = np.asarray(state["boundary"], dtype=float)
    inner = np.asarray(state["knots"], dtype=float)
    return np.sort(np.concatenate([np.repeat(boundary, order), inner])), boundary


def _apply_bs(value: Value, state: State) -> Value:
    order = int(str(state["degree"])) + 1
    knots, _ = _knots_of(state, order)
    basis = b_spline_basis(one_column(value), knots, order)
    return as_numbers(basis if state["intercept"] else basis[:, 1:])


def _apply_ns(value: Value, state: State) -> Value:
    """Return the splines whose second derivative is 0 at the boundary, straight lines beyond it."""
    x = one_column(value)
    knots, boundary = _knots_of(state, _CUBIC)
    nearest = np.clip(x, *boundary)
    basis = b_spline_basis(nearest, knots, _CUBIC)
    beyond = np.flatnonzero(nearest != x)
    if beyond.size:
        slope = b_spline_basis(nearest[beyond], knots, _CUBIC, derivative=1)
        basis[beyond] += (x - nearest)[beyond, None] * slope
    bend = b_spline_basis(boundary, knots, _CUBIC, derivative=2)
    skip = 0 if state["intercept"] else 1
    Q, _ = np.linalg.qr(bend[:, skip:].T, mode="complete")
    return as_numbers(basis[:, skip:] @ Q[:, 2:])


NS = Transform(_learn_ns, _apply_ns)
BS = Transform(_learn_bs, _apply_bs)
