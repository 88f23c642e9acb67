"""Fit one rung under REML and ML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from mlm_steps.design.hypotheses import term_hypotheses
from mlm_steps.engine import LmmFit, linear_fit
from mlm_steps.engine.cost import cost_of
from mlm_steps.engine.posterior.random_effects import random_effects
from mlm_steps.errors import FitError
from mlm_steps.records import EvaluationCost, write_record
from mlm_steps.steps.parts.estimates import estimated, optima_record
from mlm_steps.steps.parts.fit_record import fit_record
from mlm_steps.steps.parts.fixed_part import Hypotheses
from mlm_steps.steps.run.parquet import write_parquet
from mlm_steps.steps.run.session import Session

__all__ = ["fit"]


def fit(session: Session, model: str) -> None:
    """Write the record, conditional modes and fitted values of a rung; raise FitError if the fit fails."""
    step = f"fit/{model}"
    with session.recorded(step) as (recorder, key), _search_told(session):
        rung, estimation, layout = session.model(model), session.spec.estimation, session.layout
        settled = estimated(session, model)
        formula, estimates = settled.formula, settled.estimates
        record = fit_record(
            model,
            formula.text,
            estimates,
            method=estimation.method,
            df_method=estimation.df,
            confidence=estimation.confidence,
            weights=rung.weights,
            sample_hash=session.profile.sample_hash,
            made_from=key,
            variable_levels={**session.plan.levels, **{c.name: c.level for c in settled.derived}},
            hypotheses=Hypotheses(
                estimation.anova,
                term_hypotheses(
                    formula,
                    settled.frame,
                    estimates.design,
                    kind=estimation.anova,
                    contrasts=session.contrasts,
                ),
            ),
        )
        reported = linear_fit(estimates.under(estimation.method))
        record = record.model_copy(
            update={
                "cost": EvaluationCost(**cost_of(reported.prepared)._asdict()),
                "deviation": settled.deviation,
                "derived": settled.derived,
                "notices": (*record.notices, *settled.notices),
            }
        )
        session.say(f"{model}: {record.formula}", f"{record.n} rows, {record.npar} parameters")
        for optimum in (record.reml, record.ml):
            end = optimum.convergence
            found = f"{optimum.method}: {optimum.criterion:.6f} after {end.evaluations} evaluations"
            session.say("; ".join([f"{found}: {end.status}", *end.reasons]))
        session.say_notices(record.notices)
        write_parquet(pd.DataFrame(random_effects(reported)), layout.modes(model))
        write_parquet(_rows(reported), layout.rows(model))
        write_record(optima_record(record, settled), layout.optima(model))
        write_record(record, layout.output(step))
        recorder.estimates = session.plan.estimates_key(model) or ""
        recorder.add(layout.modes(model), layout.rows(model), layout.optima(model), layout.output(step))


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


def _rows(fit: LmmFit) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": fit.design.rows,
            "outcome": fit.design.y,
            "fitted": fit.fitted,
            "residual": fit.residuals,
        }
    )
