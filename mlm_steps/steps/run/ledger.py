"""Read and write provenance.json, which records the files, the key, the time and the memory of each step.

It is the only file of a run that contains times. A step adds its entry after all its files and its log are
written, so each entry belongs to a finished step. Files that still have the recorded bytes need not be made
again. The file has a checksum of itself: if a byte of it has changed, none of its entries counts.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError

from mlm_steps.records.base import Part, Record, write_record
from mlm_steps.records.whole import write_whole
from mlm_steps.steps.run.basis import Blocks
from mlm_steps.steps.run.files import file_hash, is_unchanged
from mlm_steps.steps.run.identity import code_identity
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.sealed import seal, unseal

__all__ = [
    "ANOTHER_VERSION",
    "DAMAGED",
    "SCHEMA_VERSION",
    "Ledger",
    "Recorder",
    "describe_run",
    "drop",
    "forget",
    "is_of_another_version",
    "recorded",
    "withdraw",
]

SCHEMA_VERSION = 2
"""The format of provenance.json; it is raised whenever former versions of mlm could not read a new file."""
ANOTHER_VERSION = "another version of mlm made these results"
"""The reason if provenance.json has another format."""
DAMAGED = "provenance.json is damaged or was changed by hand"
"""The reason if provenance.json does not match its checksum."""
SHOWN = 3
"""Largest number of names that a reason lists before it counts the others, so that it fits on one line."""


class FileEntry(Part):
    """Size and hash of a file when it was written."""

    size: int
    sha256: str


class StepEntry(Part):
    """One finished step."""

    key: str
    code: str = ""
    """Hash of the code of this package and of the libraries' versions, which are part of the key."""
    started: str
    seconds: float
    peak_bytes: int | None = None
    """Largest resident memory of the step's process; it includes the libraries that the process inherited."""
    outputs: dict[str, FileEntry]
    """The files of the step and its log, by their paths in the output folder.

    A step that is started at a terminal has no log.
    """
    estimates: str = ""
    """For a fit, the key of its estimates, which does not change if only its tests change."""
    without: tuple[str, ...] = ()
    """Steps whose files it reads and that were not current; it has to be made again after them."""
    made_from: tuple[str, ...] = ()
    """Names of the blocks of facts that say what it was made from."""
    parts: dict[str, str] = Field(default_factory=dict)
    """The keys of the parts of its record, such as one per rung, if it has parts that can be kept."""
    settings: str = ""
    """A hash of the settings on which all these parts depend."""
    read: dict[str, str] = Field(default_factory=dict)
    """For a part whose inputs are noted while it is made, their names as JSON."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries of one output folder, as read."""

    layout: Layout
    steps: dict[str, StepEntry]
    blocks: Blocks = field(default_factory=dict)
    run: Mapping[str, object] = field(default_factory=dict)
    fault: str = ""
    """Why no entry of the file counts, for example because the file was changed; else empty text."""

    @classmethod
    def read(cls, layout: Layout) -> Ledger:
        """Return the ledger of a folder.

        It is empty if there is no file, if the file was changed, or if another version of mlm wrote it.
        """
        content = _content(layout)
        fault = "" if content else _fault(layout)
        return cls(layout, _steps(content), _blocks(content), _mapping(content.get("run")), fault)

    def key(self, step: str) -> str | None:
        """Return the key from which a step's files were made; None if a file is missing or changed."""
        return None if self.damage(step) else self.steps[step].key

    def holds(self, step: str, path: Path) -> bool:
        """Return whether a file is as a step wrote it, regardless of the step's other files."""
        entry = self.steps.get(step)
        file = entry.outputs.get(str(path.relative_to(self.layout.out))) if entry else None
        return file is not None and _unchanged(path, file)

    def content(self, step: str, path: Path) -> bytes | None:
        """Return the content of a file of a step; None if it is missing or not as the step wrote it."""
        expected = self.recorded_hash(step, path)
        try:
            content = path.read_bytes() if expected is not None and path.is_file() else None
        except OSError:
            return None
        return content if content is not None and hashlib.sha256(content).hexdigest() == expected else None

    def part_key(self, step: str, part: str) -> str | None:
        """Return the key of a part of a step's record; None if it has no such part."""
        entry = self.steps.get(step)
        return None if entry is None else entry.parts.get(part)

    def recorded_hash(self, step: str, path: Path) -> str | None:
        """Return the SHA-256 of a file as a step wrote it; None if the step has no such file."""
        entry = self.steps.get(step)
        file = entry.outputs.get(str(path.relative_to(self.layout.out))) if entry else None
        return None if file is None else file.sha256

    def damage(self, step: str) -> str | None:
        """Return why a step has to be made again regardless of its key; None if its files are unchanged."""
        entry = self.steps.get(step)
        if entry is None or not entry.outputs:
            return "it has not been made yet"
        if entry.without:
            return f"it was made without {_some(entry.without)}"
        names = [name for name, file in entry.outputs.items() if not _unchanged(self.layout.out / name, file)]
        gone = [name for name in names if not (self.layout.out / name).exists()]
        if gone:
            return f"{_some(gone)} {'is' if len(gone) == 1 else 'are'} missing"
        verb = "has" if len(names) == 1 else "have"
        return f"{_some(names)} {verb} changed since the step ended" if names else None


class Recorder:
    """Writes the records of a step with its key, and collects its files.

    For a fit it also takes the key of the estimates, and for a record with parts the key of each part.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.outputs: list[Path] = []
        self.estimates = ""
        self.parts: dict[str, str] = {}
        self.settings = ""
        self.read: dict[str, str] = {}

    def write(self, record: Record, path: Path) -> None:
        """Write a record together with the step's key, and add its file."""
        write_record(record, path, made_from=self.key)
        self.add(path)

    def add(self, *paths: Path) -> None:
        """Add files that have been written."""
        self.outputs.extend(paths)


def _some(names: Sequence[str]) -> str:
    """Return a list in words, with only its first three members."""
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


@contextmanager
def recorded(
    layout: Layout, step: str, key: str, without: Sequence[str] = (), basis: Blocks | None = None
) -> Iterator[Recorder]:
    """Run a step's body and, if it succeeds, enter its files in the ledger.

    ``without`` names the steps that it reads and whose files are absent or out of date; ``basis`` holds the
    facts that the step is made from.
    """
    recorder = Recorder(key)
    started, clock = datetime.now(UTC), time.perf_counter()
    yield recorder
    logs = [path for path in [layout.log(step)] if path.is_file()]
    entry = StepEntry(
        key=key,
        code=code_identity(),
        started=started.isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - clock, 4),
        peak_bytes=_peak(),
        outputs={str(path.relative_to(layout.out)): _describe(path) for path in (*recorder.outputs, *logs)},
        estimates=recorder.estimates,
        without=tuple(without),
        made_from=tuple(basis or ()),
        parts=recorder.parts,
        settings=recorder.settings,
        read=recorder.read,
    )
    with _locked(layout) as content:
        # The other entries are not parsed, since parsing all of them would take longer than many steps.
        steps = _raw_steps(content)
        _remove(layout, _entry(steps.get(step)), keep=entry.outputs)
        steps = {**steps, step: entry.model_dump(mode="json")}
        content |= {"steps": steps, "made_from": _referred({**_blocks(content), **(basis or {})}, steps)}


def describe_run(layout: Layout, facts: dict[str, object]) -> None:
    """Enter the facts on the whole run: versions, hashes, platform."""
    with _locked(layout) as content:
        content["run"] = facts


def forget(layout: Layout, known: Sequence[str]) -> None:
    """Remove the entries of steps that are not among the known ones, and files that only these have made."""
    with _locked(layout) as content:
        steps = _steps(content)
        kept = {path: file for name in known if name in steps for path, file in steps[name].outputs.items()}
        for name in [name for name in steps if name not in known]:
            _remove(layout, steps.pop(name), keep=kept)
            layout.log(name).unlink(missing_ok=True)
        left = _plain(steps)
        content |= {"steps": left, "made_from": _referred(_blocks(content), left)}


def drop(layout: Layout, names: Sequence[str]) -> None:
    """Remove the entries of steps; their files are left as they are."""
    with _locked(layout) as content:
        left = {name: entry for name, entry in _raw_steps(content).items() if name not in names}
        content |= {"steps": left, "made_from": _referred(_blocks(content), left)}


def withdraw(layout: Layout) -> None:
    """Mark every step as not current; its files stay until they are replaced."""
    with _locked(layout) as content:
        steps = _steps(content)
        content["steps"] = _plain({n: entry.with_values(key="") for n, entry in steps.items()})


def _remove(layout: Layout, entry: StepEntry | None, keep: dict[str, FileEntry]) -> None:
    """Remove the files of an entry that are not to be kept; of a link, not the file that it points to."""
    root = layout.out.resolve()
    for name in entry.outputs if entry else ():
        path = root / name
        folder = path.parent.resolve()
        if name not in keep and path.name != ".." and folder.is_relative_to(root):
            with suppress(OSError):  # a folder of this name, or a file that is already gone
                (folder / path.name).unlink()


@contextmanager
def _locked(layout: Layout) -> Iterator[dict[str, object]]:
    """Yield the content of the ledger for changes; no other step can change it at the same time.

    The lock of a folder holds on one machine. The steps of a cluster also lock a file, as file systems pass
    on to other machines.
    """
    folder = layout.out / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handles = [os.open(folder, os.O_RDONLY)]
    try:
        with suppress(FileNotFoundError):
            handles.append(os.open(layout.shared_lock, os.O_RDWR))
        for handle in handles:
            fcntl.flock(handle, fcntl.LOCK_EX)
        content = _content(layout)
        yield content
        write_whole(layout.provenance, seal({"schema_version": SCHEMA_VERSION, **content}))
    finally:
        for handle in handles:
            os.close(handle)


def is_of_another_version(file: bytes) -> bool:
    """Return whether provenance.json is whole, but has the format of another version of mlm.

    Files of version 1 may have no checksum.
    """
    try:
        content = json.loads(file)
        if isinstance(content, dict) and "checksum" in content:
            content = unseal(file)
    except (ValueError, RecursionError):
        return False
    version = content.get("schema_version") if isinstance(content, dict) else None
    return isinstance(version, int) and version != SCHEMA_VERSION


def _fault(layout: Layout) -> str:
    """Return why no entry of the file counts; empty text if there is no file."""
    path = layout.provenance
    if not path.exists():
        return ""
    try:
        another = path.is_file() and is_of_another_version(path.read_bytes())
    except OSError:
        another = False
    return ANOTHER_VERSION if another else DAMAGED


def _content(layout: Layout) -> dict[str, object]:
    """Return the file's content.

    A file that was changed, or that another version wrote, counts as absent: every step is made again.
    """
    if not layout.provenance.is_file():
        return {}  # a pipe would block
    try:
        content = unseal(layout.provenance.read_bytes())
    except (OSError, ValueError, RecursionError):  # RecursionError: brackets nested too deeply
        return {}
    return content if content.get("schema_version") == SCHEMA_VERSION else {}


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _raw_steps(content: dict[str, object]) -> dict[str, object]:
    return _mapping(content.get("steps"))


def _blocks(content: dict[str, object]) -> dict[str, dict[str, object]]:
    return {name: _mapping(block) for name, block in _mapping(content.get("made_from")).items()}


def _referred(blocks: Blocks, steps: Mapping[str, object]) -> Blocks:
    """Return the blocks to which any step refers."""
    listed = [_mapping(raw).get("made_from") for raw in steps.values()]
    names = {str(name) for names in listed if isinstance(names, list) for name in names}
    return {name: block for name, block in blocks.items() if name in names}


def _peak() -> int:
    """Return the largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in units of 1024 bytes


def _steps(content: dict[str, object]) -> dict[str, StepEntry]:
    entries = {name: _entry(raw) for name, raw in _raw_steps(content).items()}
    return {name: entry for name, entry in entries.items() if entry is not None}


def _entry(raw: object) -> StepEntry | None:
    """Return an entry; None if it is invalid, so that the step counts as not done."""
    try:
        return StepEntry.model_validate(raw)
    except ValidationError:
        return None


def _plain(steps: dict[str, StepEntry]) -> dict[str, object]:
    return {name: entry.model_dump(mode="json") for name, entry in steps.items()}


def _describe(path: Path) -> FileEntry:
    return FileEntry(size=path.stat().st_size, sha256=file_hash(path))


def _unchanged(path: Path, entry: FileEntry) -> bool:
    return is_unchanged(path, size=entry.size, sha256=entry.sha256)
