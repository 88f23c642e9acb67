"""Fuzz for so many minutes, or with so many inputs: ``python -m tests.fuzz --help``.

Each input has a number, from which it is drawn; ``--only TARGET --first N --count 1`` repeats it.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path

from .targets import TARGETS, prepare

LAST = Path(tempfile.gettempdir()) / f"mlm-fuzz-{os.getpid()}"
"""Holds the last input's name while it is tried: a library in C may end the process."""
MOST_SHOWN = 5
"""Faults of a target that are printed with their traceback."""


def main() -> int:
    """Run the targets in turns and print, for each, its inputs, its faults and its CPU time."""
    asked = _asked()
    faulthandler.enable()
    print(f"the last input is named in {LAST} if a library ends the process")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        os.chdir(folder)
        faults = sum([_fuzz(target, folder, asked) for target in asked.only or TARGETS])
        os.chdir("/")
    LAST.unlink(missing_ok=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    return 1 if faults else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, help="CPU minutes, shared by the targets")
    parser.add_argument("--count", type=int, help="inputs of each target (default: the target's own number)")
    parser.add_argument("--first", type=int, default=0, help="the first seed; another one gives new inputs")
    parser.add_argument("--only", action="append", choices=TARGETS, help="a target; may be given again")
    return parser.parse_args()


def _fuzz(name: str, folder: Path, asked: argparse.Namespace) -> int:
    """Try the inputs of one target and return the number of faults."""
    target, faults, tried = TARGETS[name], 0, 0
    count = asked.count or (target.count if asked.minutes is None else sys.maxsize)
    shared = len(asked.only or TARGETS)
    until = None if asked.minutes is None else time.process_time() + 60 * asked.minutes / shared
    began, files = time.process_time(), _files(folder)
    slowest = 0.0
    for seed in range(asked.first, asked.first + count):
        if until is not None and time.process_time() > until:
            break
        tried += 1
        LAST.write_text(f"{name} {seed}\n")
        start = time.process_time()
        try:
            target.check(folder, target.draw(random.Random(f"{name} {seed}")))
        except (Exception, SystemExit) as error:
            faults += 1
            _show(name, seed, error, faults)
        slowest = max(slowest, time.process_time() - start)
    seconds = time.process_time() - began
    new = _files(folder) - files - {"p.yaml", "record.json", "small.yaml"}
    faults += bool({each for each in new if not each.startswith("small")})
    print(
        f"{name}: {tried} inputs, {faults} faults, {seconds:.0f} CPU s, slowest {slowest:.2f} s", flush=True
    )
    return faults


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _show(name: str, seed: int, error: BaseException, faults: int) -> None:
    print(f"{name}: seed {seed}: {type(error).__name__}: {str(error)[:600]}", flush=True)
    if faults <= MOST_SHOWN and not isinstance(error, AssertionError):
        traceback.print_exception(error, limit=-6)


if __name__ == "__main__":
    sys.exit(main())
