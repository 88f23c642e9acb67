"""Intraclass correlations and explained variance of one rung."""

from __future__ import annotations

from mlm_steps.records import FitRecord, write_record
from mlm_steps.records.failure import Absence
from mlm_steps.steps.session import Session

__all__ = ["variance"]


def variance(session: Session, model: str) -> None:
    """Write the variance record of a rung, relative to the null and to the previous rung."""
    from mlm_steps.variance import Explained, explain

    path, step = session.layout.variance(model), f"variance/{model}"
    with session.recorded(step) as (recorder, key):
        record = session.fit(model)
        if isinstance(record, Absence):
            write_record(record.model_copy(update={"step": step}), path)
            return
        frame = session.frame()
        method, confidence = session.spec.estimation.method, session.spec.estimation.confidence
        estimates = session.refit(frame, record)
        references = {}
        for role, name in (("null", session.plan.null), ("previous", session.plan.previous(model))):
            other = session.fit(name) if name and name != model else None
            known = isinstance(other, FitRecord)
            references[role] = (name, session.refit(frame, other).under(method)) if known else None
        explained = Explained(
            model=model,
            fit=estimates.under(method),
            null=references["null"],
            previous=references["previous"],
            confidence=confidence,
            estimates=estimates,
        )
        write_record(explain(explained).model_copy(update={"made_from": key}), path)
        recorder.add(path)
