"""Fit one single-level model, with the standard errors that ignore and that respect the clusters."""

from __future__ import annotations

from mlm_steps.design.build import build_design
from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.ols import OlsFit, fit_ols
from mlm_steps.records import OlsCoefficient, OlsRecord
from mlm_steps.steps.parts.aggregate import group_codes
from mlm_steps.steps.parts.at_record import analysis_frame
from mlm_steps.steps.run.session import Session

__all__ = ["prelude"]


def prelude(session: Session, model: str) -> None:
    """Write the record of a prelude model; raise DesignError if its design is invalid."""
    step = f"prelude/{model}"
    with session.recorded(step) as recorder:
        record = _record(session, model)
        session.say(f"{model}: {record.formula}", f"{record.n} rows, {record.p} coefficients")
        session.say_notices(record.notices)
        recorder.write(record, session.layout.output(step))


def _record(session: Session, model: str) -> OlsRecord:
    entry, design = session.model(model), _design(session, model)
    fit = _fit(session, design)
    return OlsRecord(
        model=model,
        formula=entry.formula,
        outcome=design.outcome,
        weights=entry.weights,
        confidence=session.spec.estimation.confidence,
        sample_hash=session.profile.sample_hash,
        n=design.n,
        p=design.p,
        coefficients=tuple(OlsCoefficient(**row) for row in fit.rows()),
        shared_names=dict(design.shared_names),
        sigma=fit.sigma,
        r_squared=fit.r_squared,
        adj_r_squared=fit.adj_r_squared,
        f_statistic=fit.f_statistic,
        f_df_1=fit.f_df_1,
        f_df_2=fit.f_df_2,
        f_p=fit.f_p,
        loglik=fit.loglik,
        aic=fit.aic,
        bic=fit.bic,
        notices=design.notices,
    )


def _design(session: Session, model: str) -> Design:
    return build_design(
        session.plan.formulas[model],
        analysis_frame(session),
        weights=session.model(model).weights,
        contrasts=session.contrasts,
        mixed=False,
    )


def _fit(session: Session, design: Design) -> OlsFit:
    """Return the fit with standard errors for each grouping factor of the ladder as clusters."""
    frame = analysis_frame(session)
    clusters = {
        ":".join(columns): group_codes(frame, columns)[design.rows]
        for columns in session.plan.inputs.clusters
    }
    return fit_ols(design, clusters, confidence=session.spec.estimation.confidence)
