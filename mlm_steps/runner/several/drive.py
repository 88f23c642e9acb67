"""Run the workflows of several specs at the same time, each in a fork of this process.

The forks inherit the modules of Snakemake and of the plans, and send their steps to the same pool. What a
fork prints goes into files; a line of its progress goes through a pipe, whose end is that of the fork.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from mlm_steps.errors import MlmError, StorageError
from mlm_steps.runner.display import Display
from mlm_steps.runner.lean import with_lean_snakemake
from mlm_steps.runner.request import RunRequest
from mlm_steps.runner.run import run_waiting
from mlm_steps.runner.unchanged import Verdict
from mlm_steps.runner.warm import WarmPool
from mlm_steps.runner.watch import end_with_parent
from mlm_steps.steps.run.plan import Plan

__all__ = ["Waiting", "drive", "load_snakemake"]

WORKFLOW = ("smart_open", "snakemake.cli", "snakemake.workflow")
"""The modules that a workflow imports; they take a fifth of a second."""

QUIET = 60.0
"""Seconds without the end of a spec after which a line is printed where lines are not rewritten, since
services that run a command may stop it if it prints nothing for some minutes."""
PATIENCE = 15.0
"""Seconds that an interrupted run waits for the end of its forks, each of which waits for its steps."""
COUNT = re.compile(r"\[\s*(\d+/\d+)\]")
INVALID, FAILED, INTERRUPTED = 2, 3, 130
"""Exit codes of a fork; they are those of the command line."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A spec that has to be run, with its plan and the file for what its run prints."""

    request: RunRequest
    plan: Plan
    said: Path

    @property
    def verdict(self) -> Path:
        """The file in which the fork keeps the end of the run."""
        return self.said.with_suffix(".verdict")

    def end(self, code: int) -> tuple[str, Verdict]:
        """Return what the run printed as faults and remarks, and its verdict.

        A run without a verdict of its own, such as one that was killed, has its faults as its verdict.
        """
        said = self.said.read_text(encoding="utf-8", errors="replace") if self.said.exists() else ""
        if self.verdict.exists():
            return said, Verdict(**json.loads(self.verdict.read_bytes()))
        return said, Verdict(code, "", said, len(self.plan.steps))


@dataclass(slots=True)
class _Fork:
    """A process that runs a spec."""

    waiting: Waiting
    number: int
    count: str = ""


def load_snakemake(pool: WarmPool, profile: str | None) -> None:
    """Import what every workflow needs, so that the forks inherit it, and wait until the pool answers."""
    with_lean_snakemake(lambda: [import_module(name) for name in WORKFLOW], profile)
    pool.wait()


def drive(
    specs: Iterable[Waiting], pool: WarmPool, display: Display, most: int
) -> Iterator[tuple[Waiting, int]]:
    """Yield each spec with the exit code of its run when it has ended; ``most`` of them run at a time."""
    queue, running = list(specs), selectors.DefaultSelector()
    try:
        yield from _drive(queue, running, pool, display, most)
    finally:
        _stop(running)


def _stop(running: selectors.BaseSelector) -> None:
    """End the forks that are left after an interrupt, in order; kill those that do not end."""
    forks = [key.data.number for key in running.get_map().values()]
    for number in forks:
        os.kill(number, signal.SIGINT)
    while running.get_map() and (ready := running.select(PATIENCE)):
        for key, _ in ready:
            if not os.read(key.fd, 65536):
                running.unregister(key.fd)
    for number in forks:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)


def _drive(
    queue: list[Waiting], running: selectors.BaseSelector, pool: WarmPool, display: Display, most: int
) -> Iterator[tuple[Waiting, int]]:
    shown = time.monotonic()
    while queue or running.get_map():
        while queue and len(running.get_map()) < most:
            fork, reader = _start(queue.pop(0), pool)
            running.register(reader, selectors.EVENT_READ, fork)
        for key, _ in running.select(QUIET):
            fork = key.data
            piece = os.read(key.fd, 65536)
            if not piece:
                running.unregister(key.fd)
                os.close(key.fd)
                yield fork.waiting, _code(fork)
                shown = time.monotonic()
            elif found := COUNT.findall(piece.decode(errors="replace")):
                fork.count = found[-1]
        told = _told([key.data for key in running.get_map().values()])
        display.change(told)
        if not display.live and told and time.monotonic() - shown >= QUIET:
            display.say(told)
            shown = time.monotonic()


def _told(forks: list[_Fork]) -> str:
    names = (f"{fork.waiting.request.spec} {fork.count}".strip() for fork in forks)
    return f"running {', '.join(names)}" if forks else ""


def _code(fork: _Fork) -> int:
    """Return the exit code of a run that has ended; of one that was killed, add so to what it has said."""
    code = os.waitstatus_to_exitcode(os.waitpid(fork.number, 0)[1])
    if code >= 0:
        return code
    with fork.waiting.said.open("a", encoding="utf-8") as stream:
        stream.write(f"its process was killed (signal {-code}); the next run goes on from there\n")
    return FAILED


def _start(waiting: Waiting, pool: WarmPool) -> tuple[_Fork, int]:
    """Fork the process of a spec; return it with the end of its pipe that is read."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    number = os.fork()
    if not number:
        os.close(reader)
        _work(lambda: _run(waiting, pool, writer), waiting.said, parent)
    os.close(writer)
    return _Fork(waiting, number), reader


def _run(waiting: Waiting, pool: WarmPool, writer: int) -> int:
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        end = partial(_keep, waiting.verdict)
        return run_waiting(waiting.request, waiting.plan, Display(stream, live=False), pool, end)


def _keep(place: Path, request: RunRequest, verdict: Verdict) -> int:  # noqa: ARG001 - as ``show``
    """Keep a verdict for the process that started this one, print its faults, and return its exit code."""
    place.write_text(json.dumps(asdict(verdict)), encoding="utf-8")
    print(verdict.err, end="", file=sys.stderr)
    return verdict.code


def _work(run: Callable[[], int], said: Path, parent: int) -> NoReturn:
    """Run a spec with its messages in a file, and end this process with its exit code."""
    code = FAILED
    try:
        _redirect(said)
        end_with_parent(parent)
        code = run()
    except MlmError as error:
        print(error, file=sys.stderr)
        code = FAILED if isinstance(error, StorageError) else INVALID
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException:  # a bug in mlm: no caller would print the traceback
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _redirect(said: Path) -> None:
    """Send standard error to a file and standard output to nowhere: the summary shows the ladder."""
    for number, path, flags in (
        (1, os.devnull, os.O_WRONLY),
        (2, str(said), os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        handle = os.open(path, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
