"""Fit one rung under REML and ML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from mlm_steps.design.hypotheses import term_hypotheses
from mlm_steps.engine import MixedFit
from mlm_steps.engine.cost import cost_of_fit
from mlm_steps.engine.posterior.random_effects import random_effects
from mlm_steps.engine.posterior.ranges import mode_covariances
from mlm_steps.engine.result.mixed_fit import response_residuals
from mlm_steps.errors import FitError
from mlm_steps.records import EvaluationCost, FitRecord
from mlm_steps.steps.parts.estimates import estimated, optima_record
from mlm_steps.steps.parts.fit_record import Remedied, fit_record
from mlm_steps.steps.parts.fixed_part import Hypotheses
from mlm_steps.steps.parts.on_singular import Settled
from mlm_steps.steps.parts.saved_rows import about_rows, save_rows
from mlm_steps.steps.run.parquet import write_parquet
from mlm_steps.steps.run.session import Session

__all__ = ["fit"]


def fit(session: Session, model: str) -> None:
    """Write the record, conditional modes and fitted values of a rung; raise FitError if the fit fails."""
    step, layout = f"fit/{model}", session.layout
    with session.recorded(step) as recorder, _search_told(session):
        settled = estimated(session, model)
        record = _record(session, model, settled)
        _tell(session, record)
        reported = settled.estimates.under(record.method)
        write_parquet(pd.DataFrame(random_effects(reported)), layout.modes(model))
        write_parquet(pd.DataFrame(mode_covariances(reported)), layout.mode_covariances(model))
        write_parquet(_rows(reported), layout.rows(model))
        recorder.estimates = session.plan.estimates_key(model) or ""
        recorder.add(layout.modes(model), layout.mode_covariances(model), layout.rows(model))
        if session.spec.save:
            recorder.add(save_rows(session, model, reported))
        recorder.write(optima_record(record, settled), layout.optima(model))
        recorder.write(record, layout.output(step))


def _record(session: Session, model: str, settled: Settled) -> FitRecord:
    """Return the record of a rung from the model that is fitted for it."""
    estimation, estimates = session.spec.estimation, settled.estimates
    settings = session.spec.settings[model]
    reported = estimates.under(settings.method)
    notices = (*settled.notices, *about_rows(session, model, estimates.design))
    hypotheses = term_hypotheses(
        settled.formula, settled.frame, estimates.design, kind=estimation.anova, contrasts=session.contrasts
    )
    return fit_record(
        model,
        settled.formula.text,
        estimates,
        method=settings.method,
        df_method=settings.df,
        confidence=estimation.confidence,
        bic_n=estimation.bic_n,
        weights=session.model(model).weights,
        sample_hash=session.profile.sample_hash,
        variable_levels={**session.plan.levels, **{c.name: c.level for c in settled.derived}},
        hypotheses=Hypotheses(estimation.anova, hypotheses),
        cost=EvaluationCost(**cost_of_fit(reported)._asdict()),
        remedied=Remedied(settled.deviation, settled.derived, notices),
    )


def _tell(session: Session, record: FitRecord) -> None:
    """Write what was found into the step's log."""
    session.say(f"{record.model}: {record.formula}", f"{record.n} rows, {record.npar} parameters")
    for optimum in record.optima:
        end = optimum.convergence
        found = f"{optimum.method}: {optimum.criterion:.6f} after {end.evaluations} evaluations"
        session.say("; ".join([f"{found}: {end.status}", *end.reasons]))
    session.say_notices(record.notices)


@contextmanager
def _search_told(session: Session) -> Iterator[None]:
    """Write a failed search to the log, since a failed fit has no record."""
    try:
        yield
    except FitError as error:
        if error.trace:
            session.say("the search that was given up", "evaluation criterion largest_slope")
        for evaluation, criterion, slope in error.trace:
            session.say(f"{evaluation} {criterion:.9g} {'-' if slope is None else format(slope, '.3g')}")
        raise


def _rows(fit: MixedFit) -> pd.DataFrame:
    """Return outcome, fitted value and residual of each row; of a binomial outcome, those of its events."""
    residuals = response_residuals(fit)
    return pd.DataFrame(
        {
            "row": fit.design.rows,
            "outcome": fit.design.y,
            "fitted": fit.fitted if fit.design.trials is None else fit.design.trials * fit.fitted,
            "residual": residuals,
        }
    )
