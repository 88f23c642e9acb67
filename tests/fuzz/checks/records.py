"""A changed record is read as a record of its kind, or refused with the name of its file."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from mlm_steps.cli import run_command
from mlm_steps.errors import UsageError
from mlm_steps.records.base import Record, read_record

from ..answers import ROWS
from ..inputs.records import record
from ..watch import limited, watched

SMALL = """\
version: 1
data: {file: a.csv}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | g)"}
  - {name: l1, formula: "y ~ x + c + (1 | g)"}
"""


@cache
def small_run(folder: Path) -> list[tuple[type[Record], bytes]]:
    """Return the records of a small run, each with its kind."""
    (folder / "small.yaml").write_text(SMALL)
    if not (folder / "a.csv").exists():
        (folder / "a.csv").write_text("\n".join(ROWS) + "\n")
    assert run_command(["run", "small.yaml", "--out", str(folder / "small"), "--cores", "1"]) == 0
    found = []
    for path in sorted((folder / "small").rglob("*.json")):
        kinds = [kind for kind in _kinds(Record) if _reads(kind, path)]
        found += [(kind, path.read_bytes()) for kind in kinds[:1]]
    assert len({kind for kind, _ in found}) > 5
    return found


def _kinds(kind: type[Record]) -> list[type[Record]]:
    below = kind.__subclasses__()
    return below + [each for one in below for each in _kinds(one)]


def _reads(kind: type[Record], path: Path) -> bool:
    try:
        read_record(kind, path)
    except UsageError:
        return False
    return True


def check(folder: Path, drawn: tuple[float, random.Random]) -> None:
    """Read a changed record; a fault names the file."""
    share, rng = drawn
    valid = small_run(folder)
    kind, content = valid[int(share * len(valid))]
    path = folder / "record.json"
    path.write_bytes(record(rng, content))
    answer: Record | UsageError
    with limited(), watched():
        try:
            answer = read_record(kind, path)
        except UsageError as error:
            answer = error
    assert isinstance(answer, kind) or str(path) in str(answer)
