"""Spec, formula and data as nobody should write them, and what every command must answer."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

from mlm_steps.cli import run_command

SHARE = float(os.environ.get("MLM_FUZZ", "0.02"))
"""Part of the inputs that is tried: a sample by default, all of them by ``make fuzz``."""
LIMIT = 10.0
"""Seconds after which an answer counts as none; most take a hundredth of one."""
PLACE = re.compile(r"p\.yaml(:\d+:\d+)?: ")
IN_SPEC = re.compile(r"p\.yaml:\d+:\d+(: |$)")

ROWS = [
    "y,x,z,w,g,h,c",
    *(
        f"{(7 * i) % 11 + i / 10},{(5 * i) % 13},{i % 7},{i // 6 % 4},s{i // 6},p{i % 5},{'abc'[i % 3]}"
        for i in range(60)
    ),
]


def sampled(count: int) -> range:
    """Return the seeds of so many inputs, or of the part of them that is tried."""
    return range(max(20, round(count * SHARE)))


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Raise TimeoutError where the body takes longer than the limit."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer in {LIMIT:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def answer(*words: str) -> tuple[int, str]:
    """Return exit code and standard error of a command run in this process; nothing else may end it."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()), limited():
        code = run_command(words)
    return code, said.getvalue()


def faults(said: str) -> list[str]:
    """Return the lines of standard error that begin a fault; the others are excerpts, which are indented."""
    return [line for line in said.splitlines() if not line.startswith("  ")]


def judged(folder: Path, spec: str | bytes, *, whole: bool = False) -> tuple[int, str]:
    """Validate a spec, and plan its run; return the answer once it is one that may be given.

    The exit code is 0 or 2; with 2 each line has a place, and can be printed. ``whole`` says that the file
    may be refused as a whole, without a place in it.
    """
    path = folder / "p.yaml"
    path.write_bytes(spec if isinstance(spec, bytes) else spec.encode("utf-8", "surrogatepass"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code, said = answer("validate", "p.yaml")
        planned, _ = answer("run", "p.yaml", "--dry-run")
    assert code in (0, 2), (code, said)
    assert planned in (0, 2), planned
    assert (planned, code) != (2, 0)
    place = PLACE if whole else IN_SPEC
    assert code == 0 or (faults(said) and all(place.match(line) for line in faults(said))), said
    assert said.replace("\n", "").isprintable(), said
    return code, said
