"""Planning from a published t value (statistics, section 16.8; Murayama, Usami & Sakaki 2022).

The effect of an earlier study with J0 groups is carried over to a study with another number of groups of the
same size. The safeguard takes a lower limit of the effect in its place (Perugini et al. 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import nctdtrinc

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.tests import beyond, power_of_t

__all__ = ["SAFEGUARD", "Prior", "Role", "needed_groups", "prior_power", "safeguarded"]

Role = Literal["level-1", "binary", "continuous"]

SAFEGUARD = 0.6
"""Coverage of the two-sided interval whose lower limit the safeguard takes, as Perugini et al. advise."""
MOST_GROUPS = 10_000_000
"""Largest number of groups that is tried."""


@dataclass(frozen=True, slots=True)
class Prior:
    """The result of an earlier study.

    Attributes
    ----------
    t : float
        Its t value, or the noncentrality that takes its place.
    groups : int
        Its number of groups, J0; of a binary predictor, in both arms together.
    role : {"level-1", "binary", "continuous"}
        Of the predictor: level 1 with a random slope; binary or continuous at level 2, or as a moderator.
    arms : tuple of int, optional
        Groups in the two arms of a binary predictor; by default equal.
    predictors : int
        Level-2 predictors of the coefficient that a continuous one is among.
    """

    t: float
    groups: int
    role: Role = "level-1"
    arms: tuple[int, int] | None = None
    predictors: int = 1

    @property
    def df(self) -> int:
        """Degrees of freedom of the earlier test."""
        return self.df_of(self.groups)

    def df_of(self, J: int) -> int:
        """Return the degrees of freedom of the test with J groups."""
        return J - {"level-1": 1, "binary": 2, "continuous": self.predictors + 1}[self.role]

    @property
    def first_arms(self) -> tuple[int, int]:
        """Groups of the earlier study in the two arms of a binary predictor."""
        return self.arms or (self.groups - self.groups // 2, self.groups // 2)

    def noncentrality(self, J: int) -> float:
        """Return the noncentrality of the test with J groups, in the same proportions."""
        if self.role == "level-1":
            return float(self.t / np.sqrt(self.groups) * np.sqrt(J))
        if self.role == "continuous":
            r = self.t / np.sqrt(self.t**2 + self.df)
            return float(np.sqrt(J) * r / np.sqrt(1.0 - r**2))
        one, two = self.first_arms
        d = self.t * np.sqrt(1.0 / one + 1.0 / two)
        first = round(J * one / (one + two))
        first = min(max(first, 1), J - 1)
        return float(d / np.sqrt(1.0 / first + 1.0 / (J - first)))


def prior_power(prior: Prior, J: int, alpha: float = 0.05) -> float:
    """Return the power with J groups.

    >>> round(prior_power(Prior(2.5, 40), 80), 4)
    0.9373
    """
    df = prior.df_of(J)
    return 0.0 if df < 1 else float(power_of_t(prior.noncentrality(J), df, alpha))


def safeguarded(prior: Prior, coverage: float = SAFEGUARD) -> Prior:
    """Return the prior with the lower limit of its noncentrality in place of t.

    >>> round(safeguarded(Prior(2.5, 40)).t, 5)
    1.60943
    """
    tail, size = 0.5 * (1.0 - coverage), abs(prior.t)
    if _upper_tail(size, prior.df, 0.0) >= tail:
        return _with_t(prior, 0.0)
    limit = float(nctdtrinc(prior.df, 1.0 - tail, size))
    return _with_t(prior, float(np.copysign(limit, prior.t)))


def needed_groups(prior: Prior, target: float = 0.8, alpha: float = 0.05) -> int:
    """Return the smallest number of groups whose power reaches the target.

    >>> needed_groups(Prior(2.5, 40)), needed_groups(safeguarded(Prior(2.5, 40)))
    (53, 124)

    Raises
    ------
    UsageError
        If no number of groups reaches it, since the effect is 0 or too small.
    """
    low, high = 2, 4
    while prior_power(prior, high, alpha) < target:
        low, high = high, 2 * high
        if high > MOST_GROUPS:
            what = f"not even {MOST_GROUPS} groups reach power {target:g}"
            raise UsageError(Fault("t", what, "the effect of the earlier study is nearly 0"))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if prior_power(prior, middle, alpha) >= target else (middle, high)
    return high if prior_power(prior, low, alpha) < target else low


def _upper_tail(t: float, df: int, ncp: float) -> float:
    """Return P(T >= t) of a noncentral t variable."""
    return float(beyond(np.array(ncp), np.array(float(df)), np.array(t)))


def _with_t(prior: Prior, t: float) -> Prior:
    return Prior(t, prior.groups, prior.role, prior.arms, prior.predictors)
