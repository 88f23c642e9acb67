"""Roots of increasing functions; SciPy's root finders take a tenth of a second to import."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["root"]

MOST = 200
"""Largest number of evaluations; a dozen usually suffice, and bisections alone need about 60."""


def root(function: Callable[[float], float], low: float, high: float, *, within: float) -> float:
    """Return where a continuous function is 0, between points at which it is negative and not negative.

    The method is regula falsi by Dowell and Jarratt (1971, "Illinois"): where one end stays twice, its value
    is halved. A step that does not halve the interval is followed by a bisection.

    Examples
    --------
    >>> round(root(lambda x: x**3 - 2.0, 0.0, 2.0, within=1e-12), 9)
    1.25992105
    """
    below, above = function(low), function(high)
    side = 0
    for _ in range(MOST):
        width = high - low
        if width <= within or above == 0.0:
            break
        x = high - above * width / (above - below)
        # An end that is the root up to rounding is approached from its other side.
        x = min(max(x, low + 0.1 * within), high - 0.1 * within)
        for _ in range(2):
            value = function(x)
            if value < 0.0:
                low, below = x, value
                above *= 0.5 if side < 0 else 1.0
                side = -1
            else:
                high, above = x, value
                below *= 0.5 if side > 0 else 1.0
                side = 1
            if high - low <= 0.5 * width:
                break
            x, side = 0.5 * (low + high), 0
    return high if above == 0.0 else 0.5 * (low + high)
