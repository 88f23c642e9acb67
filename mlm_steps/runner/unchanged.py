"""Recognise that nothing has changed since a plan found every step current, without planning again.

A plan is a function of the spec, the data files, the code, the ledger and a few facts of the environment.
When a plan finds every step current, a note keeps the hashes of these inputs and what the run printed. A
later run with the same inputs prints the same. As in a plan, all files of the run are compared with the
hashes in the ledger. This takes a quarter of the time of a plan, since it loads no library to read the spec.

The note is beside the key files of Snakemake, not among the results; without it, a run is planned.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlm_steps.errors import MlmError
from mlm_steps.records.whole import write_whole
from mlm_steps.runner.announce import announce
from mlm_steps.runner.request import RunRequest
from mlm_steps.steps.run.dates import date_state
from mlm_steps.steps.run.files import file_hash, is_unchanged
from mlm_steps.steps.run.identity import code_identity, optional_libraries
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.sealed import seal, unseal
from mlm_steps.steps.run.versions import installed_version

__all__ = [
    "NOTES",
    "Verdict",
    "ended_before",
    "note",
    "note_of",
    "nothing_to_do",
    "repeat",
    "show",
    "state_of",
    "tell",
]

NOTES = Path(".snakemake", "mlm")
"""The folder of the notes; the key files of Snakemake are in its folders."""
READERS = ("pydantic", "pyyaml")
"""Libraries that read the spec; the keys of steps do not depend on them, but the faults of a spec do."""

State = Mapping[str, object]
DataFiles = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run prints at its end.

    Attributes
    ----------
    code : int
        The exit code.
    out, err : str
        The lines for standard output and for standard error.
    steps : int
        The number of steps.
    checks : str
        The path of the record of the expectations; empty if there is none.
    """

    code: int
    out: str
    err: str
    steps: int
    checks: str = ""


def nothing_to_do(steps: int) -> str:
    """Return the line of a run that has nothing to do."""
    return f"nothing to do: all {steps} steps are current"


def show(request: RunRequest, verdict: Verdict) -> int:
    """Print a verdict, tell continuous integration about it, and return its exit code."""
    print(verdict.out, end="")
    print(verdict.err, end="", file=sys.stderr)
    tell(request, verdict)
    return verdict.code


def tell(request: RunRequest, verdict: Verdict) -> None:
    """Write the summary of a run and print the annotations on GitHub, if they are asked for.

    A dry run has neither.
    """
    if request.dry_run:
        return
    announce(verdict.code, (verdict.out, verdict.err), verdict.checks, request.spec, request.summary)


def repeat(request: RunRequest) -> int | None:
    """Print what the run before has printed if nothing has changed since, and return its exit code.

    Return None if a plan has to be made.
    """
    before = ended_before(request)
    if before is None:
        return None
    verdict = before[1]
    print(nothing_to_do(verdict.steps), file=sys.stderr)
    return show(request, verdict)


def state_of(request: RunRequest, out: Path) -> State | None:
    """Return what the plan of a run depends on, except the data, as values of JSON.

    None if the spec, the ledger or the date cannot be read.
    """
    if not (request.spec.is_file() and Layout(out).provenance.is_file()):
        return None  # a pipe would block
    try:
        return {
            "asked": _asked(request),
            "folder": str(request.spec.parent.resolve()),
            "spec": file_hash(request.spec),
            "date": date_state(request.spec),
            "code": code_identity(),
            "libraries": [sys.version, *map(installed_version, READERS), optional_libraries()],
            "ledger": file_hash(Layout(out).provenance),
        }
    except (OSError, ValueError, MlmError):
        return None


def note(request: RunRequest, out: Path, state: State | None, data: DataFiles, verdict: Verdict) -> None:
    """Keep the verdict of a run whose steps are all current.

    Parameters
    ----------
    request : RunRequest
    out : Path
        The output folder.
    state : dict or None
        The state before the plan was made. If it has changed since, no note is made.
    data : mapping of str to (str, str)
        For each data file, as the spec writes it, its absolute path without links and its hash.
    verdict : Verdict
    """
    place = note_of(request)
    if not place.parent.is_dir() or not _lie_inside(request, data) or state is None:
        return
    if state_of(request, out) != state:
        return
    content = {"out": str(out), "state": state, "data": data, "verdict": asdict(verdict)}
    with suppress(MlmError):  # the note cannot be written: the next run is planned
        write_whole(place, seal(content))


def ended_before(request: RunRequest) -> tuple[Path, Verdict] | None:
    """Return output folder and verdict of the run before, if nothing has changed since; else None."""
    try:
        place = note_of(request)
        if not place.is_file():
            return None  # a pipe would block
        content: dict[str, Any] = unseal(place.read_bytes())
        out, state = Path(content["out"]), content["state"]
        same = state == state_of(request, out) and all(
            _is_same(request, name, *kept) for name, kept in content["data"].items()
        )
        return (out, Verdict(**content["verdict"])) if same and _is_complete(Layout(out)) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # no note, or one that is damaged


def _asked(request: RunRequest) -> list[object]:
    out = None if request.out is None else str(request.out)
    return [str(Path.cwd()), str(request.spec), out, request.allow_outside]


def note_of(request: RunRequest) -> Path:
    """Return the path of the note of a request."""
    name = hashlib.sha256(json.dumps(_asked(request)).encode()).hexdigest()[:16]
    return NOTES / f"{name}.json"


def _lie_inside(request: RunRequest, data: DataFiles) -> bool:
    """Return whether all data files may be read because of the folders of a request alone.

    A file may also be read if it is in the git repository of the spec; then the run is planned.
    """
    roots = (request.spec.parent.resolve(), Path.cwd().resolve())
    paths = [Path(path) for path, _ in data.values()]
    return request.allow_outside or all(any(map(path.is_relative_to, roots)) for path in paths)


def _is_same(request: RunRequest, name: str, path: str, content: str) -> bool:
    """Return whether a data file has the path and the content of before."""
    found = (request.spec.parent.resolve() / name).resolve()
    return str(found) == path and found.is_file() and file_hash(found) == content


def _is_complete(layout: Layout) -> bool:
    """Return whether all files are as the ledger says."""
    steps = json.loads(layout.provenance.read_bytes())["steps"]
    files = {name: file for entry in steps.values() for name, file in entry["outputs"].items()}
    return all(is_unchanged(layout.out / name, **file) for name, file in files.items())
