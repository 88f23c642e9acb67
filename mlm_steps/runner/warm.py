"""Start and end the warm pool of one run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

from mlm_steps.runner.caches import give_caches
from mlm_steps.runner.client import LOST, call
from mlm_steps.runner.scratch import Scratch
from mlm_steps.runner.watch import VARIABLE, this_process

__all__ = ["WarmPool"]


class WarmPool:
    """Starts the process of the pool at once, and ends it with all its children when the context is left.

    The pool holds the reading end of a pipe, and only this process holds the writing end. When this process
    ends in any way, the pool reads the end of the pipe and stops.

    Parameters
    ----------
    analysis : sequence of str
        The spec and the output folder as arguments of a step's command.
    command : callable, optional
        Runs an ``mlm`` command. If it is given, the pool is a fork of this process and inherits its imports
        and files, so this process must not have other threads yet. Otherwise the pool is a new interpreter.
    """

    def __init__(
        self, analysis: Sequence[str], *, command: Callable[[Sequence[str]], int] | None = None
    ) -> None:
        self._scratch = Scratch()
        self.folder = self._scratch.path
        give_caches(self.folder)
        self.address = str(self.folder / "pool")
        reader, self._lifeline = os.pipe()
        words = ["pool", self.address, str(reader), *analysis]
        self._process = _Fork(command, words, self._lifeline) if command else _interpreter(words, reader)
        os.close(reader)

    def wait(self) -> None:
        """Wait until the pool answers or has ended."""
        while not Path(self.address).exists() and self._process.poll() is None:
            time.sleep(0.005)

    def start(self, words: Sequence[str], errors: IO[str]) -> Callable[[], int]:
        """Run a command in the pool, with its errors in a file; return a function that waits for its code."""
        codes: list[int] = []
        # The thread has its own descriptors, since the file may be closed before the thread uses it.
        outputs = (os.open(os.devnull, os.O_WRONLY), os.dup(errors.fileno()))

        def work() -> None:
            self.wait()
            code = call(self.address, words, outputs)
            codes.append(LOST if code is None else code)
            for descriptor in outputs:
                os.close(descriptor)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()

        def wait() -> int:
            thread.join()
            return codes[0] if codes else LOST

        return wait

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the pool and its children, which are one process group."""
        os.close(self._lifeline)
        if self._process.poll() is None:
            with suppress(ProcessLookupError):  # the process has just started and has no group yet
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._scratch.close()


def _interpreter(words: Sequence[str], reader: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this interpreter and arguments of this package
        [sys.executable, "-P", "-m", "mlm_steps", *words],
        pass_fds=[reader],
        stdin=subprocess.DEVNULL,
        env={**os.environ, VARIABLE: this_process()},
        start_new_session=True,
    )


class _Fork:
    """A fork that runs one command in its own session; pid, poll, kill and wait are as in Popen."""

    def __init__(self, command: Callable[[Sequence[str]], int], words: Sequence[str], lifeline: int) -> None:
        self._code: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        run = this_process()
        self.pid = os.fork()
        if not self.pid:
            os.environ[VARIABLE] = run
            _work(command, words, lifeline)

    def poll(self) -> int | None:
        """Return the exit code if the process has ended."""
        if self._code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if ended else None
        return self._code

    def kill(self) -> None:
        """Kill the process if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait until the process ends and return its exit code."""
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code


def _work(command: Callable[[Sequence[str]], int], words: Sequence[str], lifeline: int) -> NoReturn:
    """Run a command and end this process with its exit code."""
    code = LOST
    try:
        os.setsid()
        os.close(lifeline)  # otherwise the pool would never read the end of the pipe
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        code = command(words)
    except BaseException:  # a bug in mlm: no caller would print the traceback
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
