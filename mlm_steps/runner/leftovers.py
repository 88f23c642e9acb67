"""The files in and beside an output folder that may be removed, because mlm has written them itself.

The ledger lists what the steps have written; a file that differs from its entry was changed by someone else
and stays. Links are never followed: a path with a link below the output folder is none of ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlm_steps.records.failure import is_failure, read_absence
from mlm_steps.records.whole import parts
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.files import is_unchanged
from mlm_steps.steps.run.ledger import FileEntry, StepEntry
from mlm_steps.steps.run.plan import Plan

__all__ = ["Leftover", "is_own", "leftovers", "remove", "strangers"]

NOTES = Path(".snakemake")
"""The folder of Snakemake in the current folder; key files and notes of mlm are in its folder ``mlm``."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that may be removed.

    Attributes
    ----------
    root : Path
        The folder below which it is.
    name : str
        Its path below that folder.
    size : int
        Bytes.
    why : str
        Why it is not needed.
    """

    root: Path
    name: str
    size: int
    why: str

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.root / self.name


def leftovers(plan: Plan, *, everything: bool = False) -> list[Leftover]:
    """Return the files that may be removed: those of former steps, temporary files, caches and empty logs.

    With ``everything``, they are all files that the runs of the folder have written.
    """
    found = [*_of_steps(plan, everything=everything), *_failures(plan, everything=everything)]
    if everything and plan.ledger.steps:
        found += _given(plan.layout.out, "provenance.json", "the record of the run")
    found += _temporary(plan)
    found += _caches(plan.layout.out)
    return sorted({each.path: each for each in found}.values(), key=lambda each: (str(each.root), each.name))


def strangers(plan: Plan, found: list[Leftover]) -> list[str]:
    """Return the files and links of the output folder that are not among those found."""
    known = {each.path for each in found}
    out = plan.layout.out
    places = (Path(folder) / name for folder, inner, files in os.walk(out) for name in (*inner, *files))
    others = (path for path in places if path not in known and (path.is_symlink() or not path.is_dir()))
    return sorted(str(path.relative_to(out)) for path in others)


def is_own(root: Path, name: str) -> bool:
    """Return whether a name leads to a regular file below a folder without any link on its way."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
        return False
    path = root
    for k, part in enumerate(parts):
        path = path / part
        try:
            mode = path.lstat().st_mode
        except (OSError, ValueError):  # there is no such file, or its name has a NUL character
            return False
        if not (stat.S_ISREG if k == len(parts) - 1 else stat.S_ISDIR)(mode):
            return False
    return True


def remove(each: Leftover) -> None:
    """Remove a file, and folders that this leaves empty; no link on its way is followed."""
    *folders, name = PurePosixPath(each.name).parts
    handles = [os.open(each.root, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        for folder in folders:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            handles.append(os.open(folder, flags, dir_fd=handles[-1]))
        os.unlink(name, dir_fd=handles[-1])
        with suppress(OSError):  # it is not empty
            for handle, folder in zip(handles[-2::-1], reversed(folders), strict=True):
                os.rmdir(folder, dir_fd=handle)
    finally:
        for handle in handles:
            os.close(handle)


def _given(root: Path, name: str, why: str) -> list[Leftover]:
    return [Leftover(root, name, (root / name).lstat().st_size, why)] if is_own(root, name) else []


def _of_steps(plan: Plan, *, everything: bool) -> Iterator[Leftover]:
    """Yield the unchanged files of steps in the ledger, of former steps or of all, and their logs."""
    layout, entries = plan.layout, plan.ledger.steps
    kept: Mapping[str, StepEntry] = {} if everything else {n: e for n, e in entries.items() if n in plan.keys}
    needed = {file for entry in kept.values() for file in entry.outputs}
    needed |= {str(layout.log(step).relative_to(layout.out)) for step in kept}
    for step, entry in entries.items():
        if step in kept:
            continue
        former = step not in plan.keys
        why = f"the step {step} is no longer in the spec" if former else f"made by the step {step}"
        for name, file in entry.outputs.items():
            if name not in needed and is_own(layout.out, name) and _unchanged(layout.out / name, file):
                yield from _given(layout.out, name, why)
        yield from _log(plan, step, needed, why)


def _unchanged(path: Path, file: FileEntry) -> bool:
    return is_unchanged(path, size=file.size, sha256=file.sha256)


def _log(plan: Plan, step: str, needed: set[str], why: str) -> list[Leftover]:
    name = str(plan.layout.log(step).relative_to(plan.layout.out))
    return [] if name in needed else _given(plan.layout.out, name, why)


def _failures(plan: Plan, *, everything: bool) -> Iterator[Leftover]:
    """Yield the reasons of failures that former steps have left in place of their results, and their logs."""
    layout = plan.layout
    folders = {declared.output.partition("/")[0] for declared in STEPS.values() if "/" in declared.output}
    for folder in sorted(folders):
        for path in sorted((layout.out / folder).rglob("*.json")):
            name = str(path.relative_to(layout.out))
            if not is_own(layout.out, name) or not is_failure(path):
                continue
            step = read_absence(path).step
            if step.partition("/")[0] not in STEPS or layout.output(step) != path:
                continue
            if everything or step not in plan.keys:
                why = (
                    f"the failed step {step} is no longer in the spec"
                    if step not in plan.keys
                    else "a failure"
                )
                yield from _given(layout.out, name, why)
                yield from _log(plan, step, set(), why)


def _temporary(plan: Plan) -> Iterator[Leftover]:
    """Yield files that a killed process has not finished writing."""
    out = plan.layout.out
    for path in parts(out):
        yield from _given(out, str(path.relative_to(out)), "a killed process has left it unfinished")


def _caches(out: Path) -> Iterator[Leftover]:
    """Yield the key files and notes of an output folder, and empty logs of Snakemake."""
    folder = hashlib.sha256(os.fsencode(out.resolve())).hexdigest()[:16]
    for path in sorted((NOTES / "mlm" / folder).glob("*")):
        yield from _given(NOTES, f"mlm/{folder}/{path.name}", "tells Snakemake which steps are current")
    for path in sorted((NOTES / "mlm").glob("*.json")):
        if is_own(NOTES, f"mlm/{path.name}") and _notes(path, out):
            yield from _given(NOTES, f"mlm/{path.name}", "lets a repeated run end early")
    if (NOTES / "mlm").is_dir():
        for path in sorted((NOTES / "log").glob("*.snakemake.log")):
            name = f"log/{path.name}"
            if is_own(NOTES, name) and path.lstat().st_size == 0:
                yield from _given(NOTES, name, "an empty log")


def _notes(path: Path, out: Path) -> bool:
    """Return whether a note of a finished run belongs to an output folder."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("out") == str(out) and "verdict" in content
