"""``poly(x, degree)``: orthonormal polynomials over the data, as R's."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.transforms.base import (
    Options,
    State,
    Transform,
    as_numbers,
    few_columns,
    flag,
    one_column,
    whole,
)
from mlm_steps.design.variables import Value
from mlm_steps.language.faults import TransformError

__all__ = ["POLY"]


def _learn(value: Value, options: Options) -> State:
    x = one_column(value)
    degree = whole(options, "degree", 1) or 0
    if degree < 1:
        raise TransformError("the degree of a polynomial is 1 or more")
    if flag(options, "raw", False):
        few_columns(degree)
        return {"raw": True, "degree": degree}
    distinct = np.unique(x).size
    if degree >= distinct:
        what = f"a polynomial of degree {degree} needs more different values than {distinct}"
        raise TransformError(what, f"take a degree of at most {distinct - 1}")
    few_columns(degree)
    alpha, norm2 = _recurrence(x, degree)
    return {"raw": False, "degree": degree, "alpha": alpha, "norm2": norm2}


def _recurrence(x: NDArray[np.float64], degree: int) -> tuple[list[float], list[float]]:
    """Return the coefficients of the three-term recurrence (Kennedy & Gentle 1980, p. 343)."""
    alpha, norm2 = [], [float(x.size)]
    before, current = np.zeros_like(x), np.ones_like(x)
    for step in range(degree):
        alpha.append(float(np.sum(x * current**2) / norm2[-1]))
        ratio = norm2[-1] / norm2[-2] if step else 0.0
        before, current = current, (x - alpha[-1]) * current - ratio * before
        norm2.append(float(np.sum(current**2)))
    return alpha, norm2


def _apply(value: Value, state: State) -> Value:
    x = one_column(value)
    degree = cast("int", state["degree"])
    if state["raw"]:
        return as_numbers(np.column_stack([x**power for power in range(1, degree + 1)]))
    alpha, norm2 = cast("list[float]", state["alpha"]), cast("list[float]", state["norm2"])
    columns = np.empty((x.size, degree))
    before, current = np.zeros_like(x), np.ones_like(x)
    for step in range(degree):
        ratio = norm2[step] / norm2[step - 1] if step else 0.0
        before, current = current, (x - alpha[step]) * current - ratio * before
        columns[:, step] = current / np.sqrt(norm2[step + 1])
    return as_numbers(columns)


POLY = Transform(_learn, _apply)
