"""Check whether the values of an outcome suit a linear model."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.levels import number_label
from mlm_steps.records.base import Notice

__all__ = ["about_constant_within", "about_two_values"]

_LOOKED_AT = 1000
"""Values that are checked first; nearly all outcomes have more than two distinct values among them."""
_ROUNDING = 1e-12
"""Range of an outcome within groups, relative to its range over all rows, that is rounding error."""


def about_two_values(name: str, y: NDArray[np.float64]) -> tuple[Notice, ...]:
    """Return a notice if an outcome, shape (n,) without missing values, has two distinct values."""
    if len(np.unique(y[:_LOOKED_AT])) > 2:
        return ()
    values, counts = np.unique(y, return_counts=True)
    if len(values) != 2:
        return ()
    shown = " and ".join(
        f"{number_label(value)} ({count} rows)" if count > 1 else f"{number_label(value)} (1 row)"
        for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    )
    text = (
        f"{name} has two values, {shown}. A linear mixed model treats them as a quantity: it can predict "
        "values outside them, its residuals are neither normal nor of equal variance, and its tests and "
        "intervals are approximations. The usual model for such an outcome is a logistic mixed model."
    )
    return (Notice(code="two_valued_outcome", severity="warning", text=text, subject=name),)


def about_constant_within(
    name: str, y: NDArray[np.float64], factors: Iterable[tuple[str, NDArray[np.intp]]]
) -> tuple[Notice, ...]:
    """Return a notice if an outcome, shape (n,), is constant within the groups of a factor.

    ``factors`` holds the name of each grouping factor and the group of each row, counted from 0. Of several
    such factors the one with the fewest groups is named.
    """
    spread = float(np.ptp(y)) if len(y) else 0.0
    if spread == 0.0:
        return ()
    found = []
    for factor, codes in dict(factors).items():
        J = int(codes.max()) + 1
        low, high = np.full(J, np.inf), np.full(J, -np.inf)
        np.minimum.at(low, codes, y)
        np.maximum.at(high, codes, y)
        if 1 < J < len(y) and (high - low).max() <= _ROUNDING * spread:
            found.append((J, factor))
    if not found:
        return ()
    J, factor = min(found)
    text = (
        f"{name} is constant within groups: all rows of a level of {factor} have the same value. It is a "
        f"level-2 outcome (or higher) that describes {factor}, of which there are {J}, and not the "
        f"{len(y)} rows. There is no residual variance within {factor}; analyse one row per {factor}."
    )
    return (Notice(code="level_2_outcome", severity="warning", text=text, subject=name),)
