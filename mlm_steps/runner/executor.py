"""Snakemake's executor of this machine, whose jobs go straight to the warm pool.

Snakemake's own starts a shell for each job, and the shell a client of the pool. Both end before the step has
begun its work, but they took a fifth of the processor time of a run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlm_steps.runner import client
from mlm_steps.steps import STEPS

if TYPE_CHECKING:
    from _socket import socket
    from concurrent.futures import Future

__all__ = ["PoolCalls", "adapt"]

SHUT_WR = 1
"""The value of ``socket.SHUT_WR``; ``_socket`` has it on every system."""


class PoolCalls:
    """The commands of a run that are in the pool.

    Parameters
    ----------
    address : str
        The socket of the pool.
    analysis : sequence of str
        The spec and the output folder as arguments of a step's command.
    is_made : callable
        Returns whether a step has come to its end; it is asked if no process has answered that it has.
    """

    def __init__(self, address: str, analysis: Sequence[str], is_made: Callable[[str], bool]) -> None:
        self._is_made = is_made
        self._address, self._analysis = address, list(analysis)
        self._open: set[socket] = set()
        self._outside: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ending = False

    def make(self, kind: str, values: Sequence[str], step: str, log: str) -> int:
        """Make a step with its messages in a log, and return the exit code.

        If other steps can run without its result, a second command writes the reason of a failure. A rule of
        the workflow says the same to a shell.
        """
        declared = STEPS[kind]
        named = zip(declared.scope.options, values, strict=True)
        options = [f"--{option.name}={value}" for option, value in named]
        errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            code = self._call([kind, *self._analysis, *options], errors, step)
        finally:
            os.close(errors)
        if code and self._is_made(step):  # its process was stopped or killed after its end
            return 0
        if code == 0 or not declared.fails_alone or self._ending:
            return code
        words = ["failed", *self._analysis, "--step", step, "--code", str(code), "--log", log]
        return self._call(words, sys.stderr.fileno(), step)

    def end(self) -> None:
        """End the commands: the pool stops a step whose connection is closed."""
        with self._lock:
            self._ending = True
            for connection in self._open:
                with suppress(OSError):  # it has just ended
                    connection.shutdown(SHUT_WR)
            for process in self._outside:
                process.kill()

    def _call(self, words: Sequence[str], errors: int, step: str) -> int:
        """Run a command in the pool, or in a new interpreter if the pool has ended or ends meanwhile."""
        code = self._call_pool(words, errors)
        if code is None:
            if self._is_made(step):
                return 0
            if errors != sys.stderr.fileno():  # the log begins anew with the step
                os.ftruncate(errors, 0)
                os.lseek(errors, 0, os.SEEK_SET)
            code = client.LOST if self._ending else self._call_outside(words, errors)
        return code

    def _call_outside(self, words: Sequence[str], errors: int) -> int:
        with self._lock:
            if self._ending:
                return client.LOST
            process = subprocess.Popen(  # noqa: S603 - this interpreter and arguments of this package
                [sys.executable, "-P", "-m", "mlm_steps", *words], stdin=subprocess.DEVNULL, stderr=errors
            )
            self._outside.add(process)
        code = process.wait()
        with self._lock:
            self._outside.discard(process)
        return 128 - code if code < 0 else code

    def _call_pool(self, words: Sequence[str], errors: int) -> int | None:
        """Return the exit code of a command in the pool; None if the pool has ended before."""
        connection = client.connect(self._address)
        if connection is None:
            return None
        with self._lock:
            self._open.add(connection)
        try:
            client.send(connection, words, (1, errors))
            if self._ending:
                connection.shutdown(SHUT_WR)
            return client.code(connection)
        except OSError:  # the pool ended while it had the command
            return None
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def adapt(calls: PoolCalls, name_of: Callable[[Sequence[str]], str]) -> None:
    """Let Snakemake make local jobs by ``calls``; ``name_of`` says which step makes some files."""
    from snakemake.exceptions import SpawnedJobError
    from snakemake.executors.local import Executor as LocalExecutor
    from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

    class Executor(LocalExecutor):  # type: ignore[misc]  # Snakemake has no types
        def run_single_job(self, job: Any) -> Future[None]:
            if job.rule.name not in STEPS:  # the rule that only names what a run makes
                return super().run_single_job(job)  # type: ignore[no-any-return]  # as above
            self.workflow.async_run(job.prepare())
            return self.pool.submit(self._make, job)  # type: ignore[no-any-return]  # as above

        def _make(self, job: Any) -> None:
            kind = job.rule.name
            values = [str(getattr(job.wildcards, option.name)) for option in STEPS[kind].scope.options]
            if calls.make(kind, values, name_of([*map(str, job.output)]), str(job.log[0])):
                raise SpawnedJobError

        def cancel(self) -> None:
            calls.end()
            super().cancel()

    ExecutorPluginRegistry().get_plugin("local").executor = Executor
