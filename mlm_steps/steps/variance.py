"""Compute intraclass correlations and explained variance of one rung."""

from __future__ import annotations

from functools import partial

from mlm_steps.design.predictors import Predictors
from mlm_steps.effects.f_tests import kenward_roger_tests
from mlm_steps.engine import MixedFit
from mlm_steps.records import FitRecord
from mlm_steps.records.failure import Absence
from mlm_steps.remedies.columns import with_columns
from mlm_steps.steps.parts.at_record import analysis_frame, estimates_at_record
from mlm_steps.steps.run.session import Session
from mlm_steps.variance import Explained, explain

__all__ = ["variance"]


def variance(session: Session, model: str) -> None:
    """Write the variance record of a rung, relative to the null and to the previous rung."""
    step = f"variance/{model}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        record = session.usable(model)
        if isinstance(record, Absence):
            session.pass_on(record, step, path, recorder)
            return
        method = session.spec.estimation.method

        def reference(name: str | None) -> tuple[str, MixedFit] | None:
            other = session.usable(name) if name and name != model else None
            if not isinstance(other, FitRecord):
                return None
            return other.model, estimates_at_record(session, other).under(method)

        fit = estimates_at_record(session, record).under(method)
        explained = Explained(
            model=model,
            fit=fit,
            null=reference(session.plan.inputs.null),
            previous=reference(session.plan.inputs.previous(model)),
            distribution=session.spec.estimation.distribution_variance,
            predictors=None if record.linear else _predictors(session, record, fit),
            wanted=session.spec.variance.measures,
            f_tests=partial(kenward_roger_tests, fit),
        )
        found = explain(explained)
        session.say(f"{model}: {len(found.icc)} intraclass correlations, {len(found.measures)} measures")
        session.say_notices(found.notices)
        recorder.write(found, path)


def _predictors(session: Session, record: FitRecord, fit: MixedFit) -> Predictors:
    frame = with_columns(analysis_frame(session), record.derived)
    return Predictors(fit.design, frame, session.plan.read(record.formula))
