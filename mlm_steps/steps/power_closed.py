"""Compute the closed answers of planned studies."""

from __future__ import annotations

from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.planned_closed import closed_record
from mlm_steps.steps.parts.planned_fit import planned_fit
from mlm_steps.steps.run.planned_lines import describe_closed
from mlm_steps.steps.run.session import Session

__all__ = ["power_closed"]

STEP = "power_closed"


def power_closed(session: Session) -> None:
    """Write the record of the closed answers of all cells of the grid."""
    path = session.layout.output(STEP)
    with session.recorded(STEP) as recorder:
        fit = planned_fit(session)
        if isinstance(fit, Absence):
            session.pass_on(fit, STEP, path, recorder)
            return
        record = closed_record(session.loaded, fit)
        session.say(*describe_closed(record).splitlines())
        recorder.write(record, path)
