"""Ranges of axes and their ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["range_of", "ticks"]

ROOM = 0.04
"""Share of the range that is left free at each end of an axis, so that marks are not cut."""
Range = tuple[float, float]


def range_of(values: Iterable[float], *, zero: bool = False, room: float = ROOM) -> Range:
    """Return limits of an axis with all finite values inside.

    Parameters
    ----------
    zero : bool
        Whether the axis begins at 0.
    room : float
        Share of the range that is left free at each end.
    """
    inside = [value for value in values if math.isfinite(value)]
    inside += [0.0] if zero or not inside else []
    low, high = min(inside), max(inside)
    if not high > low:
        reach = max(0.5, abs(low) * 1e-6)
        low, high = low - (0 if zero else reach), high + reach
    free = room * (high - low)
    return (0.0 if zero else low - free), high + free


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return about ``count`` round numbers between two limits.

    >>> ticks(-3.7, 2.9)
    [-2.0, 0.0, 2.0]
    """
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0) if each * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    digits = max(0, 2 - math.floor(math.log10(step)))
    return [round(index * step, digits) for index in range(first, math.floor(high / step + 1e-9) + 1)]
