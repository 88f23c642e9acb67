"""The main job: check everything, make the steps that are not current, say what was found."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from itertools import chain
from pathlib import Path

from mlm_steps.errors import Fault, MlmError, SpecError
from mlm_steps.records.failure import read_outcome
from mlm_steps.records.power import ClosedRecord
from mlm_steps.runner.alias import plain_name
from mlm_steps.runner.check import checking
from mlm_steps.runner.cluster.needs import Needs
from mlm_steps.runner.cluster.sightings import Sightings
from mlm_steps.runner.cluster.target import Target, open_target
from mlm_steps.runner.display import Display, is_live
from mlm_steps.runner.lock import check_notes, check_places, clear_way, locked, tidy
from mlm_steps.runner.progress import DECIDE, Progress
from mlm_steps.runner.request import RunRequest
from mlm_steps.runner.unchanged import Verdict, note, nothing_to_do, show, state_of
from mlm_steps.runner.verdict import conclude
from mlm_steps.runner.warm import WarmPool
from mlm_steps.runner.watch import VARIABLE, end_with_server, this_process
from mlm_steps.runner.workflow import prepare_workflow
from mlm_steps.steps.explain.explain import explained_since
from mlm_steps.steps.run.kept import content_hash
from mlm_steps.steps.run.ledger import Ledger, withdraw
from mlm_steps.steps.run.plan import Plan
from mlm_steps.steps.run.planned_lines import describe_closed
from mlm_steps.steps.run.session import Session, open_plan
from mlm_steps.steps.run.summaries import describe_plan, describe_reasons

__all__ = ["check_places_of", "ended", "plan_of", "run", "run_waiting"]

DONE = 0
"""Exit code of a dry run, and of a check without faults, after which the run continues."""


def run(request: RunRequest, command: Callable[[Sequence[str]], int], display: Display | None = None) -> int:
    """Run the workflow of a spec and return the exit code.

    MlmError is raised before anything is written. ``command`` runs an ``mlm`` command; the pool of the run
    calls it. By default, progress is displayed for people on standard error.
    """
    plan = plan_of(request)
    if request.dry_run:
        print(describe_plan(plan, plan.steps, force=request.force), end="")
        return DONE
    display = display or Display(sys.stderr, live=is_live(sys.stderr))
    if not request.force and all(step.current for step in plan.steps):
        display.say(nothing_to_do(len(plan.steps)))
        tidy(plan.layout.out)
        return show(request, ended(request, plan.layout.out))
    check_notes()
    check_places_of(plan)
    # The pool loads its libraries while this process imports Snakemake.
    with WarmPool(_words(request, plan), command=command) as pool:
        end_with_server()  # its thread starts after the pool has been forked
        return run_waiting(request, plan, display, pool)


def check_places_of(plan: Plan) -> None:
    """Raise UsageError if a file stands where a plan needs a folder, or a folder where it needs a file."""
    files = ((step.head, plan.layout.log(step.name)) for step in plan.steps)
    check_places(plan.layout.out, chain(plan.written, *files))


def plan_of(request: RunRequest) -> Plan:
    """Return the plan of a request; raise MlmError with all faults of its spec."""
    plan = open_plan(request.spec, request.out, allow_outside=request.allow_outside)
    if request.planned and plan.spec.power is None:
        raise SpecError(Fault(str(request.spec), "plans no study", "add the key power"))
    return plan


def _say_closed(plan: Plan) -> None:
    """Print the closed answers of planned studies that stand alone, before the simulation starts.

    Nothing is printed if the check could not make them: the workflow tries again and reports the failure.
    """
    if not plan.spec.planned_alone or Ledger.read(plan.layout).key(plan.first) != plan.step(plan.first).key:
        return
    found = read_outcome(ClosedRecord, plan.layout.output(plan.first))
    if isinstance(found, ClosedRecord):
        print(describe_closed(found), flush=True)


def _words(request: RunRequest, plan: Plan) -> list[str]:
    """Return the arguments of the pool: the spec, the output folder and the steps that will be made."""
    out = [f"--out={request.out}"] if request.out else []
    outside = ["--allow-outside"] if request.allow_outside else []
    waiting = (step.name for step in plan.steps if request.force or not step.current)
    kinds = dict.fromkeys(name.partition("/")[0] for name in waiting)
    return [str(request.spec), *out, *outside, "--steps", *kinds]


def run_waiting(
    request: RunRequest,
    plan: Plan,
    display: Display,
    pool: WarmPool,
    end: Callable[[RunRequest, Verdict], int] = show,
) -> int:
    """Check the input, then run the workflow; return 2 if there are faults, 3 if a step failed.

    ``end`` takes what the run prints at its end and returns the exit code.
    """
    outside, force = request.allow_outside, request.force
    target = None if request.profile is None else open_target(request.profile, plan.layout.out)
    progress = Progress(display, request.cores or os.cpu_count() or 1)
    with ExitStack() as held:
        check = held.enter_context(checking(pool, plan, allow_outside=outside, force=force))
        held.enter_context(_environment({"MLM_POOL": pool.address, VARIABLE: this_process()}))
        admit = cache(partial(_admit, request, plan, display, progress, target, check, held))
        work = prepare_workflow(
            spec=request.spec,
            out=plan.layout.out,
            cores=request.cores,
            target=target,
            decisive=[step for step in plan.steps if step.name in DECIDE[1:]],
            are_long=partial(_long, request),
            allow_outside=outside,
            progress=progress,
            pool=pool,
            admit=admit,
        )
        try:
            done = work()
        except _RefusedError as refused:
            return end(request, refused.verdict)
    return end(request, ended(request, plan.layout.out, progress, done=done))


class _RefusedError(Exception):
    """The check has found faults."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.err)
        self.verdict = verdict


def _admit(
    request: RunRequest,
    plan: Plan,
    display: Display,
    progress: Progress,
    target: Target | None,
    check: Callable[[], tuple[int, str]],
    held: ExitStack,
) -> Plan:
    """Wait for the check, lock the output folder, say what is made, and return the plan.

    ``held`` keeps the lock and shows the progress until the run ends. _RefusedError is raised if there are
    faults.
    """
    code, said = check()
    if code != DONE:
        raise _RefusedError(Verdict(code, "", said, len(plan.steps)))
    _say_closed(plan)
    held.enter_context(locked(plan.layout.out))
    gc.freeze()
    gc.enable()
    if request.force:
        withdraw(plan.layout)
    now = _expect(progress, display, plan, request)
    if target is not None and target.remote:
        progress.watch(Sightings(plan.layout.out))
    held.enter_context(progress.shown())
    if target is not None:
        held.enter_context(target.queued(display))
    return now


def ended(request: RunRequest, out: Path, progress: Progress | None = None, *, done: bool = True) -> Verdict:
    """Return what the end of a run prints; if every step is current, note this for the next run."""
    before = state_of(request, out)
    session = Session(request.spec, out, allow_outside=request.allow_outside)
    verdict = conclude(session, progress, done=done)
    if done and all(step.current for step in session.plan.steps):
        files = {**session.loaded.varied, **session.loaded.paths}
        data = {name: (str(path), content_hash(path)) for name, path in files.items()}
        beside = session.plan.inputs.beside
        data |= {name: (str(path), beside[name]) for name, path in session.loaded.beside.items()}
        note(request, out, before, data, verdict)
    return verdict


def _expect(progress: Progress, display: Display, opening: Plan, request: RunRequest) -> Plan:
    """Print which steps are made and why, clear the way for them, and return the plan.

    The check may have made the data in the meantime.
    """
    plan = plan_of(request)
    clear_way(plan)
    made = [step for step in opening.steps[:1] if not step.current and plan.step(step.name).current]
    waiting = [*made, *(step for step in plan.steps if not step.current)]
    before = {name: entry.seconds for name, entry in opening.ledger.steps.items()}
    names = (plan.layout.out, plain_name(plan.layout.out))
    progress.expect(waiting, before, names, partial(_not_current, request, plan))
    steps = explained_since(opening, plan, waiting) if request.explain else waiting
    display.planned(steps, describe_reasons(steps, plan))
    for step in made:
        progress.end(step.name, plan.ledger.steps[step.name].seconds)
    return plan


def _long(request: RunRequest) -> dict[str, bool]:
    """Return, for each kind of step, whether its jobs take long on the data."""
    plan = plan_of(request)
    needs = Needs.of(plan.profile, generalized=bool(plan.inputs.generalized))
    jobs = Counter(step.name.partition("/")[0] for step in plan.steps)
    return {kind: needs.are_long(kind, count) for kind, count in jobs.items()}


def _not_current(request: RunRequest, before: Plan) -> list[str]:
    """Return the steps that are not current; if the spec cannot be read now, return those of ``before``."""
    try:
        plan = plan_of(request)
    except MlmError:
        plan = before
    return [step.name for step in plan.steps if not step.current]


@contextmanager
def _environment(added: dict[str, str]) -> Iterator[None]:
    """Add variables to the environment that the steps inherit."""
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
