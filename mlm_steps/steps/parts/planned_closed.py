"""The closed answers of the planned studies of a spec."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtri

from mlm_steps.errors import SpecError, UsageError
from mlm_steps.power.curves import designs_around
from mlm_steps.power.scenarios import Scenario
from mlm_steps.power.solve import Ceiling, cheapest, detectable, endless, needed_groups, needed_rows
from mlm_steps.power.study import Answer, Study, answers_at, closed_answers
from mlm_steps.power.tests import critical
from mlm_steps.records.power import ClosedEffect, ClosedRecord, ClosedScenario, CurvePoint, Required
from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.planning.jobs import cell_name, question_name, same_question
from mlm_steps.spec.planning.power import PowerSpec
from mlm_steps.steps.parts.planned import planned
from mlm_steps.steps.parts.planned_parameters import parameters_of

if TYPE_CHECKING:
    from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["closed_record"]

CURVES = 4
"""Largest number of cells of a grid for which a closed curve over the number of groups is computed."""
STEPS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""The numbers of groups of that curve, as multiples of the declared or the needed number."""
ASSURANCE = 0.8
"""The share of studies whose interval is at most as wide as the assured width."""

Answers = Callable[[Study], Sequence[Answer]]


def closed_record(loaded: LoadedSpec, fit: MixedFit | None = None) -> ClosedRecord:
    """Return the closed answers of all cells of the grid.

    ``fit`` is that of the rung which the truth is taken from.
    """
    spec = loaded.spec.power
    if spec is None:
        raise ValueError("the spec has no planned studies")
    cells = planned(loaded, fit)
    if spec.truth.from_ is not None:
        _refuse_faults(cells)
    found: list[ClosedScenario] = []
    for k, (first, cell) in enumerate(zip(same_question(spec), cells, strict=True)):
        asked = found[first] if first < k and spec.solve == "groups" else None
        found.append(_scenario(spec, cell, asked, curves=len(cells) <= CURVES))
    return ClosedRecord(scenarios=tuple(found), parameters=tuple(parameters_of(spec, cells)))


def _refuse_faults(cells: Sequence[Scenario]) -> None:
    """Raise SpecError if the estimates of the rung are no truth of the model."""
    for cell in cells:
        try:
            cell.study.truth.roots()
        except UsageError as error:
            raise SpecError(*error.faults) from None


def _scenario(
    spec: PowerSpec, cell: Scenario, asked: ClosedScenario | None, *, curves: bool
) -> ClosedScenario:
    """Return the answers of a cell; ``asked`` are those of a cell that needs the same number of groups."""
    study = cell.study
    answers, without_end = answers_at(study, (study.truth, endless(study)))
    layout = study.source.predictors.layout
    known = _remembered(study, answers)
    effects = tuple(_effect(*pair) for pair in zip(answers, without_end, strict=True))
    required = tuple(_required(spec, study, answers, known)) if asked is None else asked.required
    needed = [int(each.value) for each in required if each.what == "groups" and each.value is not None]
    points = designs_around(max(needed), multiple=study.arms) if needed else ()
    around = max(needed) if needed else study.factors[0].count
    wanted = curves and not {"groups", study.factors[0].name} & {*spec.grid}
    return ClosedScenario(
        name=cell.name,
        cell=dict(cell.cell),
        job=cell_name(spec, cell.cell),
        groups=study.factors[0].count,
        rows=float(layout.sizes(study.factors[-1].name).mean()),
        n=layout.n,
        designs=answers[0].designs,
        effects=effects,
        required=required,
        points=points,
        question=question_name(spec, cell.cell),
        curve=tuple(_curve(study, around, known)) if wanted else (),
    )


def _remembered(study: Study, answers: Sequence[Answer]) -> Answers:
    """Return a function that computes the closed answers of each size of a study once."""
    known = {(study.factors, study.rows): answers}

    def of(other: Study) -> Sequence[Answer]:
        size = (other.factors, other.rows)
        if size not in known:
            known[size] = closed_answers(other)
        return known[size]

    return of


def _effect(answer: Answer, without_end: Answer) -> ClosedEffect:
    single = answer.test.q == 1
    return ClosedEffect(
        effect=answer.test.name,
        q=answer.test.q,
        estimate=float(answer.estimate[0]) if single else None,
        se=_number(answer.standard_error) if single else None,
        df=_number(answer.df),
        power=_number(answer.power),
        power_se=float(answer.se),
        power_sd=float(answer.sd),
        ceiling=_number(without_end.power),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _required(spec: PowerSpec, study: Study, answers: Sequence[Answer], known: Answers) -> Iterator[Required]:
    """Yield what the target needs, per effect."""
    if spec.solve == "none":
        return
    for k, answer in enumerate(answers):
        name = answer.test.name
        try:
            yield _ONE[spec.solve](spec, study, k, answer, known)
        except UsageError as error:
            yield Required(effect=name, what=spec.solve, value=None, reason=error.faults[0].what)


def _groups(spec: PowerSpec, study: Study, k: int, answer: Answer, known: Answers) -> Required:
    found = needed_groups(study, spec.target, k, multiple=study.arms, answers=known)
    return Required(effect=answer.test.name, what="groups", value=found.count, power=found.power)


def _rows(spec: PowerSpec, study: Study, k: int, answer: Answer, known: Answers) -> Required:
    found = needed_rows(study, spec.target, k, answers=known)
    name = answer.test.name
    if isinstance(found, Ceiling):
        return Required(effect=name, what="rows", value=None, ceiling=found.power)
    return Required(effect=name, what="rows", value=found.count, power=found.power)


def _smallest_effect(spec: PowerSpec, _: Study, __: int, answer: Answer, ___: Answers) -> Required:
    value = detectable(answer, spec.target, spec.alpha)
    return Required(effect=answer.test.name, what="effect", value=value, power=spec.target)


def _cost(spec: PowerSpec, study: Study, k: int, answer: Answer, _: Answers) -> Required:
    cost = spec.cost
    if cost is None:
        raise ValueError("the spec has no costs")
    target = spec.target if cost.budget is None else None
    found = cheapest(
        study, per_group=cost.group, per_row=cost.row, effect=k, budget=cost.budget, target=target
    )
    return Required(
        effect=answer.test.name, what="cost", value=found.cost, groups=found.groups, rows=found.rows,
        power=found.power,
    )  # fmt: skip


def _precision(spec: PowerSpec, _: Study, __: int, answer: Answer, ___: Answers) -> Required:
    if answer.test.q > 1 or not np.isfinite(answer.standard_error):
        reason = "the test has several coefficients" if answer.test.q > 1 else "it is not estimable"
        return Required(effect=answer.test.name, what="precision", value=None, reason=reason)
    t = float(critical(spec.alpha, np.array(answer.df)))
    spread = math.sqrt(float(chdtri(answer.df, 1.0 - ASSURANCE)) / answer.df)
    half = t * answer.standard_error
    return Required(effect=answer.test.name, what="precision", value=half, high=half * spread)


_ONE = {
    "groups": _groups,
    "rows": _rows,
    "effect": _smallest_effect,
    "cost": _cost,
    "precision": _precision,
}


def _curve(study: Study, around: int, known: Answers) -> Iterator[CurvePoint]:
    """Yield the closed power over numbers of groups."""
    multiple = study.arms
    sizes = sorted({max(2 * multiple, multiple * round(around * step / multiple)) for step in STEPS})
    for J in sizes:
        for answer in known(study.with_groups(J)):
            if np.isfinite(answer.power):
                yield CurvePoint(
                    effect=answer.test.name, x_name="groups", x=float(J), power=answer.power, method="closed"
                )
