"""Processor time, elapsed time and largest memory of a command with all processes that it starts.

``python -m benchmarks.taken COMMAND …`` prints them as JSON. It waits for processes that outlive their
parent, which ``time`` does not count.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Taken", "take"]

PR_SET_CHILD_SUBREAPER = 36
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took.

    Attributes
    ----------
    cpu, wall : float
        Seconds of the processors, in user and system mode, and of the clock.
    megabytes : float
        Resident memory of its largest process.
    """

    cpu: float
    wall: float
    megabytes: float


def take(command: list[str], folder: Path) -> Taken:
    """Run a command in a folder, without its output, and return what it took; fail if it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.taken", *command],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def main(command: list[str]) -> int:
    """Run, print, and return the command's exit code."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    start = time.perf_counter()
    done = subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    wall = time.perf_counter() - start
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps({"cpu": used.ru_utime + used.ru_stime, "wall": wall, "megabytes": used.ru_maxrss / 1024})
    )
    sys.stderr.buffer.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
