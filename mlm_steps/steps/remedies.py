"""Fit the alternatives to rungs that are singular, doubtful or failed, and write advice on them."""

from __future__ import annotations

from functools import partial

import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates, MixedFit
from mlm_steps.records import FitRecord
from mlm_steps.records.effort import OptionalStep
from mlm_steps.records.remedies import AT_FAULT, RemedyRecord, RungAdvice
from mlm_steps.remedies.advice import Status, advise
from mlm_steps.remedies.distribution.base import excess_dispersion
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.parts.on_singular import subject_of
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session

__all__ = ["remedies"]

STEP: OptionalStep = "remedies"


def remedies(session: Session) -> None:
    """Write the advice on all rungs that need it.

    One step serves the whole ladder, since most ladders need no advice and the step then takes little time.
    """
    with session.recorded(STEP) as recorder:
        fits = [session.fit_record(rung.name) for rung in session.spec.rungs]
        wanted = [
            record for record in fits if isinstance(record, FitRecord) and session.allows(STEP, record.model)
        ]
        parts = Parts(session, recorder, STEP, RungAdvice)
        rungs = tuple(parts.of_rung(each.model, partial(_advice, session, each)) for each in wanted)
        for rung in rungs:
            session.say(f"{rung.model}: {rung.status}", *(f"  {term.text}" for term in rung.terms))
            session.say(*(f"  {a.remedy}: {a.formula}: {a.verdict}" for a in rung.alternatives))
        if not rungs:
            session.say("no rung needs advice")
        recorder.write(RemedyRecord(rungs=rungs), session.layout.output(STEP))


def _advice(session: Session, record: FitRecord) -> RungAdvice:
    frame = session.sample()  # without the columns of applied remedies
    if record.deviation is None:
        estimates = estimates_at_record(session, record)
    else:
        estimates = _declared(session, record, frame)
    end = estimates.under(record.method)
    status: Status = "singular" if end.singular else "doubtful"
    if record.deviation is None and record.reported.convergence.status == "failed":
        status = "failed"
    subject = subject_of(session, record.model, estimates, frame)
    if record.deviation is not None:
        return advise(subject, status=status, applied=record.formula)
    reasons = (*record.reported.convergence.reasons, *_distribution_reasons(end))
    return advise(subject, status=status, reasons=reasons)


def _distribution_reasons(fit: MixedFit) -> tuple[str, ...]:
    """Return what is at fault with a generalized model besides its search, each without its full stop."""
    check = excess_dispersion(fit)
    texts = [n.text for n in fit.notices if n.code in AT_FAULT] + ([] if check is None else [check.sentence])
    return tuple(text.removesuffix(".") for text in texts)


def _declared(session: Session, record: FitRecord, frame: pd.DataFrame) -> Estimates:
    """Return the fits of the declared formula of a rung to which a remedy was applied."""
    design = build_design(
        session.plan.formulas[record.model],
        frame,
        weights=record.weights,
        contrasts=session.contrasts,
        response=record.response,
    )
    settings = session.spec.settings[record.model]
    return Estimates(design, control=control_of(session.spec.estimation), agq=settings.agq)
