"""The texts that the command line prints about a plan and a finished run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mlm_steps.errors import printable
from mlm_steps.records import ComparisonRecord, EffortRecord, FitRecord
from mlm_steps.records.base import Part, damaged, fields_in
from mlm_steps.records.context import PredictorContext, RungContext
from mlm_steps.records.effort import OptionalStep
from mlm_steps.records.failure import Absence
from mlm_steps.report.text.notation import P_WORDS, p_value
from mlm_steps.spec import PipelineSpec
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.parts import kept_at_most
from mlm_steps.steps.run.plan import Plan, Step
from mlm_steps.steps.run.reasons import EFFORT_FIRST
from mlm_steps.steps.run.tabular import text_table

__all__ = [
    "as_expected",
    "describe_blends",
    "describe_ladder",
    "describe_left_out",
    "describe_plan",
    "describe_reasons",
    "describe_singular",
]


def describe_plan(plan: Plan, steps: Sequence[Step], *, force: bool = False) -> str:
    """Return the lines of a dry run: the steps that would run, and the reasons."""
    unknown = force or (not plan.spec.planned_alone and plan.profile is None)
    rows = []
    for step in steps:
        runs = "is current" if step.current and not force else "runs"
        if unknown and runs == "runs" and step.name != "data" and step.head.exists() and not force:
            runs = "runs, unless the data turn out to be the same"
        elif runs == "runs" and not force and (kept := kept_at_most(plan, step)):
            runs = f"runs, {_keeps(kept)}"
        rows.append((step.name, runs, "--force" if force else step.why or ""))
    return "\n".join(text_table(("step", "what happens", "why"), rows)) + "\n"


def describe_reasons(waiting: Sequence[Step], plan: Plan | None = None) -> list[str]:
    """Return the reasons for making steps, one line per step; one line if all have the same reason.

    The steps on which the step effort decides share a line. With a plan, the lines tell of kept parts.
    """
    reasons = {step.why for step in waiting if step.why}
    if len(reasons) == 1 and len(waiting) > 1:
        return [f"{len(waiting)} steps to make: {reasons.pop()}"]
    undecided = Counter(step.name.partition("/")[0] for step in waiting if step.why == EFFORT_FIRST)
    lines = []
    for step in waiting:
        if step.why != EFFORT_FIRST:
            kept = 0 if plan is None else kept_at_most(plan, step)
            lines.append(f"  {step.name}: {step.why}{f'; {_keeps(kept)}' if kept else ''}")
        elif undecided:
            kinds = (kind if count == 1 else f"{kind} ({count})" for kind, count in undecided.items())
            lines.append(f"  {', '.join(kinds)}: the step effort comes first and decides which are made")
            undecided.clear()
    return [f"{len(waiting)} step{'' if len(waiting) == 1 else 's'} to make:", *lines]


def _keeps(parts: int) -> str:
    return f"keeps up to {parts} part{'' if parts == 1 else 's'}"


def describe_ladder(
    fits: Sequence[FitRecord | Absence], comparisons: Sequence[ComparisonRecord | Absence]
) -> str:
    """Return the ladder as a table, one line per rung."""
    tests: dict[str, list[ComparisonRecord]] = {}
    for record in comparisons:
        if isinstance(record, ComparisonRecord):
            tests.setdefault(record.larger, []).append(record)
    rows: list[tuple[str, ...]] = []
    for fit in fits:
        if isinstance(fit, FitRecord):
            rows += _rows(fit, tests.get(fit.model, []))
        else:
            rows.append((fit.step.partition("/")[2], *[""] * 9, f"failed: {fit.reason}"))
    header = ("model", "npar", "deviance", "AIC", "BIC", "against", "χ²", "df", "by", "p", "status")
    return "\n".join(map(printable, text_table(header, rows, right=(1, 2, 3, 4, 6, 7, 9)))) + "\n"


def as_expected(spec: PipelineSpec, fits: Sequence[FitRecord | Absence]) -> bool:
    """Return whether no rung is singular or the spec allows singular rungs."""
    singular = any(isinstance(fit, FitRecord) and fit.reported.singular for fit in fits)
    return not (singular and spec.on_singular == "error")


def describe_singular(
    spec: PipelineSpec, fits: Sequence[FitRecord | Absence], work: EffortRecord | None = None
) -> list[str]:
    """Return the lines on singular rungs for the terminal; none if the spec leaves them to the report.

    ``work`` is the plan of the optional work, which includes fits of the alternatives.
    """
    if spec.on_singular == "report":
        return []
    end = ": on_singular: error" if spec.on_singular == "error" else ""
    lines = []
    for fit in fits:
        if not isinstance(fit, FitRecord) or fit.unreliable is not None:
            continue
        if fit.deviation is not None:
            lines.append(f"{fit.model}: fitted as {fit.formula} ({fit.deviation.remedy}), not as declared")
        elif fit.reported.singular:
            there = work is None or work.allows("remedies", fit.model)
            how = "; alternatives are in the report" if there else "; effort: full fits alternatives"
            lines.append(f"{fit.model}: the fit is singular{how if fit.linear else ''}{end}")
    return lines


class _Contexts(Part):
    """The part of the record of the effects that the terminal shows; the others take longer to read."""

    contexts: tuple[RungContext, ...] = ()


def describe_blends(plan: Plan) -> list[str]:
    """Return a line for the terminal on each raw predictor of a final rung that blends two slopes."""
    path = plan.layout.output("effects")
    if not path.exists():
        return []
    try:
        contexts = _Contexts.model_validate({"contexts": fields_in(path).get("contexts", [])}).contexts
    except ValueError:
        raise damaged(path) from None
    return [
        f"{context.model}: raw {predictor.column} blends two slopes, {_slope(predictor, 'within', None)} "
        f"within and {_slope(predictor, 'between', factor)} between levels of {factor}; see the report"
        for context in contexts
        for predictor, factor in context.blended
    ]


def _slope(predictor: PredictorContext, kind: str, factor: str | None) -> str:
    test = predictor.slope(kind, factor)
    return "?" if test is None or test.estimate is None else f"{test.estimate:.3g}"


def describe_left_out(work: EffortRecord | None) -> list[str]:
    """Return the line for the terminal on optional work that was left out, or no line."""
    if work is None or not work.left_out:
        return []
    counts = Counter(_gives(each.step) for each in work.left_out)
    kinds = ", ".join(f"{kind} ({count})" for kind, count in counts.items())
    return [f"left out by effort: {work.effort}: {kinds}; effort: full computes it, and the report says more"]


def _gives(step: OptionalStep) -> str:
    optional = STEPS[step].optional
    return optional.gives if optional else step


def _rows(fit: FitRecord, comparisons: Sequence[ComparisonRecord]) -> list[tuple[str, ...]]:
    """Return a table row for a rung with its first test, and a row for each further test."""
    if fit.unreliable is not None:
        return [(fit.model, f"{fit.npar}", *[""] * 8, "not converged: its numbers are not used")]
    fitted = (f"{fit.npar}", "", "", "")
    if fit.incomparable is None:
        fitted = (f"{fit.npar}", f"{fit.ml.criterion:.1f}", f"{fit.aic:.1f}", f"{fit.bic:.1f}")
    tests = [_test(comparison, fit.alpha) for comparison in comparisons] or [("",) * 5]
    first = (fit.model, *fitted, *tests[0], fit.reported.convergence.status)
    return [first, *(("",) * 5 + test + ("",) for test in tests[1:])]


def _test(comparison: ComparisonRecord, alpha: float) -> tuple[str, ...]:
    if comparison.statistic is None:
        return (comparison.smaller, "no test", "", "", "")
    return (
        comparison.smaller,
        f"{comparison.statistic:.2f}",
        f"{comparison.df}",
        f"{comparison.criterion}{P_WORDS[comparison.p_from]}",
        "" if comparison.p is None else p_value(comparison.p, alpha),
    )
