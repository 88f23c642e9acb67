"""What a target needs by simulated studies, confirmed by fresh ones (statistics, section 16.5)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mlm_steps.power.curves import Point, ProbitLine, fit_line
from mlm_steps.power.estimates import conditional, counted, detectable_effect, precision
from mlm_steps.power.simulation import Outcome, Simulated, simulate
from mlm_steps.power.study import Study
from mlm_steps.records.power import ClosedScenario, CurvePoint, Required
from mlm_steps.spec.planning.power import PowerSpec

__all__ = ["Near", "line_points", "required_of"]

Array = NDArray[np.float64]

FRESH = 10**6
"""Number of the first study that confirms a required number; no other study has such a number."""
LINE_STEPS = 13
"""Points of the line through the power of simulated designs."""
MOST_CONFIRMED = 50_000
"""Largest number of rows of a design that is simulated to confirm it; larger ones take minutes."""


class Near(NamedTuple):
    """Simulated studies of a number of groups near the required one."""

    groups: int
    studies: Simulated


@dataclass(frozen=True, slots=True, eq=False)
class _Fresh:
    """Confirms required numbers with studies that nothing else uses, simulated once per design."""

    spec: PowerSpec
    replicates: int
    known: dict[object, Simulated] = field(default_factory=dict)

    def confirmed(self, own: Required, study: Study, k: int) -> Required:
        """Return the answer with the simulated power of its design."""
        if study.source.predictors.layout.n > MOST_CONFIRMED:
            return own
        size = (study.factors, study.rows)
        if size not in self.known:
            numbers = range(FRESH, FRESH + self.replicates)
            self.known[size] = simulate(
                study.source, study.truth, study.tests, seed=study.seed, numbers=numbers, df=self.spec.df
            )
        point = _point(self.spec, study, k, study.factors[0].count, self.known[size])
        return own.with_values(power=point.power, power_se=point.se if math.isfinite(point.se) else None)


def required_of(
    spec: PowerSpec,
    study: Study,
    answers: ClosedScenario,
    near: Sequence[Near],
    studies: Simulated,
) -> tuple[Required, ...]:
    """Return what the target needs per effect, by simulation where the simulated studies tell it.

    ``studies`` are those of the declared design.
    """
    fresh = _Fresh(spec, studies.status.size)
    return tuple(
        _one(spec, study, near, studies.outcomes[k], own, k, fresh) for k, own in enumerate(answers.required)
    )


def _one(
    spec: PowerSpec,
    study: Study,
    near: Sequence[Near],
    outcome: Outcome,
    own: Required,
    k: int,
    fresh: _Fresh,
) -> Required:
    if own.value is None:
        return own
    if own.what == "groups":
        found = _groups(spec, study, near, own, k)
        return fresh.confirmed(found, study.with_groups(int(found.value or 0)), k)
    if own.what == "rows":
        return fresh.confirmed(own, study.with_rows(int(own.value)), k)
    if own.what == "cost" and own.groups is not None and own.rows is not None:
        return fresh.confirmed(own, study.with_rows(own.rows).with_groups(own.groups), k)
    if outcome.test.q == 1 and own.what == "effect":
        value = detectable_effect(outcome, spec.target, spec.alpha)
        return own.with_values(value=_finite(value), method="simulated")
    if outcome.test.q == 1 and own.what == "precision":
        half, assured = precision(outcome, 1.0 - spec.alpha)
        return own.with_values(value=_finite(half), high=_finite(assured), method="simulated")
    return own


def _groups(spec: PowerSpec, study: Study, near: Sequence[Near], own: Required, k: int) -> Required:
    """Return the number of groups at which the line reaches the target; the closed one without a line."""
    line = _fitted(spec, study, near, own, k)
    if line is None:
        return own
    groups, low, high = line.groups(spec.target)
    if not math.isfinite(groups):
        return own
    count, low, high = (_whole(each, study.arms) for each in (groups, low, high))
    return own.with_values(value=count, low=low, high=_finite(high), method="simulated")


def _whole(groups: float, arms: int) -> float:
    """Return a number of groups rounded up to a multiple of the arms, as an answer and its limits are."""
    return float(arms * max(1, math.ceil(groups / arms - 1e-9))) if math.isfinite(groups) else groups


def _fitted(spec: PowerSpec, study: Study, near: Sequence[Near], own: Required, k: int) -> ProbitLine | None:
    """Return the line of the power of an effect over the root of the number of groups.

    None where the simulated designs, which lie around the number of the hardest effect, lie beside its own.
    """
    if len(near) < 2 or own.value is None or not near[0].groups <= own.value <= near[-1].groups:
        return None
    return fit_line([_point(spec, study, k, each.groups, each.studies) for each in near])


def _point(spec: PowerSpec, study: Study, k: int, groups: int, studies: Simulated) -> Point:
    """Return the simulated power of one effect in a design like the study."""
    outcome, value = studies.outcomes[k], study.tests[k].contrasts @ study.truth.beta
    if outcome.test.q == 1:
        return Point(groups, *conditional(outcome, float(value[0]), spec.alpha))
    found = counted(outcome, value, spec.alpha)
    return Point(groups, found.share, math.sqrt(max(found.share * (1.0 - found.share), 1e-12) / found.B))


def line_points(
    spec: PowerSpec, study: Study, answers: ClosedScenario, near: Sequence[Near]
) -> Iterator[CurvePoint]:
    """Yield per effect the simulated designs and the line through them."""
    for k, own in enumerate(answers.required):
        line = None if own.what != "groups" else _fitted(spec, study, near, own, k)
        if line is not None:
            yield from _along(spec, study, near, k, line)


def _along(
    spec: PowerSpec, study: Study, near: Sequence[Near], k: int, line: ProbitLine
) -> Iterator[CurvePoint]:
    test = study.tests[k]
    for each in near:
        point = _point(spec, study, k, each.groups, each.studies)
        reach = float(ndtri(0.975)) * point.se
        yield CurvePoint(
            effect=test.name, x_name="groups", x=float(each.groups), power=point.power,
            low=max(0.0, point.power - reach), high=min(1.0, point.power + reach),
            method="conditional" if test.q == 1 else "count",
        )  # fmt: skip
    x = np.linspace(near[0].groups, near[-1].groups, LINE_STEPS)
    low, high = line.band(x)
    for own in zip(x, line.power(x), low, high, strict=True):
        groups, power, below, above = map(float, own)
        yield CurvePoint(
            effect=test.name, x_name="groups", x=groups, power=power, low=below, high=above, method="line"
        )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
