"""Fit one single-level model, with the standard errors that ignore and that respect the clusters."""

from __future__ import annotations

from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.ols import OlsFit, fit_ols
from mlm_steps.records import OlsCoefficient, OlsRecord, write_record
from mlm_steps.steps.parts.aggregate import group_codes
from mlm_steps.steps.parts.at_record import analysis_frame
from mlm_steps.steps.run.session import Session

__all__ = ["prelude"]


def prelude(session: Session, model: str) -> None:
    """Write the record of a prelude model; raise DesignError if its design is invalid."""
    step = f"prelude/{model}"
    path = session.layout.output(step)
    with session.recorded(step) as (recorder, key):
        entry, confidence = session.model(model), session.spec.estimation.confidence
        frame = analysis_frame(session)
        design = build_design(
            session.plan.formulas[model],
            frame,
            weights=entry.weights,
            contrasts=session.contrasts,
            mixed=False,
        )
        factors = session.plan.inputs.clusters
        clusters = {":".join(columns): group_codes(frame, columns)[design.rows] for columns in factors}
        fit: OlsFit = fit_ols(design, clusters, confidence=confidence)
        record = OlsRecord(
            made_from=key,
            model=model,
            formula=entry.formula,
            outcome=design.outcome,
            weights=entry.weights,
            confidence=confidence,
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
        session.say(f"{model}: {entry.formula}", f"{design.n} rows, {design.p} coefficients")
        session.say_notices(record.notices)
        write_record(record, path)
        recorder.add(path)
