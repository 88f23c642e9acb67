"""Which means of a family are compared.

All differences have one direction: the later level less the earlier one, as a coefficient of treatment
contrasts is a level less the reference, and a level less the control.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

from mlm_steps.records.effects import Compared

__all__ = ["PAIRS", "affordable"]

EXACT = ("mvt", "dunnett")
MOST_EXACT = 24
"""Comparisons whose multivariate t is integrated: the work grows with their third power, here to seconds."""

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
    """Return the adjustment to use: Sidak's in place of an exact one of too many comparisons.

    Sidak's inequality holds for two-sided comparisons of any correlation, and costs little of their power.
    """
    return "sidak" if adjust in EXACT and comparisons > MOST_EXACT else adjust
