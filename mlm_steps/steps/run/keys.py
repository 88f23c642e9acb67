"""Key files tell Snakemake, which compares only modification times, whether a step is current.

The key file of a current step is older than any file. The key file of a step that has to be made is slightly
newer than the existing file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

from mlm_steps.records import write_whole
from mlm_steps.steps.run.plan import Plan, Step

__all__ = ["key_file", "settle_time"]

CURRENT = 10**9
"""Time of the key file of a current step in nanoseconds since the epoch; no output of a step is so old."""
LITTLE = 10**6
"""Nanoseconds by which a key file is newer; Snakemake's floating-point seconds resolve the difference."""


def key_file(plan: Plan, step: Step, root: Path = Path(".snakemake")) -> Path:
    """Write the key file of a step, set its time, and return its path."""
    folder = hashlib.sha256(os.fsencode(plan.layout.out.resolve())).hexdigest()[:16]
    path = root / "mlm" / folder / step.name.replace("/", "--")
    text = f"{step.key}\n".encode()
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)  # nobody but this function writes here
    if not path.is_file() or path.is_symlink() or path.read_bytes() != text:
        write_whole(path, text)
    head = settle_time(step.head, current=step.current)
    moment = CURRENT if step.current or head is None else head + LITTLE
    os.utime(path, ns=(moment, moment))
    return path


def settle_time(head: Path, *, current: bool) -> int | None:
    """Return the modification time of a file as Snakemake sees it; None if there is no such file.

    A time before ``CURRENT``, as an archive may have set it, is set to one that Snakemake can compare. So is
    a time in the future, if the file has to be made again: otherwise results from a machine with a fast clock
    would count as newer than results that are made now.
    """
    if not head.is_file():
        return None
    moment = max(head.lstat().st_mtime_ns, head.stat().st_mtime_ns)
    # The time of the file that a link points to is not ours to change.
    kept = current or head.is_symlink()
    if moment > CURRENT and (kept or moment < time.time_ns() - LITTLE):
        return moment
    moment = CURRENT + LITTLE
    os.utime(head, ns=(moment, moment), follow_symlinks=False)
    return moment
