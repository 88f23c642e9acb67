"""Select the pairs of means that are compared.

A difference is the later level minus the earlier one, or a level minus the control. Coefficients of treatment
contrasts have the same direction: a level minus the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

from mlm_steps.records.effects import Compared

__all__ = ["PAIRS", "affordable"]

EXACT = ("mvt", "dunnett")
MOST_EXACT = 24
"""Largest number of comparisons for an exact adjustment. The time grows with its cube, to seconds here."""

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
"""Functions from the number of means and the control's position to the pairs of compared positions."""


def affordable(adjust: str, comparisons: int) -> str:
    """Return the adjustment to use: Sidak's instead of an exact one for more than ``MOST_EXACT`` comparisons.

    Sidak's inequality holds for two-sided comparisons with any correlation and loses little power.
    """
    return "sidak" if adjust in EXACT and comparisons > MOST_EXACT else adjust
