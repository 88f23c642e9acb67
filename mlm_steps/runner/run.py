"""The main job: check everything, run the workflow in this process, say how it went."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage

from mlm_steps.errors import Fault
from mlm_steps.records.base import NO_ROOM
from mlm_steps.runner.check import checking
from mlm_steps.runner.lock import locked
from mlm_steps.runner.progress import Progress
from mlm_steps.runner.warm import WarmPool
from mlm_steps.runner.watch import VARIABLE, this_process
from mlm_steps.steps.ledger import withdraw
from mlm_steps.steps.plan import Plan, Step
from mlm_steps.steps.session import Session, open_plan
from mlm_steps.steps.words import as_expected, describe_ladder, describe_plan, describe_singular

__all__ = ["RunRequest", "run"]

DONE, NOT_AS_EXPECTED, STEP_FAILED = 0, 1, 3
SMALLEST_ROOM = 2**16
"""Bytes that a disk has left on which even the logs of the steps may have found no room."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What ``mlm run`` was asked for.

    Attributes
    ----------
    spec : Path
        The spec.
    out : Path or None
        The output folder; by default ``results/<name of the spec>``.
    cores : int or None
        Processes at a time; by default as many as there are cores.
    dry_run, force : bool
        Only say what would run; make every step anew.
    profile : str or None
        A Snakemake profile.
    allow_outside : bool
        Let the spec read data from anywhere.
    """

    spec: Path
    out: Path | None = None
    cores: int | None = None
    dry_run: bool = False
    force: bool = False
    profile: str | None = None
    allow_outside: bool = False


def run(request: RunRequest, command: Callable[[Sequence[str]], int]) -> int:
    """Run the workflow of a spec and return the exit code; MlmError before anything is written.

    ``command`` runs one of our commands; the pool of a run serves with it.
    """
    plan = open_plan(request.spec, request.out, allow_outside=request.allow_outside)
    waiting = [step.name for step in plan.steps if request.force or not step.current]
    if request.dry_run:
        print(describe_plan(plan, waiting), end="")
        return DONE
    if not waiting:
        return _conclude(request, plan, done=True)
    # The pool loads its libraries while this process imports Snakemake.
    with WarmPool(_words(request), command=command) as pool:
        return _run_waiting(request, plan, waiting, pool)


def _words(request: RunRequest) -> list[str]:
    """Return the spec and the output folder as the command of a step has them."""
    out = ["--out", str(request.out)] if request.out else []
    return [str(request.spec), *out, *(["--allow-outside"] if request.allow_outside else [])]


def _run_waiting(request: RunRequest, plan: Plan, waiting: Sequence[str], pool: WarmPool) -> int:
    """Check everything, then run the workflow; return 2 when there are faults, 3 when a step failed."""
    progress = Progress(waiting)
    outside, force = request.allow_outside, request.force
    with checking(pool, plan, allow_outside=outside, force=force, progress=progress) as check:
        from mlm_steps.runner.workflow import prepare_workflow  # takes about as long as the check beside it

        work = prepare_workflow(
            spec=request.spec,
            out=plan.layout.out,
            cores=request.cores or os.cpu_count() or 1,
            profile=request.profile,
            allow_outside=outside,
            progress=progress,
        )
        code = check()
        if code != DONE:
            return code
    with locked(plan.layout.out), _environment({"MLM_POOL": pool.address, VARIABLE: this_process()}):
        if force:
            withdraw(plan.layout)
        done = work()
    return _conclude(request, plan, done=done)


def _conclude(request: RunRequest, before: Plan, *, done: bool) -> int:
    """Print the ladder and where the report is; return 3 when a step failed, 1 for a fit not allowed."""
    session = Session(request.spec, before.layout.out, allow_outside=request.allow_outside)
    fits = [session.fit(rung.name) for rung in session.spec.rungs]
    comparisons = [session.comparison(pair.smaller, pair.larger) for pair in session.spec.pairs]
    print(describe_ladder(fits, comparisons), end="")
    for report in map(session.layout.report, session.spec.report.formats):
        if report.exists():
            print(f"report: {report}")
    for line in describe_singular(session.spec, fits):
        print(line, file=sys.stderr)
    failed = [step for step in session.plan.steps if not step.current]
    for line in _reasons(session, failed):
        print(line, file=sys.stderr)
    if failed or not done:
        return STEP_FAILED
    return DONE if as_expected(session.spec, fits) else NOT_AS_EXPECTED


def _reasons(session: Session, failed: Sequence[Step]) -> list[str]:
    """Return why steps have no result: a line each, but one for all where the disk is full."""
    found = []
    for step in failed:
        log = session.layout.log(step.name)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        found.append(f"{step.name}: {f'failed: {lines[-1]} (see {log})' if lines else 'not run or killed'}")
    out = session.layout.out
    if failed and (any(NO_ROOM in line for line in found) or disk_usage(out).free < SMALLEST_ROOM):
        return [str(Fault(str(out), NO_ROOM, "make room and run again: what was finished is kept"))]
    return found


@contextmanager
def _environment(added: dict[str, str]) -> Iterator[None]:
    """Add variables to the environment that the steps inherit."""
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
