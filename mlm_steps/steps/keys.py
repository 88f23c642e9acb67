"""Key files: how a step's freshness is told to Snakemake, which looks at times of change only.

The key file of a current step is older than everything, that of any other step is new.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from mlm_steps.records import write_whole
from mlm_steps.steps.plan import Plan, Step

__all__ = ["key_file", "order_times"]

LONG_AGO = 1
"""Seconds since the epoch; older than any output."""


def key_file(plan: Plan, step: Step, root: Path = Path(".snakemake")) -> Path:
    """Write the key file of a step if it says something else, and return its path."""
    folder = hashlib.sha256(str(plan.layout.out.resolve()).encode()).hexdigest()[:16]
    path = root / "mlm" / folder / step.name.replace("/", "--")
    text = f"{step.key}\n".encode()
    if not path.exists() or path.read_bytes() != text:
        write_whole(path, text)
    if step.current:
        os.utime(path, (LONG_AGO, LONG_AGO))
    elif step.head.exists():
        os.utime(path)
    return path


def order_times(plan: Plan) -> None:
    """Make each step's file later than those it was made from, where copying has shuffled the times."""
    times: dict[str, int] = {}
    for step in plan.steps:
        if not step.head.exists():
            continue
        times[step.name] = step.head.stat().st_mtime_ns
        latest = max((times[need] for need in step.needs if need in times), default=0)
        if times[step.name] < latest:
            times[step.name] = latest + 1_000_000
            os.utime(step.head, ns=(times[step.name], times[step.name]))
