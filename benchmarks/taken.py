"""Processor time, elapsed time and largest memory of a command with all processes that it starts.

``python -m benchmarks.taken [--tree] COMMAND …`` prints them as JSON. It waits for processes that outlive
their parent, which ``time`` does not count.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process

__all__ = ["Taken", "highest", "take"]

PR_SET_CHILD_SUBREAPER = 36
LOOK = 0.02
"""Seconds between two looks at the memory."""
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took.

    Attributes
    ----------
    cpu, wall : float
        Seconds of the processors, in user and system mode, and of the clock.
    megabytes : float
        Largest resident memory of one of its processes.
    tree : float
        Largest memory of all processes at a time, in megabytes, if it was looked at. A page that several
        processes share counts once.
    """

    cpu: float
    wall: float
    megabytes: float
    tree: float = float("nan")


def take(command: list[str], folder: Path, *, tree: bool = False) -> Taken:
    """Run a command in a folder, without its output, and return what it took; fail if it fails.

    ``tree`` also looks at the memory of all processes, which lengthens the times.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.taken", *(["--tree"] if tree else []), *command],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def main(command: list[str]) -> int:
    """Run, print, and return the command's exit code."""
    tree = command[:1] == ["--tree"]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with highest(None, wanted=tree) as sums:
        start = time.perf_counter()
        done = subprocess.run(
            command[tree:], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        wall = time.perf_counter() - start
        while True:
            try:
                os.wait()
            except ChildProcessError:
                break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = Taken(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, sums[0])
    print(json.dumps(asdict(found)))
    sys.stderr.buffer.write(done.stderr)
    return done.returncode


@contextmanager
def highest(top: Process | None, *, wanted: bool) -> Iterator[list[float]]:
    """Look at the memory of a process with all below it, or of all below this one, until the context is left.

    Yield a list with the largest sum so far in megabytes; not a number unless ``wanted``.
    """
    sums, ended = [float("nan")], threading.Event()
    if not wanted:
        yield sums
        return
    thread = threading.Thread(target=_look, args=(top, sums, ended))
    thread.start()
    try:
        yield sums
    finally:
        ended.set()
        thread.join()


def _look(top: Process | None, sums: list[float], ended: threading.Event) -> None:
    import psutil

    own = top or psutil.Process()
    sums[0] = 0.0
    while not ended.wait(LOOK):
        total = 0.0
        for process in [*([top] if top else []), *own.children(recursive=True)]:
            with suppress(psutil.Error):  # it has just ended
                total += process.memory_full_info().pss / 2**20
        sums[0] = max(sums[0], total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
