"""Refit rungs with other optimisers if the spec or the fit requires it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mlm_steps.design.build import build_design
from mlm_steps.engine import MixedFit
from mlm_steps.engine.fit.all_fit import UNASKED, AllFits, refit_all
from mlm_steps.engine.fit.mixed import fit_mixed
from mlm_steps.engine.fit.refit_words import refits_text, verdict
from mlm_steps.errors import Fault, UsageError, listing
from mlm_steps.records import AllFitRecord, FitRecord, RungRefits
from mlm_steps.records.allfit import RefitRow
from mlm_steps.spec import ModelSpec
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.validate import prepare_analysis

__all__ = ["allfit", "describe_allfit"]

STEP = "allfit"


def allfit(session: Session, model: str | None = None) -> None:
    """Write the record of all rungs that are to be checked; for one model, print its table and write nothing.

    One step serves the whole ladder, since most ladders need no check and the step then takes little time.
    """
    if model is not None:
        print(describe_allfit(session, model))
        return
    with session.recorded(STEP) as recorder:
        fits = [session.fit_record(rung.name) for rung in session.spec.rungs]
        wanted = [
            record
            for record in fits
            if isinstance(record, FitRecord) and session.allows("allfit", record.model)
        ]
        parts = Parts(session, recorder, STEP, RungRefits)
        rungs = tuple(parts.of_rung(each.model, partial(_rung, session, each)) for each in wanted)
        session.say(*(f"{rung.model}: {rung.verdict}" for rung in rungs))
        if not wanted:
            session.say("nothing to check")
        recorder.write(AllFitRecord(rungs=rungs), session.layout.output(STEP))


def describe_allfit(session: Session, model: str) -> str:
    """Return the table and the verdict of one rung as text, without reading or writing files of a run."""
    rung, estimation = _rung_named(session, model), session.spec.estimation
    frame = prepare_analysis(session.loaded).frame
    formula = session.plan.formulas[model]
    settings = session.spec.settings[model]
    design = build_design(
        formula, frame, weights=rung.weights, contrasts=session.contrasts, response=settings.response
    )
    control = control_of(estimation)
    fit = fit_mixed(design, method=estimation.method, control=control, agq=settings.agq)
    return f"{model}: {rung.formula} ({fit.method})\n\n{refits_text(_refit(session, fit))}"


def _rung_named(session: Session, name: str) -> ModelSpec:
    rungs = {rung.name: rung for rung in session.spec.rungs}
    if name not in rungs:
        raise UsageError(Fault("--model", f"no rung '{name}' in the spec", f"one of {listing(rungs)}"))
    return rungs[name]


def _rung(session: Session, record: FitRecord) -> RungRefits:
    fit = estimates_at_record(session, record).under(record.method)
    found = _refit(session, fit, None if session.spec.estimation.allfit == "always" else UNASKED)
    return RungRefits(
        model=record.model,
        method=record.method,
        agree=found.agree,
        verdict=verdict(found),
        refits=tuple(
            RefitRow(
                optimizer=refit.optimizer,
                start=refit.start,
                criterion=refit.criterion,
                delta=refit.delta,
                max_dbeta_se=refit.max_dbeta_se,
                max_dsd=refit.max_dsd,
                evaluations=refit.evaluations,
                status=refit.status,
                reasons=refit.reasons,
            )
            for refit in found.refits
        ),
    )


def _refit(session: Session, fit: MixedFit, optimizers: Sequence[str] | None = None) -> AllFits:
    return refit_all(fit, control_of(session.spec.estimation), optimizers)
