"""Compute bootstrap intervals of one rung from the replicates of all its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from mlm_steps.engine.bootstrap.bootstrap import TOO_MANY_FAILED, Sample, bound_codes, percentiles
from mlm_steps.engine.bootstrap.replicates import Replicates
from mlm_steps.records import Interval, IntervalKind, IntervalRecord, Notice
from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.parts.bootstrap_rows import Quantity, quantities
from mlm_steps.steps.resample import read_replicates
from mlm_steps.steps.run.session import Session

__all__ = ["bootstrap", "bootstrap_record"]


def bootstrap(session: Session, model: str) -> None:
    """Write the percentile intervals of a rung, of the kinds for which the spec asks for a bootstrap."""
    step = f"bootstrap/{model}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        record = session.usable(model)
        if isinstance(record, Absence):
            session.pass_on(record, step, path, recorder)
            return
        jobs = [f"resample/{model}/{numbers}" for numbers in session.plan.inputs.resampled]
        parts = [read_replicates(session.layout.output(job), record) for job in jobs]
        absent = next((part for part in parts if isinstance(part, Absence)), None)
        if absent is not None:
            session.say(f"{absent.step}: {absent.reason}")
            session.pass_on(absent, step, path, recorder)
            return
        fit = estimates_at_record(session, record, methods=(record.method,)).under(record.method)
        replicates = Replicates.joined([part for part in parts if isinstance(part, Replicates)])
        found = bootstrap_record(
            model,
            Sample(fit, replicates),
            kinds=session.spec.intervals.kinds("bootstrap"),
            kind=session.spec.bootstrap.kind,
            confidence=record.confidence,
            distribution=session.spec.estimation.distribution_variance,
        )
        size, singular = replicates.sigma.size, replicates.singular
        session.say(f"{model}: {size} replicates, {singular} singular, {replicates.failed} failed")
        session.say_notices(found.notices)
        recorder.write(found, path)


def bootstrap_record(
    model: str,
    sample: Sample,
    *,
    kinds: Iterable[IntervalKind],
    kind: str,
    confidence: float,
    distribution: str | None = None,
) -> IntervalRecord:
    """Return the percentile intervals of a rung; ``kind`` is a key of ``KINDS``.

    ``distribution`` is how the variance of a generalized model's distribution is computed.
    """
    replicates = sample.replicates
    method = f"{kind} bootstrap, B={replicates.sigma.size}, {replicates.failed} failed"
    wanted = [quantity for quantity in quantities(sample, distribution) if quantity.kind in set(kinds)]
    return IntervalRecord(
        model=model,
        source="bootstrap",
        confidence=confidence,
        intervals=tuple(_interval(quantity, replicates.failed, confidence, method) for quantity in wanted),
        notices=tuple(_notices(model, kind, replicates)),
    )


def _interval(quantity: Quantity, failed: int, confidence: float, method: str) -> Interval:
    """Return the interval of one quantity; its method counts the replicates in which it is undefined."""
    undefined = int(np.count_nonzero(~np.isfinite(quantity.values))) - failed
    words = f"{method}, {undefined} undefined" if undefined else method
    limits = percentiles(quantity.values, confidence)
    if limits is None:
        code = "not_estimable"
        return Interval(
            kind=quantity.kind, what=quantity.what, low=None, high=None, low_code=code, high_code=code,
            method=words,
        )  # fmt: skip
    bounded = quantity.kind in ("variance", "icc") and not quantity.what.endswith("/covariance")
    low_code, high_code = bound_codes(limits) if bounded else (None, None)
    return Interval(
        kind=quantity.kind, what=quantity.what, low=limits[0], high=limits[1], low_code=low_code,
        high_code=high_code, method=words,
    )  # fmt: skip


def _notices(model: str, kind: str, replicates: Replicates) -> Iterator[Notice]:
    B, failed = replicates.sigma.size, replicates.failed
    if failed > TOO_MANY_FAILED * B:
        text = (
            f"{failed} of {B} replicates of the {kind} bootstrap have no optimum and are left out: "
            "its intervals speak for the others only."
        )
        yield Notice(code="bootstrap_failed", severity="warning", text=text, model=model)
