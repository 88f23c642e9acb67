"""A warm pool for the time of one run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mlm_steps.runner.client import LOST, call

__all__ = ["WarmPool"]


class WarmPool:
    """Starts the pool's process at once and ends it, with all its children, on leaving.

    The pool holds the reading end of a pipe whose writing end is ours alone: when this process goes,
    however it goes, the pool sees the end of the pipe and stops.

    ``analysis`` is the spec and the output folder as the command of a step has them.
    """

    def __init__(self, analysis: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mlm-")
        self.address = str(Path(self._folder.name) / "pool")
        reader, self._lifeline = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
            [sys.executable, "-P", "-m", "mlm_steps", "serve", self.address, str(reader), *analysis],
            pass_fds=[reader],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(reader)

    def start(self, words: Sequence[str], errors: IO[str]) -> Callable[[], int]:
        """Run a command in the pool, its errors going to a file; return what waits for its exit code."""
        codes: list[int] = []
        # Descriptors of the thread's own: the file may be closed before it comes to use them.
        outputs = (os.open(os.devnull, os.O_WRONLY), os.dup(errors.fileno()))

        def work() -> None:
            while not Path(self.address).exists() and self._process.poll() is None:
                time.sleep(0.005)
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
        """End the pool."""
        os.close(self._lifeline)
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()
