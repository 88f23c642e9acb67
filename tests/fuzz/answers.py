"""What every command must answer to a spec and data as nobody should write them."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path

from mlm_steps.cli import run_command

from .watch import limited, watched

PLACE = re.compile(r"p\.yaml(:\d+:\d+)?: ")
IN_SPEC = re.compile(r"p\.yaml:\d+:\d+(: |$)")

ROWS = [
    "y,x,z,w,g,h,c",
    *(
        f"{(7 * i) % 11 + i / 10},{(5 * i) % 13},{i % 7},{i // 6 % 4},s{i // 6},p{i % 5},{'abc'[i % 3]}"
        for i in range(60)
    ),
]


def answer(*words: str) -> tuple[int, str]:
    """Return exit code and standard error of a command run in this process; nothing else may end it."""
    said = io.StringIO()
    output = (contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()))
    with output[0], output[1], limited(), watched():
        code = run_command(words)
    return code, said.getvalue()


def faults(said: str) -> list[str]:
    """Return the lines of standard error that begin a fault; the others are excerpts, which are indented."""
    return [line for line in said.splitlines() if not line.startswith("  ")]


def judged(folder: Path, spec: str | bytes, *, whole: bool = False, name: str = "p.yaml") -> tuple[int, str]:
    """Validate a spec, and plan its run; return the answer once it is one that may be given.

    The exit code is 0 or 2; with 2 each line has a place, and can be printed. ``whole`` says that the file
    may be refused as a whole, without a place in it.
    """
    path = folder / name
    path.write_bytes(spec if isinstance(spec, bytes) else spec.encode("utf-8", "surrogatepass"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code, said = answer("validate", name)
        planned, _ = answer("run", name, "--dry-run")
    assert code in (0, 2), (code, said)
    assert planned in (0, 2), planned
    assert (planned, code) != (2, 0)
    place = PLACE if whole else IN_SPEC
    assert code == 0 or (faults(said) and all(place.match(line) for line in faults(said))), said
    assert said.replace("\n", "").isprintable(), said
    return code, said
