"""Check one generalized rung against the distribution of its outcome."""

from __future__ import annotations

from mlm_steps.diagnose import Subject, diagnose
from mlm_steps.engine.result.mixed_fit import generalized_fit
from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.run.session import Session

__all__ = ["diagnostics"]


def diagnostics(session: Session, model: str) -> None:
    """Write the record of the checks of a rung."""
    step = f"diagnostics/{model}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        record = session.usable(model)
        if isinstance(record, Absence):
            session.pass_on(record, step, path, recorder)
            return
        fit = generalized_fit(estimates_at_record(session, record).under("ML"))
        found = diagnose(Subject(model, fit, session.spec.seed, session.spec.effort == "full"))
        session.say(*(f"{check.flag or check.code}: {check.sentence}" for check in found.checks))
        recorder.write(found, path)
