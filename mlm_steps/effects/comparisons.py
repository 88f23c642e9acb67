"""Select the pairs of means that are compared.

All differences have the same direction: the later level less the earlier one, or a level less the control,
as coefficients of treatment contrasts are a level less the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

from mlm_steps.records.effects import Compared

__all__ = ["PAIRS", "affordable"]

EXACT = ("mvt", "dunnett")
MOST_EXACT = 24
"""Most comparisons for an exact adjustment: the time grows with their third power, to seconds here."""

Pairs = list[tuple[int, int]]


def _pairwise(n: int, _control: int) -> Pairs:
    return [(j, i) for i, j in combinations(range(n), 2)]


def _control(n: int, control: int) -> Pairs:
    return [(i, control) for i in range(n) if i != control]


def _consecutive(n: int, _control: int) -> Pairs:
    return [(i + 1, i) for i in range(n - 1)]


PAIRS: Mapping[Compared, Callable[[int, int], Pairs]] = {
    "pairwise": _pairwise,
    "control": _control,
    "consecutive": _consecutive,
}
"""From the number of means and the position of the control, the positions that are compared."""


def affordable(adjust: str, comparisons: int) -> str:
    """Return the adjustment to use: Sidak's instead of an exact one for more than ``MOST_EXACT`` comparisons.

    Sidak's inequality holds for two-sided comparisons with any correlation and loses little power.
    """
    return "sidak" if adjust in EXACT and comparisons > MOST_EXACT else adjust
