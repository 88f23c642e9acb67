"""The end of Newton's steps to the conditional modes, the same for the loops in C and in numpy."""

from __future__ import annotations

__all__ = ["is_settled"]

STALLED = 1e4
"""Multiple of the smallest decrement below which the modes are also found if a step hardly reduces it, since
rounding then hides the rest."""
LEAST_GAIN = 0.01
"""Ratio of two successive decrements above which a step hardly reduces them; near the modes a step squares
the decrement."""


def is_settled(decrement: float, before: float, least: float) -> bool:
    """Return whether a decrement shows that the modes are found; ``before`` is that of the last step."""
    return decrement <= least or (decrement <= STALLED * least and decrement > LEAST_GAIN * before)
