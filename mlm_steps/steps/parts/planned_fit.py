"""The fit of the rung that planned studies take as the truth."""

from __future__ import annotations

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.run.session import Session

__all__ = ["planned_fit"]


def planned_fit(session: Session) -> MixedFit | Absence | None:
    """Return the fit, the reason why there is none, or None if the truth is declared without a rung."""
    power = session.spec.power
    if power is None or power.truth.from_ is None:
        return None
    record = session.usable_linear(power.truth.from_.rung)
    if isinstance(record, Absence):
        return record
    return estimates_at_record(session, record, methods=(record.method,)).under(record.method)
