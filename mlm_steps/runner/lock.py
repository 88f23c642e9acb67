"""Allow one run at a time in an output folder; the kernel holds the lock, so a killed run leaves none."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mlm_steps.errors import Fault, UsageError

__all__ = ["check_notes", "check_places", "hold", "locked"]


def check_notes(notes: Path = Path(".snakemake")) -> None:
    """Raise UsageError if Snakemake cannot write its notes into the current folder; write nothing."""
    folder = notes if notes.exists() else notes.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        what = "Snakemake writes its metadata into the current folder, which is not writable"
        raise UsageError(
            Fault(str(notes), what, "change to another folder; --out sets the folder of the results")
        )


def check_places(out: Path, files: Iterable[Path]) -> None:
    """Raise UsageError if a run needs a folder where a file exists, or a file where a folder exists."""
    faults = {}
    for path in files:
        for folder in (path.parent, *path.parent.parents):
            if folder.exists() and not folder.is_dir():
                faults[folder] = "is a file, but the run needs a folder of this name"
            if folder == out:
                break
        if path.is_dir():
            faults[path] = "is a folder, but the run writes a file of this name"
    if faults:
        raise UsageError(*(Fault(str(path), what, "remove or rename it") for path, what in faults.items()))


def hold(out: Path) -> int:
    """Lock an output folder until the returned descriptor is closed; make the folder if it does not exist.

    Raises UsageError if the folder cannot be written, or if another run is using it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
        handle = os.open(out, os.O_RDONLY)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            Fault(
                str(out), f"the output folder cannot be written: {reason}", "choose another folder with --out"
            )
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise UsageError(
            Fault(
                str(out),
                "another run is using this output folder",
                "wait until it ends, or choose another folder with --out",
            )
        ) from None
    return handle


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder; see ``hold``."""
    handle = hold(out)
    try:
        yield
    finally:
        os.close(handle)
