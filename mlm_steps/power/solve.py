"""What is needed for a target: groups, rows, an effect, a budget (statistics, sections 16.5 and 16.9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.roots import root
from mlm_steps.power.study import PRECISION, Answer, Study, closed_answers
from mlm_steps.power.truth import Truth

__all__ = [
    "Answers",
    "Ceiling",
    "Cheapest",
    "Needed",
    "ceiling_of",
    "cheapest",
    "detectable",
    "endless",
    "needed_groups",
    "needed_rows",
    "power_at",
    "projected_groups",
]

Array = NDArray[np.float64]
Answers = Callable[[Study], Sequence[Answer]]
"""Returns the closed answers of a study; one that remembers them serves several effects."""

MOST = 1_000_000
"""Largest number of groups or rows that is tried."""
ENDLESS = 100_000
"""Rows per group at which the residual variance of a group's mean or slope is practically 0."""
FLAT = 0.002
"""Gain of power from twice as many groups below which it has a ceiling."""
PATIENCE = 8
"""Numbers of rows in turn without an improvement after which the search for the best ends."""
MOST_ROWS = 10_000
"""Largest number of rows per group that the search for the best tries."""
LARGEST_NCP = 1e3
"""Noncentrality beyond which no target is sought."""


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest number that reaches a target by the closed form.

    Attributes
    ----------
    count : int
    power : float
        With that number.
    """

    count: int
    power: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The power that no number of rows per group can exceed."""

    power: float


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest design that reaches a target, or the best within a budget."""

    groups: int
    rows: int
    cost: float
    power: float


def power_at(
    study: Study, effect: int, precision: float = PRECISION, answers: Answers | None = None
) -> float:
    """Return the closed power of one of the tests of a study; 0 where the design does not identify it."""
    if study.too_small is not None:
        return 0.0
    found = closed_answers(study, precision=precision) if answers is None else answers(study)
    power = found[effect].power
    return 0.0 if np.isnan(power) else power


def needed_groups(
    study: Study,
    target: float,
    effect: int = 0,
    *,
    multiple: int = 1,
    precision: float = PRECISION,
    answers: Answers | None = None,
) -> Needed:
    """Return the smallest number of groups, a multiple of ``multiple``, whose power reaches the target.

    ``precision`` is the standard error of means over drawn designs; ``answers`` may remember earlier answers.
    The search begins at the number that the answer for the study itself projects.
    """
    found = answers or partial(closed_answers, precision=precision)
    start, close = max(multiple, 3, study.factors[0].count // 4), False
    own = None if study.too_small is not None else found(study)[effect]
    if own is not None and np.isfinite(own.power):
        with suppress(UsageError):  # the projection may not reach the target
            start = projected_groups(
                own, study.factors[0].count, target, study.alpha, multiple=multiple
            ).count
            close = True

    def power(J: int) -> float:
        return power_at(study.with_groups(J), effect, precision, found)

    return _smallest(power, target, start, multiple, "groups", close=close)


def projected_groups(answer: Answer, count: int, target: float, alpha: float, *, multiple: int = 1) -> Needed:
    """Return about how many groups reach the target, from the answer for ``count`` groups alone.

    More groups of the same kind divide the variance of the estimate and add as many degrees of freedom; exact
    for balanced designs, close to ``needed_groups`` for predictors that are drawn anew.
    """

    def power(J: int) -> float:
        if count > J and np.nanmin([np.nanmin(part.df) for part in answer.parts]) + J - count <= 1.0:
            return 0.0
        each = [part.with_groups(J / count, J - count, alpha) for part in answer.parts]
        return float(np.nanmean(np.concatenate(each)))

    return _smallest(power, target, max(multiple, 3, count // 4), multiple, "groups")


def needed_rows(
    study: Study, target: float, effect: int = 0, *, answers: Answers | None = None
) -> Needed | Ceiling:
    """Return the smallest number of rows per group, or the power that endless rows would have."""
    ceiling = ceiling_of(study, effect)
    if ceiling < target:
        return Ceiling(ceiling)
    return _smallest(lambda n: power_at(study.with_rows(n), effect, PRECISION, answers), target, 2, 1, "rows")


def ceiling_of(study: Study, effect: int = 0) -> float:
    """Return the closed power with practically endless rows per group."""
    truth = endless(study)
    return power_at(replace(study, declare=lambda _: truth), effect)


def endless(study: Study) -> Truth:
    """Return the truth of a study with practically endless rows per group: the residual variance divided."""
    truth, sizes = study.truth, study.source.predictors.layout.sizes(study.factors[-1].name)
    sigma = truth.sigma * np.sqrt(float(sizes.mean()) / ENDLESS)
    return Truth(truth.beta, truth.covariances, float(sigma))


def detectable(answer: Answer, target: float, alpha: float) -> float:
    """Return the smallest effect that a test with one row finds with the target power.

    Raises
    ------
    UsageError
        If the test has several rows.
    """
    if answer.test.q != 1:
        raise UsageError(Fault("solve", f"'{answer.test.name}' has several columns and no single effect"))
    unit = answer.standard_error * (-1.0 if answer.test.alternative == "less" else 1.0)

    def short(ncp: float) -> float:
        return answer.at(np.array([ncp * unit]), alpha) - target

    if short(0.0) >= 0.0:
        return 0.0  # the target is at most alpha
    return root(short, 0.0, _reach(short), within=1e-10) * unit


def cheapest(
    study: Study,
    *,
    per_group: float,
    per_row: float,
    effect: int = 0,
    budget: float | None = None,
    target: float | None = None,
) -> Cheapest:
    """Return the best design within a budget, or the cheapest that reaches a target.

    Raises
    ------
    UsageError
        If neither or both are given, or no design is possible.
    """
    if (budget is None) == (target is None):
        raise UsageError(Fault("cost", "needs a budget or a target, and one of them alone"))
    best: Cheapest | None = None
    worse = 0
    for rows in range(2, MOST_ROWS):
        trial = study.with_rows(rows)
        cost_of_group = per_group + per_row * rows
        if budget is not None:
            J = int(budget // cost_of_group)
            if J < 3:
                break
            found = Cheapest(J, rows, J * cost_of_group, power_at(trial.with_groups(J), effect))
            better = best is None or found.power > best.power
        else:
            needed = needed_groups(trial, float(target or 0.0), effect)
            found = Cheapest(needed.count, rows, needed.count * cost_of_group, needed.power)
            better = best is None or found.cost < best.cost
        best, worse = (found, 0) if better else (best, worse + 1)
        if worse >= PATIENCE:
            break
    if best is None:
        raise UsageError(Fault("cost.budget", "the budget does not pay for three groups"))
    return best


def _smallest(
    power: Callable[[int], float], target: float, start: int, step: int, what: str, *, close: bool = False
) -> Needed:
    """Return the smallest multiple of ``step`` at which an increasing power reaches the target.

    The search begins at ``start``; if this is ``close`` to the answer, it first looks at its neighbours.
    """
    high = -(-max(start, step) // step)
    known: dict[int, float] = {}

    def at(k: int) -> float:
        if k not in known:
            known[k] = power(k * step)
        return known[k]

    low, high = _neighbours(at, high, target) if close else (0, high)
    while at(high) < target:
        low, high = high, 2 * high
        if _flat(at, low, high) or high * step > MOST:
            reached = f"it is {at(low):.3f} with {low * step} {what} and hardly grows"
            raise UsageError(Fault("target", f"power {target:g} is out of reach: {reached}"))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) >= target else (middle, high)
    return Needed(high * step, at(high))


def _neighbours(at: Callable[[int], float], start: int, target: float) -> tuple[int, int]:
    """Return numbers near ``start`` around the answer; if it is far above, the last two that were tried."""
    low, high, reach = 0, start, 1
    if at(start) < target:
        while at(high) < target and reach < start:
            low, high, reach = high, high + reach, 2 * reach
        return low, high
    while reach < high:
        if at(high - reach) < target:
            return high - reach, high
        high, reach = high - reach, 2 * reach
    return 0, high


def _flat(at: Callable[[int], float], low: int, high: int) -> bool:
    """Return whether doubling a number gains nothing, or gives a design that is too large to evaluate."""
    try:
        return at(low) > 0.0 and at(high) - at(low) < FLAT
    except UsageError:
        return True


def _reach(short: Callable[[float], float]) -> float:
    high = 1.0
    while short(high) < 0.0:
        high *= 2.0
        if high > LARGEST_NCP:
            raise UsageError(Fault("target", "no effect reaches the target power"))
    return high
