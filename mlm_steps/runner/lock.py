"""Allow one run at a time in an output folder; the kernel holds the lock, so a killed run leaves none.

The lock is on the file ``.mlm-run`` in the output folder, which names the run. A run that ends removes it; of
a killed run the file stays, without a lock, and the next run replaces it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.errors import Fault, UsageError, printable
from mlm_steps.records.whole import remove_parts
from mlm_steps.runner.watch import VARIABLE, this_process
from mlm_steps.steps.run.keys import settle_time

if TYPE_CHECKING:
    from mlm_steps.steps.run.plan import Plan

__all__ = ["HELD", "Lock", "check_notes", "check_places", "clear_way", "hold", "locked", "tidy"]

HELD = ".mlm-run"
"""The name of the locked file in the output folder."""
FOLDERS = ("mlm", "auxiliary", "backups", "incomplete", "iocache", "locks", "log", "metadata")
"""The folders of the notes in ``.snakemake`` that a run needs."""
LARGEST_NAME = 4096
"""Largest number of bytes that are read of the line that names a run, which has about a hundred."""
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""Error numbers of file systems that have no locks."""
WAIT = "wait until it ends, or choose another folder with --out"


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock of an output folder, held until it is released or until the process ends.

    Attributes
    ----------
    path : Path
        The locked file.
    handle : int
        Its open descriptor.
    """

    path: Path
    handle: int

    def release(self) -> None:
        """Remove the file, then give up its lock."""
        with suppress(OSError):  # the folder was removed, or can no longer be written
            self.path.unlink()
        os.close(self.handle)


def check_notes(notes: Path = Path(".snakemake")) -> None:
    """Raise UsageError if the notes of Snakemake and mlm cannot be written; write nothing."""
    folder = notes if notes.exists() else notes.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        what = "Snakemake writes its metadata into the current folder, which is not writable"
        raise UsageError(
            Fault(str(notes), what, "change to another folder; --out sets the folder of the results")
        )
    paths = [notes / name for name in FOLDERS]
    wrong = [path for path in paths if os.path.lexists(path) and not path.is_dir()]
    if wrong:
        what = "is no folder, but Snakemake and mlm keep notes in a folder of this name"
        raise UsageError(*(Fault(str(path), what, "remove it; no result depends on it") for path in wrong))


def check_places(out: Path, files: Iterable[Path]) -> None:
    """Raise UsageError if a run needs a folder where a file exists, or a file where a folder exists."""
    faults = {}
    for path in files:
        for folder in (path.parent, *path.parent.parents):
            if os.path.lexists(folder) and not folder.is_dir():
                link = "a link to no folder" if folder.is_symlink() else "a file"
                faults[folder] = f"is {link}, but the run needs a folder of this name"
            if folder == out:
                break
        if path.is_dir():
            faults[path] = "is a folder, but the run writes a file of this name"
        elif path.exists() and not path.is_file():
            faults[path] = "is a pipe or a device, but the run writes a file of this name"
    if faults:
        raise UsageError(*(Fault(str(path), what, "remove or rename it") for path, what in faults.items()))


def clear_way(plan: Plan) -> None:
    """Remove links in place of the files of steps that have to be made, and logs that have a second name.

    The shell writes into a log that exists. It would write into the file that the link points to, or into the
    copy that somebody has made by hard links. Snakemake compares times of the files that links point to. It
    remembers the times that it has seen, so that those in the future have to be changed before.
    """
    for step in plan.steps:
        log = plan.layout.log(step.name)
        with suppress(PermissionError):  # the file of another user
            settle_time(step.head, current=step.current)
        # Without a key, an undamaged step may turn out to be current, and then its files are needed.
        if step.current or (step.key is None and not plan.ledger.damage(step.name)):
            continue
        second = log.is_file() and log.stat().st_nlink > 1
        shown = (
            [plan.layout.report(form) for form in plan.spec.report.formats] if step.name == "report" else []
        )
        for path in (step.head, log, *shown):
            if path.is_symlink() or (second and path == log):
                with suppress(OSError):  # the step reports a folder that cannot be written
                    path.unlink()


def hold(out: Path) -> Lock:
    """Lock an output folder and remove what killed runs have left; make the folder if it does not exist.

    Raises UsageError if the folder cannot be written, or if another run is using it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = _lock(out)
        _write_name(lock.handle)
    except OSError as error:
        what = f"the output folder cannot be written: {error.strerror or error}"
        raise UsageError(Fault(str(out), what, "choose another folder with --out")) from None
    remove_parts(out)
    return lock


def tidy(out: Path) -> None:
    """Remove what a killed run has left in an output folder, unless another run is using it."""
    if (out / HELD).exists():
        with suppress(UsageError):
            hold(out).release()


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder; see ``hold``."""
    lock = hold(out)
    try:
        yield
    finally:
        lock.release()


def _lock(out: Path) -> Lock:
    path = out / HELD
    if path.is_symlink():
        path.unlink()
    while True:
        lock = Lock(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))
        try:
            fcntl.flock(lock.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            named = _name_in(lock.handle)
            os.close(lock.handle)
            raise UsageError(
                Fault(str(out), f"another run is using this output folder{named}", WAIT)
            ) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            line = f"{out}: its file system has no locks: start no second run in this folder meanwhile"
            print(printable(line), file=sys.stderr)
        if _is_in_place(lock):
            return lock
        os.close(lock.handle)


def _is_in_place(lock: Lock) -> bool:
    """Return whether the locked file still has its name: a run that has ended in the meantime removed it."""
    try:
        return os.path.samestat(os.fstat(lock.handle), lock.path.stat())
    except FileNotFoundError:
        return False


def _write_name(handle: int) -> None:
    """Write the line that names this run, of which this process may be the pool, into the locked file."""
    machine, _, number = os.environ.get(VARIABLE, this_process()).rpartition(":")
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    line = f"process {number} on {machine}, since {since}: mlm {' '.join(sys.argv[1:])}\n"
    os.ftruncate(handle, 0)
    os.pwrite(handle, line.encode(errors="replace"), 0)
    with suppress(PermissionError):  # the file of another user, who has given this access
        os.fchmod(handle, 0o666)


def _name_in(handle: int) -> str:
    """Return how another run has named itself in the locked file; it may not have done so yet."""
    line = os.pread(handle, LARGEST_NAME, 0).decode(errors="replace").partition("\n")[0]
    return f" ({printable(line)})" if line else ""
