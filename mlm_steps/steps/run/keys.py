"""Key files tell Snakemake, which compares only modification times, whether a step is current.

The key file of a current step is older than any file. The key file of a step that has to be made is slightly
newer than the existing file.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from mlm_steps.records import write_whole
from mlm_steps.steps.run.plan import Plan, Step

__all__ = ["key_file"]

CURRENT = 10**9
"""Time of the key file of a current step in nanoseconds since the epoch, unless its output is older."""
LITTLE = 10**6
"""Nanoseconds by which a key file is newer; Snakemake's floating-point seconds resolve the difference."""


def key_file(plan: Plan, step: Step, root: Path = Path(".snakemake")) -> Path:
    """Write the key file of a step, set its time, and return its path."""
    folder = hashlib.sha256(os.fsencode(plan.layout.out.resolve())).hexdigest()[:16]
    path = root / "mlm" / folder / step.name.replace("/", "--")
    text = f"{step.key}\n".encode()
    if not path.exists() or path.read_bytes() != text:
        write_whole(path, text)
    moment = _time_before(step.head) if step.current else _time_of(step.head) + LITTLE
    os.utime(path, ns=(moment, moment))
    return path


def _time_before(head: Path) -> int:
    """Return a time before the modification time of a file; an archive may have set it to the epoch."""
    return min(CURRENT, head.stat().st_mtime_ns - LITTLE)


def _time_of(head: Path) -> int:
    """Return the modification time of a file that has to be made again; a time in the future is set back.

    Otherwise results from a machine with a fast clock would count as newer than results that are made now.
    """
    if not head.is_file():
        return CURRENT
    moment = head.stat().st_mtime_ns
    if moment >= time.time_ns() - LITTLE:
        moment = CURRENT
        os.utime(head, ns=(moment, moment))
    return moment
