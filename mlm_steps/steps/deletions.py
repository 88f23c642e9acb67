"""Test the random effects of each rung by removing them one at a time."""

from __future__ import annotations

from functools import partial

from mlm_steps.compare.deletions import leave_out
from mlm_steps.compare.heterogeneity import heterogeneity
from mlm_steps.compare.simulations import Simulations
from mlm_steps.design.deletions import single_deletions
from mlm_steps.engine import MixedFit, linear_fit
from mlm_steps.records import FitRecord
from mlm_steps.records.deletions import DeletionsRecord, RandomEffectTest, RungDeletions
from mlm_steps.records.effort import OptionalStep
from mlm_steps.steps.parts.at_record import analysis_frame, estimates_at_record
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session

__all__ = ["deletions"]

STEP: OptionalStep = "deletions"


def deletions(session: Session) -> None:
    """Write the record of all rungs whose fits converged.

    One step serves the whole ladder, since it takes little time compared with the fits.
    """
    with session.recorded(STEP) as recorder:
        fits = [session.usable(rung.name) for rung in session.spec.rungs]
        parts = Parts(session, recorder, STEP, RungDeletions)
        rungs = tuple(_rung(session, parts, record) for record in fits if isinstance(record, FitRecord))
        for rung in rungs:
            session.say(*(_line(rung.model, test) for test in rung.deletions))
        recorder.write(DeletionsRecord(rungs=rungs), session.layout.output(STEP))


def _rung(session: Session, parts: Parts[RungDeletions], record: FitRecord) -> RungDeletions:
    tested = session.allows(STEP, record.model)
    return parts.of_rung(record.model, partial(_made, session, record, tested=tested), tested)


def _made(session: Session, record: FitRecord, *, tested: bool) -> RungDeletions:
    fit = estimates_at_record(session, record).under(record.method)
    return RungDeletions(
        model=record.model,
        method=record.method,
        npar=fit.npar,
        loglik=-fit.criterion / 2,
        aic=fit.criterion + 2 * fit.npar,
        deletions=_tests(session, record.model, fit) if tested else (),
        heterogeneity=heterogeneity(linear_fit(fit)) if record.linear else (),
    )


def _tests(session: Session, model: str, fit: MixedFit) -> tuple[RandomEffectTest, ...]:
    asked = Simulations(session.spec.seed, session.spec.tests.rlrt)
    formula, frame = session.formulas[model], analysis_frame(session)
    return tuple(
        leave_out(
            fit,
            deletion,
            asked=asked,
            control=control_of(session.spec.estimation),
        )
        for deletion in single_deletions(formula, frame, fit.design, contrasts=session.contrasts)
    )


def _line(model: str, test: RandomEffectTest) -> str:
    if test.statistic is None:
        return f"{model} without {test.term}: no test: {test.reason}"
    return f"{model} without {test.term}: chi-square {test.statistic:.4f} on {test.df}"
