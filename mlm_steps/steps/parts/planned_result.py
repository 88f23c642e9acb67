"""What simulated studies say about planned ones (statistics, section 16.4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mlm_steps.power.estimates import Counted, conditional, counted, detectable_effect, joint, precision
from mlm_steps.power.evaluate import FEW_DF, with_kenward_roger
from mlm_steps.power.likelihood_ratio import comparison
from mlm_steps.power.simulation import Outcome, Simulated
from mlm_steps.power.study import Study
from mlm_steps.records.power import (
    ClosedEffect,
    ClosedScenario,
    CurvePoint,
    JointPower,
    LikelihoodRatioPower,
    PowerEffect,
    PowerScenario,
)
from mlm_steps.spec.planning.power import PowerSpec
from mlm_steps.steps.parts.planned_required import Near, line_points, required_of

__all__ = ["METHOD", "beside_of", "ratio_power", "scenario_of"]

Array = NDArray[np.float64]

METHOD = "REML"
"""The estimator of the simulated studies."""
OVERSTATED = 3.0
"""Standard errors by which the share of rejections at no effect may exceed the size of the test."""
MULTIPLES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
"""Multiples of an effect at which its curve is computed."""
SMALLEST = 1e-4
"""Smallest standard error of a difference; where every study rejects, the simulated one is 0."""
DIFFERS = 3.0
"""Standard errors between closed form and simulation from which the simulation is believed."""


def scenario_of(
    spec: PowerSpec,
    study: Study,
    answers: ClosedScenario,
    studies: Simulated | None,
    near: Sequence[Near],
    asked: PowerScenario | None = None,
) -> PowerScenario:
    """Return the results of one cell of the grid; ``asked`` are those of one that needs as many groups."""
    if studies is None:
        nothing = tuple(
            PowerEffect(effect=each.effect, q=each.q, rejections=None, power=None, ci_low=None, ci_high=None)
            for each in answers.effects
        )
        return PowerScenario(
            closed=answers, B=0, failed=0, singular=0, effects=nothing, required=answers.required,
            curve=answers.curve,
        )  # fmt: skip
    values = [test.contrasts @ study.truth.beta for test in study.tests]
    pairs = [*zip(studies.outcomes, values, strict=True)]
    found = required_of(spec, study, answers, near, studies) if asked is None else asked.required
    return PowerScenario(
        closed=answers,
        B=studies.status.size,
        failed=int((studies.status == "failed").sum()),
        singular=int((studies.status == "singular").sum()),
        effects=tuple(
            _effect(spec, *pair, of_closed) for pair, of_closed in zip(pairs, answers.effects, strict=True)
        ),
        joint=tuple(_joint(spec, studies.outcomes, values)),
        required=found,
        curve=(*answers.curve, *_curve(spec, pairs), *line_points(spec, study, answers, near)),
    )


def beside_of(spec: PowerSpec, study: Study, made: PowerScenario, beside: Simulated) -> PowerScenario:
    """Return the results with the power of Kenward and Roger's tests where the degrees of freedom are few."""
    effects = []
    for effect, closed, outcome in zip(made.effects, made.closed.effects, beside.outcomes, strict=True):
        if closed.df is None or closed.df >= FEW_DF:
            effects.append(effect)
            continue
        value = outcome.test.contrasts @ study.truth.beta
        power, size = with_kenward_roger(outcome, value, spec.alpha)
        effects.append(effect.with_values(kenward_roger=power, kenward_roger_size_at_0=size))
    return made.with_values(effects=tuple(effects))


def ratio_power(study: Study, smaller: str, statistics: Array, alpha: float) -> LikelihoodRatioPower:
    """Return the power of the likelihood ratio test against a smaller model."""
    compared = comparison(study.source, smaller)
    share = compared.power(statistics, alpha)
    return LikelihoodRatioPower(
        smaller=smaller,
        method=compared.method,
        mixture=compared.mixture,
        rejections=share.rejections,
        failed=int(np.sum(~np.isfinite(statistics))),
        power=share.share,
        ci_low=share.low,
        ci_high=share.high,
    )


def _effect(spec: PowerSpec, outcome: Outcome, value: Array, closed: ClosedEffect) -> PowerEffect:
    raw = counted(outcome, value, spec.alpha)
    own: dict[str, object] = {}
    expected = raw.share if closed.power is None else closed.power
    best, best_se = raw.share, math.sqrt(expected * (1.0 - expected) / raw.B)
    if outcome.test.q == 1:
        power, se = best, best_se = conditional(outcome, float(value[0]), spec.alpha)
        size, size_se = conditional(outcome, 0.0, spec.alpha)
        half, assured = precision(outcome, 1.0 - spec.alpha)
        detected = detectable_effect(outcome, spec.target, spec.alpha)
        own = {
            "conditional": power,
            "conditional_se": _finite(se),
            "half_width": _finite(half),
            "half_width_assured": _finite(assured),
            "detectable": _finite(detected),
        }
    else:
        size = counted(outcome, np.zeros_like(value), spec.alpha).share
        size_se = math.sqrt(spec.alpha * (1.0 - spec.alpha) / raw.B)
    return PowerEffect(
        effect=outcome.test.name,
        q=outcome.test.q,
        rejections=raw.rejections,
        power=raw.share,
        ci_low=raw.low,
        ci_high=raw.high,
        size_at_0=size,
        size_se=_finite(size_se),
        overstated=bool(size > spec.alpha + OVERSTATED * size_se),
        differs=_differ(closed, best, best_se),
        **own,
    )


def _differ(closed: ClosedEffect, power: float, se: float) -> bool:
    """Return whether closed form and simulation differ by over three standard errors of both."""
    if closed.power is None or not math.isfinite(se):
        return False
    return abs(power - closed.power) > DIFFERS * max(math.hypot(se, closed.power_se), SMALLEST)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _joint(
    spec: PowerSpec,
    outcomes: Sequence[Outcome],
    values: Sequence[Array],
) -> Iterator[JointPower]:
    """Yield the power to find all effects and any of them, if there are several."""
    if len(outcomes) < 2:
        return
    for words, every in (("all of them", True), ("any of them", False)):
        found: Counted = joint(outcomes, values, spec.alpha, every=every)
        yield JointPower(
            effect=words, rejections=found.rejections, power=found.share, ci_low=found.low, ci_high=found.high
        )


def _curve(spec: PowerSpec, pairs: Sequence[tuple[Outcome, Array]]) -> Iterator[CurvePoint]:
    """Yield the power of each t test over sizes of its effect, with the same studies."""
    for outcome, value in pairs:
        if outcome.test.q > 1 or not value[0]:
            continue
        for multiple in MULTIPLES:
            x = float(multiple * value[0])
            power, se = conditional(outcome, x, spec.alpha)
            reach = float(ndtri(0.975)) * (se if math.isfinite(se) else 0.0)
            yield CurvePoint(
                effect=outcome.test.name, x_name="estimate", x=x, power=power, low=max(0.0, power - reach),
                high=min(1.0, power + reach), method="conditional",
            )  # fmt: skip
