"""Checks of an outcome that several families share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.families.base import Outcome, OutcomeFault

__all__ = ["counts", "first"]

Array = NDArray[np.float64]


def first(at_fault: NDArray[np.bool_]) -> int | None:
    """Return the position of the first row at fault, or None."""
    return int(np.argmax(at_fault)) if at_fault.any() else None


def counts(outcome: Outcome) -> Iterator[OutcomeFault]:
    """Yield the faults of an outcome that must be a count."""
    y = outcome.y
    negative = first(y < 0)
    if negative is not None:
        yield OutcomeFault(
            negative,
            f"a count cannot be negative: {y[negative]:g}",
            "correct the value, or leave out the family",
        )
    broken = first((y >= 0) & (y != np.floor(y)))
    if broken is not None:
        yield OutcomeFault(
            broken,
            f"a count must be a whole number: {y[broken]:g}",
            "give counts, with exposure: for rates; for a positive measurement, family: gamma",
        )
    if negative is None and broken is None and y.size and not y.any():
        yield OutcomeFault(None, "all counts are 0", "there is nothing to explain")
