"""Check the spec, the data and the designs before a run; if one is invalid, nothing is written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

from mlm_steps.runner.warm import WarmPool
from mlm_steps.steps.run.plan import Plan

__all__ = ["checking"]

DONE, AT_FAULT, FAILED = 0, 2, 3
"""Exit codes of a check without faults, with faults, and of one that did not come to its end.

They are those of the command line.
"""
KILLED = "the check of the input was not finished: its process was killed; run again"


@contextmanager
def checking(
    pool: WarmPool,
    plan: Plan,
    *,
    allow_outside: bool,
    force: bool = False,
) -> Iterator[Callable[[], tuple[int, str]]]:
    """Start the check in the pool; yield a function that waits for it and returns its exit code and faults.

    If the data step has to be made, the check makes it from its own sample while Snakemake is being
    imported. Without data, it makes the closed answers of planned studies. If this fails, Snakemake runs the
    step again and reports the failure. If the process of a check that makes no step is killed, the run ends.
    """
    begins = not plan.step(plan.first).current and not force
    words = [str(plan.loaded.path), *(["--allow-outside"] if allow_outside else [])]
    with TemporaryFile("w+") as said:
        command = ["begin", *words, f"--out={plan.layout.out}"] if begins else ["validate", *words]
        wait = pool.start(command, said)

        def finish() -> tuple[int, str]:
            code = wait()
            said.seek(0)
            text = said.read()
            if code == AT_FAULT:
                return code, text
            if not begins and code == DONE:
                sys.stderr.write(text)
            return (DONE, "") if begins or code == DONE else (FAILED, f"{text}{KILLED}\n")

        yield finish
