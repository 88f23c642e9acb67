"""Simulate a range of the planned studies of one design; other jobs simulate the other ranges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.power.evaluate import df_methods
from mlm_steps.power.likelihood_ratio import comparison, likelihood_ratios
from mlm_steps.power.simulation import DfMethod, simulate_by
from mlm_steps.power.study import Study
from mlm_steps.records.failure import Absence
from mlm_steps.records.power import ClosedRecord
from mlm_steps.spec.planning.jobs import cell_name, point_names
from mlm_steps.spec.planning.power import PowerSpec
from mlm_steps.steps.parts.planned import planned
from mlm_steps.steps.parts.planned_fit import planned_fit
from mlm_steps.steps.parts.planned_frame import frame_of
from mlm_steps.steps.run.parquet import write_parquet
from mlm_steps.steps.run.session import Session

__all__ = ["power_studies"]


def power_studies(session: Session, cell: str, numbers: str) -> None:
    """Write a range of simulated studies; ``numbers`` is a range such as ``0-500``, the end excluded."""
    step = f"power_studies/{cell}/{numbers}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        study = _study(session, cell, step)
        if isinstance(study, Absence):
            session.pass_on(study, step, path, recorder)
            return
        wanted = range(*map(int, numbers.split("-")))
        power = session.spec.power
        df: DfMethod = "satterthwaite" if power is None else power.df
        methods = (df,) if session.plan.inputs.planned.is_point(cell) else df_methods(study, df)
        found, *beside = simulate_by(
            study.source, study.truth, study.tests, methods, seed=study.seed, numbers=wanted
        )
        counts = {status: int((found.status == status).sum()) for status in ("singular", "failed")}
        session.say(
            f"{cell}: studies {wanted.start} to {wanted.stop - 1}: "
            f"{counts['singular']} singular, {counts['failed']} failed"
        )
        write_parquet(frame_of(found, wanted, _ratios(session, cell, study, wanted), *beside), path)
        recorder.add(path)


def _ratios(session: Session, cell: str, study: Study, wanted: range) -> list[NDArray[np.float64]]:
    """Return the likelihood ratio statistics of the studies of a cell; none near a required number."""
    if session.plan.inputs.planned.is_point(cell):
        return []
    return [
        likelihood_ratios(comparison(study.source, smaller), study.truth, seed=study.seed, numbers=wanted)
        for smaller in study.smaller
    ]


def _study(session: Session, cell: str, step: str) -> Study | Absence:
    """Return the study of a job, or why there is none."""
    power, fit = session.spec.power, planned_fit(session)
    if isinstance(fit, Absence) or power is None:
        return fit if isinstance(fit, Absence) else _nothing(step, "the spec plans no study")
    cells = planned(session.loaded, fit)
    if not session.plan.inputs.planned.is_point(cell):
        return next(each.study for each in cells if cell_name(power, each.cell) == cell)
    return _near(session, power, cells[point_names(power)[cell][0]].study, cell, step)


def _near(session: Session, power: PowerSpec, study: Study, cell: str, step: str) -> Study | Absence:
    """Return the study with one of the numbers of groups near the required one."""
    closed = session.outcome(ClosedRecord, "power_closed")
    if isinstance(closed, Absence):
        return closed
    k, i = point_names(power)[cell]
    points = closed.scenarios[k].points
    if i >= len(points):
        return _nothing(step, "fewer designs are enough to find the required number of groups")
    return study.with_groups(points[i])


def _nothing(step: str, reason: str) -> Absence:
    return Absence(absent="not_applicable", step=step, reason=reason)
