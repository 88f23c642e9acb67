"""Fit one single-level model, with the standard errors that ignore and that respect the clusters."""

from __future__ import annotations

from mlm_steps.records import OlsCoefficient, OlsRecord
from mlm_steps.steps.parts.aggregate import group_codes
from mlm_steps.steps.parts.at_record import analysis_frame
from mlm_steps.steps.parts.single_level import single_level_fit
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
    entry, frame = session.model(model), analysis_frame(session)
    columns = session.plan.inputs.clusters
    fit = single_level_fit(
        session, model, frame, {":".join(each): group_codes(frame, each) for each in columns}
    )
    design = fit.design
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
