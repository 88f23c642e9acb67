"""Collect the planned studies: closed answers, simulated power, and what the target needs."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.power.scenarios import Scenario
from mlm_steps.power.simulation import Simulated
from mlm_steps.power.study import Study
from mlm_steps.records import write_record
from mlm_steps.records.failure import Absence
from mlm_steps.records.power import (
    ClosedRecord,
    ClosedScenario,
    LikelihoodRatioPower,
    PowerRecord,
    PowerScenario,
)
from mlm_steps.spec.planning.jobs import point_names, same_question
from mlm_steps.spec.planning.power import PowerSpec, SimulateSpec
from mlm_steps.steps.parts.planned import planned
from mlm_steps.steps.parts.planned_fit import planned_fit
from mlm_steps.steps.parts.planned_frame import read_beside, read_ratios, read_studies
from mlm_steps.steps.parts.planned_required import Near
from mlm_steps.steps.parts.planned_result import METHOD, beside_of, ratio_power, scenario_of
from mlm_steps.steps.run.planned_lines import describe_power
from mlm_steps.steps.run.session import Session

__all__ = ["power_result"]

STEP = "power_result"


def power_result(session: Session) -> None:
    """Write the record of the planned studies."""
    path = session.layout.output(STEP)
    power = session.spec.power
    with session.recorded(STEP) as recorder:
        fit, closed = planned_fit(session), session.outcome(ClosedRecord, "power_closed")
        for found in (fit, closed):
            if isinstance(found, Absence):
                session.pass_on(found, STEP, path, recorder)
                return
        if power is None or isinstance(closed, Absence) or isinstance(fit, Absence):
            raise ValueError("the spec plans no study")
        cells = planned(session.loaded, fit)
        scenarios: list[PowerScenario] = []
        for k, (cell, answers) in enumerate(zip(cells, closed.scenarios, strict=True)):
            first = same_question(power)[k]
            asked = scenarios[first] if first < k and power.solve == "groups" else None
            made = _scenario(session, power, first, cell, answers, asked)
            if isinstance(made, Absence):
                write_record(Absence(absent="failed", step=STEP, reason=made.reason), path)
                return
            scenarios.append(made)
        record = _record(session, power, cells[0].study, closed, scenarios)
        session.say(*describe_power(record).splitlines())
        recorder.write(record, path)


def _scenario(
    session: Session,
    power: PowerSpec,
    k: int,
    cell: Scenario,
    answers: ClosedScenario,
    asked: PowerScenario | None,
) -> PowerScenario | Absence:
    """Return the results of a cell.

    ``k`` is the first cell that needs the same number of groups, and ``asked`` its results if it is another.
    """
    studies = _studies(session, answers.job, cell.study)
    if isinstance(studies, Absence):
        return studies
    near: list[Near] = []
    for name, (owner, i) in point_names(power).items():
        if owner == k and i < len(answers.points) and studies is not None:
            study = cell.study.with_groups(answers.points[i])
            found = _studies(session, name, study)
            if isinstance(found, Absence):
                return found
            if found is not None:
                near.append(Near(answers.points[i], found))
    made = scenario_of(power, cell.study, answers, studies, near, asked)
    if studies is None:
        return made
    beside = read_beside([session.layout.output(each) for each in _jobs(session, answers.job)], studies)
    if beside is not None:
        made = beside_of(power, cell.study, made, beside)
    ratios = _ratios(session, power, answers.job, cell.study)
    return made.with_values(likelihood_ratios=ratios)


def _ratios(session: Session, power: PowerSpec, job: str, study: Study) -> tuple[LikelihoodRatioPower, ...]:
    """Return the power of the likelihood ratio tests in the studies of a cell."""
    if not study.smaller:
        return ()
    paths = [session.layout.output(each) for each in _jobs(session, job)]
    statistics = read_ratios(paths, len(study.smaller))
    return tuple(
        ratio_power(study, smaller, own, power.alpha)
        for smaller, own in zip(study.smaller, statistics, strict=True)
    )


def _studies(session: Session, cell: str, study: Study) -> Simulated | Absence | None:
    """Return the simulated studies of a design; None if the spec asks for closed forms alone."""
    parts = [read_studies(session.layout.output(job), study.tests) for job in _jobs(session, cell)]
    absent = next((part for part in parts if isinstance(part, Absence)), None)
    if absent is not None:
        return absent
    whole = [part for part in parts if isinstance(part, Simulated)]
    return Simulated.joined(whole) if whole else None


def _jobs(session: Session, cell: str) -> list[str]:
    """Return the jobs that simulate the studies of a cell."""
    jobs = session.plan.inputs.planned.jobs
    return [f"power_studies/{name}/{numbers}" for name, numbers in jobs if name == cell]


def _record(
    session: Session,
    power: PowerSpec,
    study: Study,
    closed: ClosedRecord,
    scenarios: Sequence[PowerScenario],
) -> PowerRecord:
    source = power.truth.from_
    simulated = power.simulate if isinstance(power.simulate, SimulateSpec) else None
    return PowerRecord(
        alpha=power.alpha,
        alternative=power.alternative,
        target=power.target,
        df_method=power.df,
        method=METHOD,
        solve=power.solve,
        formula=power.model,
        seed=session.spec.seed,
        replicates=0 if simulated is None else simulated.replicates,
        redrawn=study.source.predictors.redrawn,
        grid=dict(power.grid),
        cost_group=None if power.cost is None else power.cost.group,
        cost_row=None if power.cost is None else power.cost.row,
        cost_budget=None if power.cost is None else power.cost.budget,
        observed=source.rung if source is not None and not source.set else None,
        scenarios=tuple(scenarios),
        parameters=closed.parameters,
    )
