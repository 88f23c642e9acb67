"""Hand the steps of a run straight to the warm pool, in an order in which each finds the files that it reads.

The plan already says which steps have to be made and what each waits for. A run on this machine needs no more
than that: Snakemake, a shell and a client for each step took a third of the processor time of a run. Clusters
and profiles go through Snakemake, whose rules make the same steps by the same commands.
"""

from __future__ import annotations

import _socket
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.errors import MlmError
from mlm_steps.runner import client
from mlm_steps.runner.progress import DECIDE, Progress
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.plan import Plan, Step

if TYPE_CHECKING:
    from _typeshed import HasFileno

__all__ = ["Direct"]

PATIENCE = 10.0
"""Seconds that an interrupted run waits for the end of its steps, which end at once when their client has."""
SHUT_WR = 1
"""The value of ``socket.SHUT_WR``; ``_socket`` has it on every system."""


@dataclass(slots=True)
class _Job:
    """A step that runs, or the command that records its failure.

    Attributes
    ----------
    step : Step
    connection : socket
        Where the pool sends the exit code.
    records_failure : bool
        Whether the command only writes why the step has no result.
    """

    step: Step
    connection: _socket.socket
    records_failure: bool = False


class Direct:
    """Runs the steps of one plan.

    Parameters
    ----------
    plan : Plan
        The plan after the check of the run.
    replan : callable
        Makes the plan again, after a step on which the keys of other steps depend.
    analysis : sequence of str
        The spec and the output folder as arguments of a step's command.
    address : str
        The socket of the pool.
    cores : int
        The number of steps that run at a time.
    progress : Progress
    """

    def __init__(
        self,
        plan: Plan,
        replan: Callable[[], Plan],
        analysis: Sequence[str],
        address: str,
        cores: int,
        progress: Progress,
    ) -> None:
        self._replan, self._analysis, self._address = replan, list(analysis), address
        self._cores, self._progress = cores, progress
        self._plan = plan
        self._waiting: dict[str, Step] = {step.name: step for step in plan.steps if not step.current}
        self._ended: set[str] = set()
        self._lost: set[str] = set()
        self._jobs = selectors.DefaultSelector()

    def run(self) -> bool:
        """Make all steps that can be made; return whether none failed and none was left out.

        A step that fails stops only those that read its result. After an interrupt, the running steps are
        ended before KeyboardInterrupt is raised.
        """
        try:
            self._start_ready()
            while self._running:
                for key, _ in self._jobs.select():
                    self._finish(key.data)
                self._start_ready()
        except KeyboardInterrupt:
            self._stop()
            raise
        finally:
            self._jobs.close()
        return not self._lost and not self._waiting

    @property
    def _running(self) -> Mapping[int | HasFileno, selectors.SelectorKey]:
        return self._jobs.get_map()

    def _start_ready(self) -> None:
        """Start steps, in the order of the plan, as long as there are cores."""
        busy = {key.data.step.name for key in self._running.values()}
        for step in list(self._waiting.values()):
            if len(self._running) >= self._cores:
                return
            if self._lost.intersection(step.needs):
                self._lost.add(step.name)  # it stays among those that wait: it was not made
            elif step.name not in self._lost and self._is_ready(step, busy):
                del self._waiting[step.name]
                busy.add(step.name)
                self._begin(step)

    def _is_ready(self, step: Step, busy: set[str]) -> bool:
        if self._plan.profile is None:
            return step.name == self._plan.first
        return not any(need in self._waiting or need in busy for need in step.needs)

    def _begin(self, step: Step) -> None:
        """Start a step, with its messages in its log; files of an earlier run are removed first."""
        layout = self._plan.layout
        log = layout.log(step.name)
        self._progress.begin(step.name)
        try:
            for path in self._heads(step):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
            log.parent.mkdir(parents=True, exist_ok=True)
            errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        except OSError as error:
            self._progress.remarks.append(f"{step.name}: {error}")
            self._lose(step)
            return
        try:
            self._send(_Job(step, self._call(self._plan.command(step.name), errors)))
        finally:
            os.close(errors)

    def _heads(self, step: Step) -> list[Path]:
        if step.name == "report":
            return [self._plan.layout.report(form) for form in self._plan.spec.report.formats]
        return [step.head]

    def _send(self, job: _Job) -> None:
        self._jobs.register(job.connection.fileno(), selectors.EVENT_READ, job)

    def _call(self, words: Sequence[str], errors: int) -> _socket.socket:
        """Start a command of a step; return the socket that receives its exit code."""
        command = [words[0], *self._analysis, *words[1:]]
        connection = client.connect(self._address)
        if connection is not None:
            with suppress(OSError):  # the pool has just ended: the socket's end is read as the code LOST
                client.send(connection, command, (1, errors))
            return connection
        return _outside(command, errors)

    def _finish(self, job: _Job) -> None:
        """Take note of the end of a command."""
        self._jobs.unregister(job.connection.fileno())
        try:
            code = client.answer(job.connection)
        except OSError:  # the pool has ended
            code = client.LOST
        job.connection.close()
        step = job.step
        if code and not job.records_failure and STEPS[step.name.partition("/")[0]].fails_alone:
            log = self._plan.layout.log(step.name)
            words = ["failed", "--step", step.name, "--code", str(code), "--log", str(log)]
            self._send(_Job(step, self._call(words, 2), records_failure=True))
        elif code:
            self._lose(step)
        else:
            self._ended.add(step.name)
            self._progress.end(step.name)
            if step.name in DECIDE:
                self._plan_again()

    def _lose(self, step: Step) -> None:
        self._lost.add(step.name)
        self._progress.fail(step.name)

    def _plan_again(self) -> None:
        """Find which steps have to be made, since the keys of more steps are known."""
        try:
            self._plan = self._replan()
        except MlmError as error:  # the spec was changed in the meantime
            self._progress.remarks.append(str(error))
            self._lost.update(self._waiting)
            return
        busy = {key.data.step.name for key in self._running.values()}
        known = self._ended | self._lost | busy
        lost = {name: step for name, step in self._waiting.items() if name in self._lost}
        found = {step.name: step for step in self._plan.steps if not step.current and step.name not in known}
        self._waiting = {**found, **lost}

    def _stop(self) -> None:
        """End the running steps, and wait until they have ended."""
        for key in self._running.values():
            with suppress(OSError):  # it has just ended
                key.data.connection.shutdown(SHUT_WR)
        while self._running and (ended := self._jobs.select(PATIENCE)):
            for key, _ in ended:
                self._jobs.unregister(key.fd)
                key.data.connection.close()


def _outside(command: Sequence[str], errors: int) -> _socket.socket:
    """Run a command in a new interpreter, since the pool has ended; return the socket for its exit code."""
    ours, theirs = _socket.socketpair()
    process = subprocess.Popen(  # noqa: S603 - this interpreter and arguments of this package
        [sys.executable, "-P", "-m", "mlm_steps", *command], stdin=subprocess.DEVNULL, stderr=errors
    )
    threading.Thread(target=partial(_answer, process, theirs), daemon=True).start()
    return ours


def _answer(process: subprocess.Popen[bytes], connection: _socket.socket) -> None:
    code = process.wait()
    connection.send((128 - code if code < 0 else code).to_bytes(4, "big", signed=True))
    connection.close()
