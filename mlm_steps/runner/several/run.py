"""Run several specs: one pool, one limit of processes, one summary page."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mlm_steps.errors import MlmError, printable
from mlm_steps.runner.display import Display, is_live
from mlm_steps.runner.lock import check_notes
from mlm_steps.runner.request import RunRequest
from mlm_steps.runner.several.drive import Waiting, drive, load_snakemake
from mlm_steps.runner.several.notes import keep, kept_of, state_of_note
from mlm_steps.runner.several.pages import make_rows, text_of, write_pages
from mlm_steps.runner.several.spec_run import SpecRun, check_folders, opened
from mlm_steps.runner.unchanged import tell
from mlm_steps.runner.warm import WarmPool
from mlm_steps.steps.explain.explain import explained
from mlm_steps.steps.run.summaries import describe_reasons

__all__ = ["run_several", "say_plans"]

Command = Callable[[Sequence[str]], int]


def say_plans(requests: Sequence[RunRequest], say: Callable[[RunRequest], int]) -> int:
    """Print which steps of each spec would run and return the largest exit code; write nothing."""
    check_folders([opened(request) for request in requests])
    codes = []
    for request in requests:
        print(printable(f"{request.spec}:"), flush=True)
        spec = SpecRun(request)
        try:
            spec.code = say(request)
        except MlmError as error:
            spec.fail(error)
            print(error, file=sys.stderr)
        codes.append(spec.code or 0)
    return max(codes)


def run_several(
    requests: Sequence[RunRequest], root: Path, command: Command, display: Display | None = None
) -> int:
    """Run specs, write the summary into ``root`` and return the largest exit code.

    UsageError is raised before anything is written if two specs have the same output folder. A spec that is
    at fault does not stop the others.
    """
    specs = [opened(request) for request in requests]
    check_folders(specs)
    display = display or Display(sys.stderr, live=is_live(sys.stderr))
    waiting = [spec for spec in specs if spec.plan is not None]
    ended = [spec for spec in specs if spec.plan is None]
    for spec in ended:
        _say_end(display, spec, "nothing to do")
    if waiting:
        _run(waiting, display, command, before=len(ended))
    return _conclude(specs, root)


def _say_end(display: Display, spec: SpecRun, done: str, count: str = "") -> None:
    """Print how the run of a spec ended, and its warnings or faults."""
    words = {0: done, 1: "not as the spec expects", 2: "invalid input", 130: "interrupted"}
    display.say(printable(f"{count}{spec.request.spec}: {words.get(spec.code or 0, 'a step failed')}"))
    display.say(*spec.said.splitlines())


def _run(specs: Sequence[SpecRun], display: Display, command: Command, before: int) -> None:
    """Run the workflows of specs in one pool."""
    check_notes()
    cores = specs[0].request.cores or os.cpu_count() or 1
    total, by_request = before + len(specs), {spec.request: spec for spec in specs}
    with WarmPool(_words(specs, cores), command=command) as pool:
        jobs = [
            Waiting(spec.request, spec.plan, pool.folder / f"said-{number}")
            for number, spec in enumerate(specs)
            if spec.plan is not None
        ]
        if specs[0].request.explain:
            display.say(*_reasons(specs))
        load_snakemake(pool, specs[0].request.profile)
        for number, (job, code) in enumerate(drive(jobs, pool, display, cores), start=before + 1):
            spec = by_request[job.request]
            spec.code, (spec.said, spec.verdict) = code, job.end(code)
            _say_end(display, spec, "done", f"[{number}/{total}] ")
    if any(spec.code == 130 for spec in specs):
        raise KeyboardInterrupt


def _reasons(specs: Sequence[SpecRun]) -> Iterator[str]:
    """Yield why the steps of each spec are made, as far as it is known before its data are read."""
    for spec in specs:
        if spec.plan is not None:
            yield printable(f"{spec.request.spec}:")
            yield from describe_reasons([step for step in explained(spec.plan) if not step.current])


def _words(specs: Sequence[SpecRun], cores: int) -> list[str]:
    """Return the specs, their folders and the limit of processes as arguments of the pool's command."""
    words = [str(specs[0].request.spec), f"--limit={cores}"]
    for spec in specs:
        words += ["--of", str(spec.request.spec), str(spec.out)]
    return [*words, *(["--allow-outside"] if specs[0].request.allow_outside else [])]


def _conclude(specs: Sequence[SpecRun], root: Path) -> int:
    """Write and print the summary, tell continuous integration, and return the largest exit code.

    Continuous integration is told here, since the order in which specs end depends on the machine.
    """
    rows = make_rows(specs, kept_of(root), root)
    text = text_of(rows, root)
    write_pages(rows, root)
    keep(root, [state_of_note(spec.request) for spec in specs], rows, text)
    print(text, end="")
    for spec in specs:
        if spec.verdict is not None:
            tell(spec.request, spec.verdict)
    return max(spec.code or 0 for spec in specs)
