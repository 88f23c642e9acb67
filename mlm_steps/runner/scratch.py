"""A private folder for the socket and the temporary files of a run.

A run that is killed leaves this to its pool, which removes the folder. If both are killed, the next run of
the same user removes it: each folder has a file that its processes keep locked while one of them exists.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from mlm_steps.errors import Fault, UsageError

__all__ = ["Scratch"]

LONGEST = 100
"""Largest number of bytes of a socket's path, since Linux allows 107 and macOS 103."""
SHORT_PLACES = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - a private folder is made in it
"""Folders for the socket if the path of the folder for temporary files is too long."""
PREFIX = "mlm-"
LOCKED = "of-a-run.lock"
"""The locked file; a folder without it is none of ours and is not removed."""


class Scratch:
    """The folder of one run; it is locked until ``close`` and until all forks of this process have ended."""

    def __init__(self) -> None:
        self._folder = _folder()
        self.path = Path(self._folder.name)
        remove_abandoned(self.path.parent)
        # The file gets its name when it is locked, since the start of another run may look at it.
        new = self.path / "new"
        self._lock = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(OSError):  # without locks, the folder stays if all processes are killed
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            new.rename(self.path / LOCKED)

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()
        os.close(self._lock)


def remove_abandoned(place: Path) -> None:
    """Remove the folders of runs of this user in a folder whose processes have all been killed."""
    for path in place.glob(f"{PREFIX}*/{LOCKED}"):
        with suppress(OSError):  # locked by its run, or already removed
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if os.fstat(handle).st_uid == os.getuid():
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path.parent)
            finally:
                os.close(handle)


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new private folder whose path leaves room for a socket's name; UsageError if there is none."""
    given = tempfile.gettempdir()
    for place in (given, os.environ.get("XDG_RUNTIME_DIR", given), *SHORT_PLACES):
        if len(os.fsencode(f"{place}/{PREFIX}12345678/pool.new")) <= LONGEST:
            with suppress(OSError):
                return tempfile.TemporaryDirectory(prefix=PREFIX, dir=place)
    what = f"no folder for temporary files has a path that is short enough for a socket ({LONGEST} bytes)"
    raise UsageError(
        Fault(
            "TMPDIR",
            f"{what}: tried {given}, {', '.join(SHORT_PLACES)}",
            "set it to a folder with a short path, such as /tmp",
        )
    )
