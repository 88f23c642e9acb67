"""Write down that a step failed, so that the others can go on without it."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.errors import StorageError
from mlm_steps.records import write_record
from mlm_steps.records.failure import Absence
from mlm_steps.steps.session import Session

__all__ = ["INTERRUPTED", "failed"]

INTERRUPTED = (130, 143)
"""Exit codes of a step that the user or the scheduler stopped: it has not failed."""


def failed(session: Session, step: str, code: int, log: Path) -> int:
    """Write the absence of a step's result with the reason from its log; return the exit code to end with."""
    if code in INTERRUPTED:
        return code
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    reason = lines[-1] if lines else f"the process was killed (exit code {code})"
    try:
        write_record(Absence(absent="failed", step=step, reason=reason), session.plan.step(step).head)
    except StorageError:  # which is why the step has failed, too; the run says it once
        return code
    return 0
