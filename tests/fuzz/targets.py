"""What is fuzzed: for each target, a generator of inputs and a check of what becomes of each."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answers import ROWS, judged
from .checks import expressions, formulas, hypotheses, labels, records
from .inputs.data_files import data_file
from .inputs.expressions import expression
from .inputs.formulas import formula, hypothesis
from .inputs.labels import label
from .inputs.specs import EXAMPLES, spec

PLAIN = """\
version: 1
data: {{file: {name}}}
ladder:
  - {{name: "null", formula: "y ~ 1 + (1 | g)"}}
  - {{name: l1, formula: "y ~ x + c + (1 | g)"}}
"""
Check = Callable[[Path, Any], None]


@dataclass(frozen=True)
class Target:
    """One kind of input.

    Attributes
    ----------
    draw : callable
        Returns an input from a ``random.Random``.
    check : callable
        Gets the working folder and the input; raises AssertionError or TimeoutError where the answer is none
        that may be given. Any other exception is a fault of the code.
    count : int
        Inputs of a whole run.
    sample : int
        Inputs of a run of the tests.
    """

    draw: Callable[[random.Random], Any]
    check: Check
    count: int
    sample: int


def _spec(folder: Path, content: bytes) -> None:
    judged(folder, content)


def _data_file(folder: Path, named: tuple[str, bytes]) -> None:
    name, content = named
    (folder / name).write_bytes(content)
    try:
        judged(folder, PLAIN.format(name=name))
    finally:
        (folder / name).unlink()


TARGETS = {
    "specs": Target(spec, _spec, 20_000, 300),
    "formulas": Target(formula, formulas.check, 100_000, 2000),
    "expressions": Target(expression, expressions.check, 100_000, 2000),
    "hypotheses": Target(hypothesis, hypotheses.check, 20_000, 500),
    "data_files": Target(data_file, _data_file, 5000, 150),
    "records": Target(lambda rng: (rng.random(), rng), records.check, 20_000, 400),
    "labels": Target(label, labels.check, 2000, 20),
}
"""The targets by name."""


def prepare(folder: Path) -> None:
    """Put the data files that the generated specs name into a folder."""
    (folder / "a.csv").write_text("\n".join([f"{ROWS[0]},w1", *(f"{row},1.5" for row in ROWS[1:])]) + "\n")
    wide = [f"{i % 7},{i % 5 + i / 9},{i % 4},{(3 * i) % 8},s{i // 6},p{i % 5}" for i in range(60)]
    (folder / "wide.csv").write_text("\n".join(["y_1,y_2,x_1,x_2,g,h", *wide]) + "\n")
    (folder / "h.csv").write_text("code,size\n" + "".join(f"p{i},{i * i}\n" for i in range(5)))
    long = [f"{i},s{i // 6},{t},{(i * (t + 2)) % 9 + i / 7}" for i in range(60) for t in (1, 2)]
    (folder / "long.csv").write_text("\n".join(["id,g,t,y", *long]) + "\n")
    shutil.copytree(EXAMPLES / "data", folder / "data")
