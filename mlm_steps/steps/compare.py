"""Compare two rungs."""

from __future__ import annotations

from mlm_steps.compare import COMPARISONS
from mlm_steps.compare.simulations import Simulations
from mlm_steps.engine import Estimates
from mlm_steps.engine.fit.single_level import SingleLevelEstimates
from mlm_steps.engine.result.information import bic
from mlm_steps.records import ComparisonRecord, FitRecord, write_record
from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.parts.compared import estimates_of_smaller
from mlm_steps.steps.run.session import Session

__all__ = ["compare"]


def compare(session: Session, smaller: str, larger: str, kind: str = "lrt") -> None:
    """Write the record of a comparison; raise ComparisonError if the larger model fits worse."""
    step = f"compare/{smaller}--{larger}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        fits = [session.fit_record(name) for name in (smaller, larger) if name not in session.ungrouped]
        failed = next((fit for fit in fits if isinstance(fit, Absence)), None)
        if failed is not None:
            write_record(_refused(smaller, larger, f"{failed.step} failed: {failed.reason}"), path)
            return
        doubts = [(fit.model, fit.incomparable) for fit in fits if isinstance(fit, FitRecord)]
        doubt = next((f"'{model}': {why}" for model, why in doubts if why is not None), None)
        if doubt is not None:
            recorder.write(_refused(smaller, larger, doubt), path)
            return
        fitted = [fit for fit in fits if isinstance(fit, FitRecord)]
        first = estimates_of_smaller(session, smaller, fitted[0] if len(fitted) > 1 else None)
        second = estimates_at_record(session, fitted[-1])
        tests = session.spec.tests
        record = COMPARISONS[kind](
            first,
            second,
            names=(smaller, larger),
            method=second.under(session.spec.estimation.method).method,
            asked=Simulations(session.spec.seed, tests.rlrt, tests.bootstrap, later=True),
        )
        record = _with_bic_of_groups(session, record, (first, second))
        if record.statistic is None:
            session.say(f"{smaller} → {larger}: no test: {record.reason}")
        else:
            session.say(f"{smaller} → {larger}: chi-square {record.statistic:.4f} on {record.df}")
        session.say_notices(record.notices)
        recorder.write(record, path)


def _with_bic_of_groups(
    session: Session, record: ComparisonRecord, pair: tuple[Estimates | SingleLevelEstimates, Estimates]
) -> ComparisonRecord:
    """Return a comparison with the difference of BIC by the number of groups, if the spec asks for it.

    A model without random effects has no groups; its n is that of the larger model.
    """
    if session.spec.estimation.bic_n == "rows" or record.delta_bic is None:
        return record
    smaller, larger = (each.under("ML") for each in pair)
    first = smaller.design if smaller.design.random else larger.design
    own = (
        bic(smaller.criterion, smaller.npar, first, "groups"),
        bic(larger.criterion, larger.npar, larger.design, "groups"),
    )
    return record.with_values(delta_bic=own[1] - own[0])


def _refused(smaller: str, larger: str, reason: str) -> ComparisonRecord:
    """Return the record of a comparison in which one rung has no numbers to compare."""
    return ComparisonRecord(smaller=smaller, larger=larger, refused="fit_failed", reason=reason)
