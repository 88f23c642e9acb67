"""Power from simulated studies: counts and conditional estimates (statistics, section 16.4).

Generalized least squares at the true variances is independent of the residuals, on which standard error,
degrees of freedom and the distance of the estimate from it depend. Given these, the probability of rejection
is known. Its mean over the replicates is an unbiased estimate with a far smaller variance than the count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, fdtrc, ndtr, stdtr

from mlm_steps.power.roots import root
from mlm_steps.power.simulation import Outcome
from mlm_steps.power.tests import critical

__all__ = [
    "Counted",
    "clopper_pearson",
    "conditional",
    "counted",
    "detectable_effect",
    "half_widths",
    "joint",
    "precision",
    "probabilities",
    "rejected",
]

Array = NDArray[np.float64]

LARGEST = 1e4
"""Effect in standard errors beyond which no smallest detectable effect is sought."""


class Counted(NamedTuple):
    """A share of replicates with its Clopper-Pearson interval."""

    rejections: int
    B: int
    share: float
    low: float
    high: float


def clopper_pearson(count: int, B: int, confidence: float = 0.95) -> Counted:
    """Return the share of ``count`` among ``B`` with its exact interval.

    Examples
    --------
    >>> [round(limit, 5) for limit in clopper_pearson(50, 1000)[3:]]
    [0.03734, 0.06539]
    """
    tail = 0.5 * (1.0 - confidence)
    low = 0.0 if count == 0 else float(betaincinv(count, B - count + 1, tail))
    high = 1.0 if count == B else float(betaincinv(count + 1, B - count, 1.0 - tail))
    return Counted(count, B, count / B, low, high)


def rejected(outcome: Outcome, effect: Array, alpha: float) -> NDArray[np.bool_]:
    """Return which replicates reject L beta = 0 if L beta is ``effect``, shape (q,); failed ones do not."""
    shifted = outcome.estimate + effect
    test = outcome.test
    with np.errstate(invalid="ignore"):
        if test.q == 1:
            t = shifted[:, 0] / np.sqrt(outcome.vcov[:, 0, 0])
            if test.alternative == "two-sided":
                return np.asarray(2.0 * _tail(outcome.df, -np.abs(t)) < alpha)
            sign = 1.0 if test.alternative == "greater" else -1.0
            return np.asarray(_tail(outcome.df, -sign * t) < alpha)
        usable = np.asarray(np.isfinite(outcome.vcov).all(axis=(1, 2)))
        vcov = np.where(usable[:, None, None], outcome.vcov, np.eye(test.q))
        F = np.einsum("bq,bq->b", shifted, np.linalg.solve(vcov, shifted[..., None])[..., 0]) / test.q
        p = fdtrc(test.q, np.minimum(outcome.df, 1e15), F)
        return np.asarray(usable & (p < alpha))


def counted(outcome: Outcome, effect: Array, alpha: float) -> Counted:
    """Return the share of rejections."""
    decided = rejected(outcome, effect, alpha)
    return clopper_pearson(int(decided.sum()), decided.size)


def probabilities(outcome: Outcome, effect: float, alpha: float) -> Array:
    """Return the conditional probability of rejection per replicate, 0 for failed ones, shape (B,).

    The hypothesis must have one row.
    """
    test = outcome.test
    se = np.sqrt(outcome.vcov[:, 0, 0])
    c = critical(alpha, np.where(np.isfinite(outcome.df), outcome.df, np.inf), test.alternative) * se
    root = np.sqrt(outcome.given_vcov[:, 0, 0])
    delta = outcome.estimate[:, 0] - outcome.given[:, 0]
    above = ndtr((effect + delta - c) / root)
    below = ndtr((-effect - delta - c) / root)
    found = {"two-sided": above + below, "greater": above, "less": below}[test.alternative]
    return np.where(np.isfinite(se), found, 0.0)


def conditional(outcome: Outcome, effect: float, alpha: float) -> tuple[float, float]:
    """Return the conditional estimate of the power of a t test and its standard error."""
    each = probabilities(outcome, effect, alpha)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(each.size)) if each.size > 1 else np.nan


def half_widths(outcome: Outcome, confidence: float) -> Array:
    """Return the half-widths of the confidence intervals of a t test, NaN for failed replicates."""
    found: Array = critical(1.0 - confidence, outcome.df) * np.sqrt(outcome.vcov[:, 0, 0])
    return found


def _tail(df: Array, t: Array) -> Array:
    normal = ~np.isfinite(df)
    return np.where(normal, ndtr(t), stdtr(np.where(normal, 1.0, df), t))


def joint(outcomes: Sequence[Outcome], effects: Sequence[Array], alpha: float, *, every: bool) -> Counted:
    """Return the share of replicates that reject all hypotheses, or any of them."""
    decided = np.stack(
        [rejected(each, effect, alpha) for each, effect in zip(outcomes, effects, strict=True)]
    )
    found = decided.all(axis=0) if every else decided.any(axis=0)
    return clopper_pearson(int(found.sum()), found.size)


def precision(outcome: Outcome, confidence: float, assurance: float = 0.8) -> tuple[float, float]:
    """Return the mean half-width of the confidence interval, and the one that ``assurance`` stay below.

    Both are NaN if all replicates failed.
    """
    widths = half_widths(outcome, confidence)
    widths = widths[np.isfinite(widths)]
    if not widths.size:
        return np.nan, np.nan
    return float(widths.mean()), float(np.quantile(widths, assurance))


def detectable_effect(outcome: Outcome, target: float, alpha: float) -> float:
    """Return the effect that a t test finds with the target power, by the conditional estimate.

    No refits are needed: an effect shifts the estimates alone.
    """
    if not np.isfinite(outcome.vcov[:, 0, 0]).any():
        return float("inf")
    unit = float(np.sqrt(np.nanmean(outcome.vcov[:, 0, 0])))
    sign = -1.0 if outcome.test.alternative == "less" else 1.0

    def short(effect: float) -> float:
        return conditional(outcome, sign * effect, alpha)[0] - target

    if short(0.0) >= 0.0:
        return 0.0  # the target is at most the size of the test
    high = unit
    while short(high) < 0.0:
        high *= 2.0
        if high > LARGEST * unit:
            return float("inf")  # too many failed replicates for the target
    return sign * root(short, 0.0, high, within=1e-8 * unit)
