"""What the values of an outcome say about the model it needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.levels import number_label
from mlm_steps.records.base import Notice

__all__ = ["about_two_values"]

_LOOKED_AT = 1000


def about_two_values(name: str, y: NDArray[np.float64]) -> tuple[Notice, ...]:
    """Return a notice if an outcome, shape (n,), has two values; it is not meant for missing ones."""
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
        f"{name} has two values, {shown}. A linear mixed model takes them for a quantity: it can predict "
        "values outside them, its residuals are neither normal nor of equal variance, and its tests and "
        "intervals are approximations. The usual model for such an outcome is a logistic mixed model."
    )
    return (Notice(code="two_valued_outcome", severity="warning", text=text, subject=name),)
