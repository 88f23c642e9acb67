"""Write files completely or not at all. The module loads no library."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from mlm_steps.errors import Fault, StorageError, UsageError

__all__ = ["NO_ROOM", "parts", "remove_parts", "write_whole"]

NO_ROOM = "the disk is full"
FULL = (errno.ENOSPC, errno.EDQUOT)
BROKEN = (errno.EFBIG, errno.EIO)
"""Error numbers of a file that exceeds a limit of the process or the file system, and of a failing disk."""
PART = re.compile(r"\.mlm-([0-9]+)-[0-9]+\.part")
"""The name of a file that is being written: the number of its process, and a counter."""
_counter = count()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it, so that a file is never incomplete.

    A link of this name is replaced, and the file that it points to stays as it is. Raise StorageError if the
    disk is full or fails, and UsageError if the file cannot be written for another reason.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    except OSError as error:
        reason = NO_ROOM if error.errno in FULL else f"cannot be written: {error.strerror or error}"
        kind = StorageError if error.errno in (*FULL, *BROKEN) else UsageError
        raise kind(Fault(str(path), reason)) from error


def _write(path: Path, content: bytes) -> None:
    handle, temporary = _open_part(path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _open_part(folder: Path) -> tuple[int, Path]:
    """Create a file with a new name in a folder; return its descriptor and its path."""
    while True:
        path = folder / f".mlm-{os.getpid()}-{next(_counter)}.part"
        with suppress(FileExistsError):  # of a killed process, or of another machine
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), path


def remove_parts(folder: Path) -> None:
    """Remove the unfinished files that killed processes have left in a folder and below it."""
    for path in parts(folder):
        with suppress(OSError):  # of another user, or already removed
            path.unlink()


def parts(folder: Path) -> Iterator[Path]:
    """Yield the unfinished files of processes that do not exist."""
    for root, _, names in os.walk(folder):
        for name in names:
            found = PART.fullmatch(name)
            if found and not _exists(int(found[1])):
                yield Path(root, name)


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process != os.getpid() and not _has_ended(process)


def _has_ended(process: int) -> bool:
    """Return whether a process has ended and only waits for its parent; False without /proc."""
    try:
        state = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    return state[:1] == [b"Z"]
