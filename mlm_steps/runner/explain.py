"""A dry run that says in detail why each step would be made."""

from __future__ import annotations

from mlm_steps.runner.request import RunRequest
from mlm_steps.steps.explain.explain import explained
from mlm_steps.steps.run.plan import Plan
from mlm_steps.steps.run.session import open_plan
from mlm_steps.steps.run.summaries import describe_plan
from mlm_steps.steps.validate import check

__all__ = ["explain_plan"]


def explain_plan(request: RunRequest) -> str:
    """Return the lines of a dry run with detailed reasons.

    If the data have changed, they are read, since the keys of the other steps depend on their columns. Faults
    of the spec and the data are raised as MlmError; nothing is written.
    """
    plan = open_plan(request.spec, request.out, allow_outside=request.allow_outside)
    if plan.profile is None:
        loaded, analysis = check(request.spec, allow_outside=request.allow_outside)
        if analysis is not None:
            plan = Plan(loaded, plan.layout.out, profile=analysis.profile)
    return describe_plan(plan, explained(plan), force=request.force)
