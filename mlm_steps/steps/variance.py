"""Intraclass correlations and explained variance of one rung."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlm_steps.records import FitRecord, write_record
from mlm_steps.records.failure import Absence
from mlm_steps.steps.run.session import Session

if TYPE_CHECKING:
    from mlm_steps.engine import LmmFit

__all__ = ["variance"]


def variance(session: Session, model: str) -> None:
    """Write the variance record of a rung, relative to the null and to the previous rung."""
    from mlm_steps.variance import Explained, explain

    path, step = session.layout.variance(model), f"variance/{model}"
    with session.recorded(step) as (recorder, key):
        record = session.usable(model)
        if isinstance(record, Absence):
            session.pass_on(record, step, path, recorder)
            return
        frame = session.frame()
        method = session.spec.estimation.method

        def reference(name: str | None) -> tuple[str, LmmFit] | None:
            other = session.usable(name) if name and name != model else None
            return (
                (other.model, session.refit(frame, other).under(method))
                if isinstance(other, FitRecord)
                else None
            )

        explained = Explained(
            model=model,
            fit=session.refit(frame, record).under(method),
            null=reference(session.plan.null),
            previous=reference(session.plan.previous(model)),
        )
        found = explain(explained)
        session.say(f"{model}: {len(found.icc)} intraclass correlations, {len(found.measures)} measures")
        session.say_notices(found.notices)
        write_record(found.model_copy(update={"made_from": key}), path)
        recorder.add(path)
