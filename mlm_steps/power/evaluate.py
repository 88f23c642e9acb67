"""The power of every effect of a planned study, by the closed form and by simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mlm_steps.power.closed import closed_power
from mlm_steps.power.estimates import (
    Counted,
    conditional,
    counted,
    detectable_effect,
    joint,
    precision,
)
from mlm_steps.power.expected import CrossProducts
from mlm_steps.power.simulation import DfMethod, Outcome, Simulated
from mlm_steps.power.solve import detectable
from mlm_steps.power.study import Answer, Study

__all__ = [
    "ALL_OF",
    "ANY_OF",
    "FEW_DF",
    "EffectPower",
    "df_methods",
    "evaluate",
    "with_kenward_roger",
]

Array = NDArray[np.float64]

ALL_OF, ANY_OF = "all of", "any of"
"""Names of the joint events of several effects."""
OVERSTATED = 3.0
"""Standard errors above alpha from which the size of a test at no effect overstates its power."""
FEW_DF = 15.0
"""Degrees of freedom below which Satterthwaite's and Kenward and Roger's tests may differ."""
MARGIN = 1.5
"""Factor by which the degrees of freedom of the first drawn design may exceed the mean of all of them."""


@dataclass(frozen=True, slots=True)
class EffectPower:
    """The power of one effect; None where a number does not exist.

    Attributes
    ----------
    effect : str
        A column or term, or ``all of`` or ``any of`` the effects.
    estimate : float or None
        The effect at the truth; None for hypotheses with several rows.
    closed, closed_se, closed_sd : float or None
        The closed form; its standard error and the standard deviation over drawn designs.
    df, se : float or None
        Degrees of freedom and standard error of the closed form.
    power, ci_low, ci_high : float or None
        The headline: the conditional estimate of the simulation, the count where there is none, else the
        closed form.
    method : {"conditional", "count", "closed"}
        What the headline is.
    count : Counted or None
        Rejections among the simulated studies.
    conditional, conditional_se : float or None
    size_at_0 : float or None
        Probability of rejection without an effect.
    overstated : bool
        Whether that size is above alpha by more than three standard errors.
    half_width, assured_half_width : float or None
        Of the confidence interval: the mean, and the one that 80 % of the studies stay below.
    detectable : float or None
        The smallest effect with the target power.
    kenward_roger, kenward_roger_size_at_0 : float or None
        The power and the size at no effect of Kenward and Roger's test, where the degrees of freedom are few.
    """

    effect: str
    estimate: float | None = None
    closed: float | None = None
    closed_se: float | None = None
    closed_sd: float | None = None
    df: float | None = None
    se: float | None = None
    power: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    method: str = "closed"
    count: Counted | None = None
    conditional: float | None = None
    conditional_se: float | None = None
    size_at_0: float | None = None
    overstated: bool = False
    half_width: float | None = None
    assured_half_width: float | None = None
    detectable: float | None = None
    kenward_roger: float | None = None
    kenward_roger_size_at_0: float | None = None

    @property
    def few_df(self) -> bool:
        """Whether the degrees of freedom are so few that the method matters."""
        return self.df is not None and self.df < FEW_DF


def evaluate(
    study: Study,
    answers: Sequence[Answer],
    simulated: Simulated | None = None,
    beside: Simulated | None = None,
    *,
    target: float = 0.8,
    confidence: float = 0.95,
) -> tuple[EffectPower, ...]:
    """Return the power of all effects of a study, and of all and any of them if there are several.

    Parameters
    ----------
    study : Study
    answers : sequence of Answer
        The closed answers, one per test.
    simulated : Simulated, optional
        Simulated studies with one outcome per test.
    beside : Simulated, optional
        The same studies with Kenward and Roger's tests, for effects with few degrees of freedom.
    target : float
        The power for which the smallest effect is sought.
    confidence : float
        Of the intervals whose widths are asked for, and of the interval of the power.
    """
    outcomes: Sequence[Outcome | None] = [None] * len(answers) if simulated is None else simulated.outcomes
    found = [
        _effect(study, answer, outcome, target, confidence)
        for answer, outcome in zip(answers, outcomes, strict=True)
    ]
    if beside is not None:
        found = [
            _with_kenward_roger(each, study, answer, outcome) if each.few_df else each
            for each, answer, outcome in zip(found, answers, beside.outcomes, strict=True)
        ]
    if simulated is not None and len(answers) > 1:
        effects = [answer.estimate for answer in answers]
        for name, every in ((ALL_OF, True), (ANY_OF, False)):
            share = joint(simulated.outcomes, effects, study.alpha, every=every)
            found.append(_counted(EffectPower(name), share))
    return tuple(found)


def _effect(
    study: Study, answer: Answer, outcome: Outcome | None, target: float, confidence: float
) -> EffectPower:
    closed = _closed(study, answer, target, confidence)
    if outcome is None:
        return closed
    if answer.test.q == 1:
        return _conditional(closed, study, outcome, target, confidence)
    share = counted(outcome, answer.estimate, study.alpha)
    nothing = counted(outcome, np.zeros(answer.test.q), study.alpha)
    error = np.sqrt(study.alpha * (1.0 - study.alpha) / nothing.B)
    overstated = bool(nothing.share > study.alpha + OVERSTATED * error)
    return replace(_counted(closed, share), size_at_0=nothing.share, overstated=overstated)


def df_methods(study: Study, df: DfMethod) -> tuple[DfMethod, ...]:
    """Return the methods of a study's tests: ``df``, and Kenward and Roger's where the df may be few.

    The first design tells; that of the mean over drawn designs is known later.
    """
    if df != "satterthwaite":
        return (df,)
    products = CrossProducts.of(study.source.template)
    if products is None:
        return (df,)
    least = min(
        float(np.nanmin(each.df, initial=np.inf))
        for each in closed_power(products, study.truth, study.tests, study.alpha)
    )
    return (df, "kenward-roger") if least < MARGIN * FEW_DF else (df,)


def with_kenward_roger(outcome: Outcome, effect: Array, alpha: float) -> tuple[float, float]:
    """Return the power of a test at an effect, shape (q,), and its size: conditional, or counted if q > 1."""
    power, size = (
        conditional(outcome, float(each[0]), alpha)[0]
        if outcome.test.q == 1
        else counted(outcome, each, alpha).share
        for each in (effect, np.zeros(outcome.test.q))
    )
    return power, size


def _with_kenward_roger(found: EffectPower, study: Study, answer: Answer, outcome: Outcome) -> EffectPower:
    """Return the power with that of Kenward and Roger's test beside it."""
    power, size = with_kenward_roger(outcome, answer.estimate, study.alpha)
    return replace(found, kenward_roger=power, kenward_roger_size_at_0=size)


def _closed(study: Study, answer: Answer, target: float, confidence: float) -> EffectPower:
    single = answer.test.q == 1
    found = EffectPower(answer.test.name, float(answer.estimate[0]) if single else None)
    if np.isnan(answer.power):
        return found
    reach = float(ndtri(0.5 + 0.5 * confidence)) * answer.se
    return replace(
        found,
        closed=answer.power,
        closed_se=answer.se,
        closed_sd=answer.sd,
        df=answer.df,
        se=answer.standard_error if single else None,
        power=answer.power,
        ci_low=max(0.0, answer.power - reach),
        ci_high=min(1.0, answer.power + reach),
        detectable=detectable(answer, target, study.alpha) if single else None,
    )


def _conditional(
    closed: EffectPower, study: Study, outcome: Outcome, target: float, confidence: float
) -> EffectPower:
    effect = 0.0 if closed.estimate is None else closed.estimate
    value, se = conditional(outcome, effect, study.alpha)
    size, size_se = conditional(outcome, 0.0, study.alpha)
    width, assured = precision(outcome, confidence)
    reach = float(ndtri(0.5 + 0.5 * confidence)) * se
    smallest = detectable_effect(outcome, target, study.alpha)
    return replace(
        closed,
        power=value,
        ci_low=max(0.0, value - reach),
        ci_high=min(1.0, value + reach),
        method="conditional",
        count=counted(outcome, np.array([effect]), study.alpha),
        conditional=value,
        conditional_se=se,
        size_at_0=size,
        overstated=bool(size > study.alpha + OVERSTATED * size_se),
        half_width=width,
        assured_half_width=assured,
        detectable=smallest if np.isfinite(smallest) else None,
    )


def _counted(found: EffectPower, share: Counted) -> EffectPower:
    """Return the power with the count as its headline."""
    return replace(
        found,
        power=share.share,
        ci_low=share.low,
        ci_high=share.high,
        method="count",
        count=share,
        detectable=None,
    )
