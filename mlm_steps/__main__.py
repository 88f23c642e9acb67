"""The ``mlm`` command.

A step whose run has ended is not started, and linear algebra uses one thread. Both are decided before any
large library is imported. Cyclic garbage is not collected: modules are no garbage, and looking for it took a
tenth of the time of the imports. The processes of steps end before it would matter; a run collects again
while Snakemake works.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from mlm_steps.runner.watch import run_is_gone

__all__ = ["main"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that set the number of threads; each is set to one unless the user has set it. The steps run in
parallel, the matrices are small, and the last digit of a sum depends on the number of threads."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one ``mlm`` command and return its exit code."""
    gc.disable()
    if arguments is None:
        _open_streams()
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # nohup has it ignored
            signal.signal(signal.SIGINT, _interrupt)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if run_is_gone():
        return 143  # no process waits for this step, and another run may be using its folder
    for name in THREADS:
        os.environ.setdefault(name, "1")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The name of a file may not be valid UTF-8, and the terminal may be unable to encode χ.
        sys.stdout.reconfigure(errors="backslashreplace")
    from mlm_steps.cli import run_command

    code = run_command(words)
    if arguments is None:  # the process ends: its last collection would visit all that the libraries hold
        gc.freeze()
    return code


def _open_streams() -> None:
    """Open standard streams that are closed, so that no file or socket gets the number of one of them."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the smallest number that is free
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - a descriptor, until the end
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115 - the same


def _interrupt(*_: object) -> NoReturn:
    """End the command in order; further interrupts do not disturb its end, which takes seconds at most."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
