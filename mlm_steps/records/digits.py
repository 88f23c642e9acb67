"""Decimals of printed numbers, which are the same in tables, sentences and figures."""

from __future__ import annotations

import math

__all__ = ["MOST_DECIMALS", "USUAL_DECIMALS", "decimals_for_se", "decimals_for_spread"]

USUAL_DECIMALS = 2
"""Decimals of a number whose precision is not known, and the least number of those of a small one."""
MOST_DECIMALS = 6
"""A number that needs more decimals is written with a power of ten."""


def decimals_for_se(se: float | None) -> int:
    """Return the decimals of an estimate: two significant digits of its standard error, three from 1 up.

    Standard errors between 0.1 and 10 give two decimals, as is usual in print.

    Examples
    --------
    >>> [decimals_for_se(se) for se in (0.014083, 0.14083, 6.8246, 68.2, 682.0, None)]
    [3, 2, 2, 1, 0, 2]
    """
    if se is None or not math.isfinite(se) or se <= 0:
        return USUAL_DECIMALS
    place = math.floor(math.log10(se))
    return max(0, (2 if place >= 0 else 1) - place)


def decimals_for_spread(value: float | None) -> int:
    """Return the decimals of a variance or standard deviation: two, more if it is small, fewer if large.

    Examples
    --------
    >>> [decimals_for_spread(value) for value in (6.738, 0.5155, 0.0213, 1234.5, 0.0, None)]
    [2, 2, 3, 0, 2, 2]
    """
    if value is None or not math.isfinite(value) or value == 0:
        return USUAL_DECIMALS
    place = math.floor(math.log10(abs(value)))
    return min(max(USUAL_DECIMALS, 1 - place), max(0, 3 - place) if place >= 2 else MOST_DECIMALS)
