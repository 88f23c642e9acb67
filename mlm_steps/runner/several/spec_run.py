"""One spec of a run of several, and what is known before its workflow starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlm_steps.errors import Fault, MlmError, StorageError, UsageError
from mlm_steps.runner.request import RunRequest
from mlm_steps.runner.run import check_places_of, ended, plan_of
from mlm_steps.runner.unchanged import Verdict, ended_before
from mlm_steps.steps.run.plan import Plan

__all__ = ["SpecRun", "check_folders", "opened"]

INVALID, FAILED = 2, 3
"""Exit codes of invalid input and of a failed step."""


@dataclass(slots=True)
class SpecRun:
    """One spec of the run.

    Attributes
    ----------
    request : RunRequest
    out : Path or None
        Its output folder; None if the spec cannot be read.
    plan : Plan or None
        The plan of a workflow that has to run.
    code : int or None
        The exit code of its run; None before it has ended.
    said : str
        What its run printed as warnings or faults.
    verdict : Verdict or None
        What continuous integration is told; None before the run has ended.
    noted : bool
        Whether its run before had the same inputs, so that nothing has been planned.
    """

    request: RunRequest
    out: Path | None = None
    plan: Plan | None = None
    code: int | None = None
    said: str = ""
    verdict: Verdict | None = None
    noted: bool = False

    def fail(self, error: MlmError) -> None:
        """Record a fault as the end of the run."""
        code = FAILED if isinstance(error, StorageError) else INVALID
        self.end(Verdict(code, "", f"{error}\n", steps=0))

    def end(self, verdict: Verdict) -> None:
        """Record what the end of the run printed."""
        self.code, self.said, self.verdict = verdict.code, verdict.err, verdict


def opened(request: RunRequest) -> SpecRun:
    """Return a spec with its end if nothing is to be done, or with its plan."""
    spec = SpecRun(request)
    before = None if request.force else ended_before(request)
    if before is not None:
        spec.out, spec.noted = before[0], True
        spec.end(before[1])
        return spec
    try:
        _plan(spec)
    except MlmError as error:
        spec.fail(error)
    return spec


def _plan(spec: SpecRun) -> None:
    plan = plan_of(spec.request)
    spec.out = plan.layout.out
    if not spec.request.force and all(step.current for step in plan.steps):
        spec.end(ended(spec.request, spec.out))
        return
    check_places_of(plan)
    spec.plan = plan


def check_folders(specs: Sequence[SpecRun]) -> None:
    """Raise UsageError if two specs have the same output folder, since each would replace the other's."""
    owners: dict[Path, list[SpecRun]] = {}
    for spec in specs:
        if spec.out is not None:
            owners.setdefault(spec.out.resolve(), []).append(spec)
    faults = [_shared(found) for found in owners.values() if len(found) > 1]
    if faults:
        raise UsageError(*faults)


def _shared(specs: Sequence[SpecRun]) -> Fault:
    if len({spec.request.spec.resolve() for spec in specs}) == 1:
        return Fault(str(specs[0].request.spec), f"is listed {len(specs)} times", "name each spec once")
    names = " and of ".join(str(spec.request.spec) for spec in specs)
    return Fault(str(specs[0].out), f"is the output folder of {names}", "give each spec a name of its own")
