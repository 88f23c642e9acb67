"""Key files: how a step's freshness is told to Snakemake, which looks at times of change only.

The key file of a current step is older than any file, that of a step that has to be made a little newer than
the file that is there.
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
"""Nanoseconds since the epoch: the time of the key file of a current step."""
LITTLE = 10**6
"""Nanoseconds, which Snakemake's floating-point seconds can tell apart."""


def key_file(plan: Plan, step: Step, root: Path = Path(".snakemake")) -> Path:
    """Write the key file of a step, set its time, and return its path."""
    folder = hashlib.sha256(os.fsencode(plan.layout.out.resolve())).hexdigest()[:16]
    path = root / "mlm" / folder / step.name.replace("/", "--")
    text = f"{step.key}\n".encode()
    if not path.exists() or path.read_bytes() != text:
        write_whole(path, text)
    moment = CURRENT if step.current else _time_of(step.head) + LITTLE
    os.utime(path, ns=(moment, moment))
    return path


def _time_of(head: Path) -> int:
    """Return the time of change of a file that has to be made again; one in the future is put back.

    Results that were restored from a machine whose clock is fast would count as newer than what is made.
    """
    if not head.is_file():
        return CURRENT
    moment = head.stat().st_mtime_ns
    if moment >= time.time_ns() - LITTLE:
        moment = CURRENT
        os.utime(head, ns=(moment, moment))
    return moment
