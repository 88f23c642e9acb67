"""Decide which optional work is done: the most useful work first, within the effort of the spec.

Work that the spec demands explicitly (``always``, ``true``, ``profile`` …) is always done, and work that it
forbids is not listed. Times are estimated from counts in the records of the fits, so that equal inputs
give equal decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from mlm_steps.records import ComparisonRecord, EffortRecord, FitRecord, OptionalWork
from mlm_steps.records.diagnostics import DiagnosticsRecord
from mlm_steps.records.effort import OptionalStep
from mlm_steps.records.remedies import AT_FAULT
from mlm_steps.spec import PipelineSpec
from mlm_steps.steps import STEPS
from mlm_steps.steps.parts import expense
from mlm_steps.steps.run.session import Session

__all__ = ["effort", "plan_work"]

STEP = "effort"

BUDGETS: Mapping[str, float | None] = {"quick": 1.0, "normal": 9.0, "full": None}
"""Seconds that optional work may take at each effort; the estimates err by a factor of two."""

ORDER: tuple[OptionalStep, ...] = ("remedies", "profile", "deletions", "simulate", "allfit")
"""Optional steps from the most to the least useful: remedies, intervals, tests, then checks of results."""


def effort(session: Session) -> None:
    """Write which optional work is done and which is left out."""
    with session.recorded(STEP) as recorder:
        spec = session.spec
        fits = [session.fit_record(rung.name) for rung in spec.rungs]
        pairs = [session.compared(pair.smaller, pair.larger) for pair in spec.pairs]
        names = session.plan.inputs.distributions
        checks = [session.outcome(DiagnosticsRecord, f"diagnostics/{name}") for name in names]
        record = plan_work(
            spec,
            [fit for fit in fits if isinstance(fit, FitRecord)],
            [pair for pair in pairs if isinstance(pair, ComparisonRecord)],
            dispersed={
                each.model for each in checks if isinstance(each, DiagnosticsRecord) and each.dispersed
            },
        )
        for work in record.work:
            session.say(f"{work.step} of {work.of}: about {work.seconds:.2g} s: {work.decision}")
        recorder.write(record, session.layout.output(STEP))


def plan_work(
    spec: PipelineSpec,
    fits: Sequence[FitRecord],
    pairs: Sequence[ComparisonRecord],
    *,
    dispersed: AbstractSet[str] = frozenset(),
) -> EffortRecord:
    """Return the decisions on all optional work of a run.

    Parameters
    ----------
    spec : PipelineSpec
    fits : sequence of FitRecord
        All rungs that were fitted.
    pairs : sequence of ComparisonRecord
    dispersed : set of str
        The rungs whose outcomes vary more than their distributions.
    """
    budget, used, decided = BUDGETS[spec.effort], 0.0, []
    found = [*_of_rungs(spec, fits, dispersed), *_of_pairs(spec, fits, pairs)]
    # Python's sort is stable: work of equal cost stays in the order of the ladder.
    for step, of, seconds in sorted(found, key=lambda work: (ORDER.index(work[0]), work[2])):
        declared = STEPS[step].optional
        assert declared is not None  # noqa: S101 - ORDER lists optional steps
        demanded = declared.demanded(spec)
        allowed = budget is None or used + seconds <= budget
        decision = "asked" if demanded else "within" if allowed else "left_out"
        used += seconds if decision == "within" else 0.0
        work = OptionalWork(step=step, of=of, seconds=seconds, decision=decision, key=declared.key)
        decided.append(work)
    return EffortRecord(effort=spec.effort, budget=budget, work=tuple(decided))


def _of_rungs(
    spec: PipelineSpec, fits: Sequence[FitRecord], dispersed: AbstractSet[str]
) -> Iterator[tuple[OptionalStep, str, float]]:
    """Yield the work on rungs that is useful, with its estimated seconds."""
    for fit in fits:
        faults = any(notice.code in AT_FAULT for notice in fit.reported.notices)
        if fit.doubtful or fit.deviation is not None or faults or fit.model in dispersed:
            yield "remedies", fit.model, expense.remedies(fit)
        if spec.estimation.allfit == "always":
            yield "allfit", fit.model, expense.allfit(fit, everything=True)
        elif spec.estimation.allfit == "on_notice" and fit.doubtful:
            yield "allfit", fit.model, expense.allfit(fit, everything=False)
    for fit in (fit for fit in fits if fit.unreliable is None):
        kinds = spec.intervals.kinds("profile")
        if kinds:
            yield "profile", fit.model, expense.profile(fit, kinds)
        if spec.tests.ranova:
            yield "deletions", fit.model, expense.deletions(fit)


def _of_pairs(
    spec: PipelineSpec, fits: Sequence[FitRecord], pairs: Sequence[ComparisonRecord]
) -> Iterator[tuple[OptionalStep, str, float]]:
    by_name = {fit.model: fit for fit in fits}
    for pair in pairs:
        if pair.p_boot_code == "left_out":
            both = [by_name[name] for name in (pair.smaller, pair.larger) if name in by_name]
            seconds = expense.simulate(both, spec.tests.replicates)
            yield "simulate", f"{pair.smaller}--{pair.larger}", seconds
