"""The check of spec, data and designs before a run: nothing is written while one is at fault."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from mlm_steps.runner.warm import WarmPool

__all__ = ["checking"]


@contextmanager
def checking(pool: WarmPool, spec: Path, *, allow_outside: bool) -> Iterator[Callable[[], int]]:
    """Start the check in the pool; give what waits for its exit code and prints the faults."""
    with TemporaryFile("w+") as faults:
        wait = pool.start(
            ["validate", str(spec), *(["--allow-outside"] if allow_outside else [])],
            faults,
        )

        def finish() -> int:
            code = wait()
            faults.seek(0)
            print(faults.read(), end="", file=sys.stderr)
            return code

        yield finish
