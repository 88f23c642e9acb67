"""provenance.json: what each step made, from what, and when.

The one file of a run in which times stand. A step adds its entry when all its files are in place, so an
entry means a finished step; what is here and still has the same bytes need not be made again. The log of a
step is written by the shell that runs it and is not complete when the entry is made: only its presence
counts.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from mlm_steps.records.base import Part, write_whole
from mlm_steps.steps.run.identity import code_identity
from mlm_steps.steps.run.layout import Layout

__all__ = ["Ledger", "Recorder", "describe_run", "forget", "recorded", "withdraw"]

HASHED_BYTES = 2**20
"""Files up to this size are hashed at every start; larger files only if their size or time has changed.

One mebibyte takes less than a millisecond to hash.
"""
SHOWN = 3
"""Names that a reason lists before it counts the rest."""


class FileEntry(Part):
    """One file as it was written."""

    size: int
    sha256: str
    mtime_ns: int


class StepEntry(Part):
    """One finished step."""

    key: str
    code: str = ""
    """Hash of our code and of the libraries' versions, which are part of the key."""
    started: str
    seconds: float
    outputs: dict[str, FileEntry]
    log: bool = False
    """Whether the step has a log: a step that a person types at a terminal has none."""
    estimates: str = ""
    """Of a fit, the key of its estimates, which stay as they are where only its tests change."""
    without: tuple[str, ...] = ()
    """Steps that it reads and whose files were absent or out of date: it has to be made again after them."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries of one output folder, as read."""

    layout: Layout
    steps: dict[str, StepEntry]

    @classmethod
    def read(cls, layout: Layout) -> Ledger:
        """Return the ledger of a folder; empty when there is none or it cannot be read as one."""
        return cls(layout, _steps(_content(layout)))

    def key(self, step: str) -> str | None:
        """Return the key that a step's files were made from; None if they are not whole."""
        return None if self.damage(step) else self.steps[step].key

    def holds(self, step: str, path: Path) -> bool:
        """Return whether a file is as a step wrote it, whatever has become of the step's other files."""
        entry = self.steps.get(step)
        file = entry.outputs.get(str(path.relative_to(self.layout.out))) if entry else None
        return file is not None and _unchanged(path, file)

    def damage(self, step: str) -> str | None:
        """Return why a step has to be made again whatever its key is; None where its files are whole."""
        entry = self.steps.get(step)
        if entry is None or not entry.outputs:
            return "it has not been made yet"
        if entry.without:
            return f"it was made without {_some(entry.without)}"
        names = [name for name, file in entry.outputs.items() if not _unchanged(self.layout.out / name, file)]
        if entry.log and not self.layout.log(step).is_file():
            names.append(str(self.layout.log(step).relative_to(self.layout.out)))
        gone = [name for name in names if not (self.layout.out / name).exists()]
        if gone:
            return f"{_some(gone)} {'is' if len(gone) == 1 else 'are'} missing"
        return f"{_some(names)} {'was' if len(names) == 1 else 'were'} changed by hand" if names else None


class Recorder:
    """Collects the files that a step writes; of a fit, also the key of its estimates."""

    def __init__(self) -> None:
        self.outputs: list[Path] = []
        self.estimates = ""

    def add(self, *paths: Path) -> None:
        """Note files that are in place."""
        self.outputs.extend(paths)


def _some(names: Sequence[str]) -> str:
    """Return a list in words, its first three members only."""
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


@contextmanager
def recorded(layout: Layout, step: str, key: str, without: Sequence[str] = ()) -> Iterator[Recorder]:
    """Run a step's body and, when it ends well, enter its files in the ledger.

    ``without`` names the steps that it reads and whose files are absent or out of date.
    """
    recorder = Recorder()
    started, clock = datetime.now(UTC), time.perf_counter()
    yield recorder
    entry = StepEntry(
        key=key,
        code=code_identity(),
        started=started.isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - clock, 4),
        outputs={str(path.relative_to(layout.out)): _describe(path) for path in recorder.outputs},
        log=layout.log(step).exists(),
        estimates=recorder.estimates,
        without=tuple(without),
    )
    with _locked(layout) as content:
        # The other entries stay as they are written: to read them all would take longer than many a step.
        steps = _raw_steps(content)
        _remove(layout, _entry(steps.get(step)), keep=entry.outputs)
        content["steps"] = {**steps, step: entry.model_dump(mode="json")}


def describe_run(layout: Layout, facts: dict[str, object]) -> None:
    """Enter what holds for the whole run: versions, hashes, platform."""
    with _locked(layout) as content:
        content["run"] = facts


def forget(layout: Layout, known: Sequence[str]) -> None:
    """Remove the files and entries of steps that are not among the known ones."""
    with _locked(layout) as content:
        steps = _steps(content)
        for name in [name for name in steps if name not in known]:
            _remove(layout, steps.pop(name), keep={})
            layout.log(name).unlink(missing_ok=True)
        content["steps"] = _plain(steps)


def withdraw(layout: Layout) -> None:
    """Make every step count as not current; its files stay until they are replaced."""
    with _locked(layout) as content:
        steps = _steps(content)
        content["steps"] = _plain({n: entry.model_copy(update={"key": ""}) for n, entry in steps.items()})


def _remove(layout: Layout, entry: StepEntry | None, keep: dict[str, FileEntry]) -> None:
    root = layout.out.resolve()
    for name in entry.outputs if entry else ():
        path = (root / name).resolve()
        if name not in keep and path.is_relative_to(root) and path != root:
            path.unlink(missing_ok=True)


@contextmanager
def _locked(layout: Layout) -> Iterator[dict[str, object]]:
    """Give the content of the ledger for change; no other step changes it meanwhile."""
    folder = layout.out / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        content = _content(layout)
        yield content
        text = json.dumps({"schema_version": 1, **content}, indent=1, sort_keys=True, ensure_ascii=False)
        write_whole(layout.provenance, text.encode() + b"\n")
    finally:
        os.close(handle)


def _content(layout: Layout) -> dict[str, object]:
    """Return the file's content; what is not ours counts as absent, for then everything is made anew."""
    try:
        content = json.loads(layout.provenance.read_bytes())
    except (OSError, ValueError, RecursionError):  # the last: brackets nested without end
        return {}
    return content if isinstance(content, dict) and content.get("schema_version") == 1 else {}


def _raw_steps(content: dict[str, object]) -> dict[str, object]:
    steps = content.get("steps")
    return steps if isinstance(steps, dict) else {}


def _steps(content: dict[str, object]) -> dict[str, StepEntry]:
    entries = {name: _entry(raw) for name, raw in _raw_steps(content).items()}
    return {name: entry for name, entry in entries.items() if entry is not None}


def _entry(raw: object) -> StepEntry | None:
    """Return an entry as it was written; None where we did not write it: the step counts as not done."""
    try:
        return StepEntry.model_validate(raw)
    except ValidationError:
        return None


def _plain(steps: dict[str, StepEntry]) -> dict[str, object]:
    return {name: entry.model_dump(mode="json") for name, entry in steps.items()}


def _describe(path: Path) -> FileEntry:
    status = path.stat()
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileEntry(size=status.st_size, sha256=digest, mtime_ns=status.st_mtime_ns)


def _unchanged(path: Path, entry: FileEntry) -> bool:
    """Return whether a file is as it was; another step may delete it while it is read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != entry.size:
            return False
        if status.st_mtime_ns == entry.mtime_ns and status.st_size > HASHED_BYTES:
            return True
        return _describe(path).sha256 == entry.sha256
    except OSError:
        return False
