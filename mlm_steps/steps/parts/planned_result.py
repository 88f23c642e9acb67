"""What simulated studies say about planned ones (statistics, section 16.4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mlm_steps.power.curves import Point, ProbitLine, fit_line
from mlm_steps.power.estimates import Counted, conditional, counted, detectable_effect, joint, precision
from mlm_steps.power.evaluate import FEW_DF, with_kenward_roger
from mlm_steps.power.likelihood_ratio import comparison
from mlm_steps.power.simulation import Outcome, Simulated, simulate
from mlm_steps.power.study import Study
from mlm_steps.records.power import (
    ClosedScenario,
    CurvePoint,
    JointPower,
    LikelihoodRatioPower,
    PowerEffect,
    PowerScenario,
    Required,
)
from mlm_steps.spec.planning.power import PowerSpec

__all__ = ["METHOD", "Near", "beside_of", "ratio_power", "scenario_of"]

Array = NDArray[np.float64]

METHOD = "REML"
"""The estimator of the simulated studies."""
OVERSTATED = 3.0
"""Standard errors by which the share of rejections at no effect may exceed the size of the test."""
FRESH = 10**6
"""Number of the first study that confirms a required number of groups; no other study has such a number."""
MULTIPLES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
"""Multiples of an effect at which its curve is computed."""
LINE_STEPS = 13
"""Points of the line through the power of simulated designs."""


class Near(NamedTuple):
    """Simulated studies of a number of groups near the required one."""

    groups: int
    studies: Simulated


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
    found = _required(spec, study, answers, near, pairs) if asked is None else asked.required
    return PowerScenario(
        closed=answers,
        B=studies.status.size,
        failed=int((studies.status == "failed").sum()),
        singular=int((studies.status == "singular").sum()),
        effects=tuple(_effect(spec, outcome, value) for outcome, value in pairs),
        joint=tuple(_joint(spec, studies.outcomes, values)),
        required=found,
        curve=(*answers.curve, *_curve(spec, pairs), *_line(spec, study, answers, near)),
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


def _effect(spec: PowerSpec, outcome: Outcome, value: Array) -> PowerEffect:
    raw = counted(outcome, value, spec.alpha)
    own: dict[str, object] = {}
    if outcome.test.q == 1:
        power, se = conditional(outcome, float(value[0]), spec.alpha)
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
        **own,
    )


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


def _hardest(answers: ClosedScenario) -> int | None:
    """Return the position of the effect that needs the most groups, for which the designs were simulated."""
    known = [(each.value or 0.0, k) for k, each in enumerate(answers.required) if each.what == "groups"]
    return max(known)[1] if known and answers.points else None


def _fitted(
    spec: PowerSpec, study: Study, answers: ClosedScenario, near: Sequence[Near]
) -> ProbitLine | None:
    """Return the line of the power of the hardest effect over the root of the number of groups."""
    k = _hardest(answers)
    if k is None or len(near) < 2:
        return None
    value = study.tests[k].contrasts @ study.truth.beta
    return fit_line([_point(spec, each.groups, each.studies.outcomes[k], value) for each in near])


def _point(spec: PowerSpec, groups: int, outcome: Outcome, value: Array) -> Point:
    if outcome.test.q == 1:
        return Point(groups, *conditional(outcome, float(value[0]), spec.alpha))
    found = counted(outcome, value, spec.alpha)
    return Point(groups, found.share, math.sqrt(max(found.share * (1.0 - found.share), 1e-12) / found.B))


def _line(
    spec: PowerSpec, study: Study, answers: ClosedScenario, near: Sequence[Near]
) -> Iterator[CurvePoint]:
    """Yield the simulated designs and the line through them."""
    line, k = _fitted(spec, study, answers, near), _hardest(answers)
    if line is None or k is None:
        return
    name = study.tests[k].name
    value = study.tests[k].contrasts @ study.truth.beta
    for each in near:
        point = _point(spec, each.groups, each.studies.outcomes[k], value)
        reach = float(ndtri(0.975)) * point.se
        method = "conditional" if study.tests[k].q == 1 else "count"
        yield CurvePoint(
            effect=name, x_name="groups", x=float(each.groups), power=point.power,
            low=max(0.0, point.power - reach), high=min(1.0, point.power + reach), method=method,
        )  # fmt: skip
    x = np.linspace(near[0].groups, near[-1].groups, LINE_STEPS)
    low, high = line.band(x)
    for own in zip(x, line.power(x), low, high, strict=True):
        groups, power, below, above = map(float, own)
        yield CurvePoint(
            effect=name, x_name="groups", x=groups, power=power, low=below, high=above, method="line"
        )


def _required(
    spec: PowerSpec,
    study: Study,
    answers: ClosedScenario,
    near: Sequence[Near],
    pairs: Sequence[tuple[Outcome, Array]],
) -> tuple[Required, ...]:
    """Return what the target needs, by simulation where the simulated studies tell it."""
    if spec.solve == "groups":
        return _groups(spec, study, answers, near)
    if not answers.required:
        return ()
    found = []
    for own, (outcome, _) in zip(answers.required, pairs, strict=True):
        if outcome.test.q == 1 and spec.solve == "effect":
            value = detectable_effect(outcome, spec.target, spec.alpha)
            own = own.with_values(value=_finite(value), method="simulated")
        elif outcome.test.q == 1 and spec.solve == "precision":
            half, assured = precision(outcome, 1.0 - spec.alpha)
            own = own.with_values(value=_finite(half), high=_finite(assured), method="simulated")
        found.append(own)
    return tuple(found)


def _groups(
    spec: PowerSpec, study: Study, answers: ClosedScenario, near: Sequence[Near]
) -> tuple[Required, ...]:
    line, k = _fitted(spec, study, answers, near), _hardest(answers)
    if line is None or k is None:
        return answers.required
    groups, low, high = line.groups(spec.target)
    if not math.isfinite(groups):
        return answers.required
    count = study.arms * max(1, math.ceil(groups / study.arms - 1e-9))
    at = study.with_groups(count)
    numbers = range(FRESH, FRESH + near[0].studies.status.size)
    fresh = simulate(at.source, at.truth, at.tests, seed=at.seed, numbers=numbers, df=spec.df)
    value = at.tests[k].contrasts @ at.truth.beta
    point = _point(spec, count, fresh.outcomes[k], value)
    own = answers.required[k].with_values(
        value=float(count), low=low, high=_finite(high), power=point.power, power_se=_finite(point.se),
        method="simulated",
    )  # fmt: skip
    return tuple(own if i == k else each for i, each in enumerate(answers.required))
