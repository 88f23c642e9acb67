"""Record that a step failed, so that the other steps can run without its result."""

from __future__ import annotations

import re
from pathlib import Path

from mlm_steps.errors import StorageError
from mlm_steps.records import write_record
from mlm_steps.records.failure import Absence
from mlm_steps.steps.run.session import Session

__all__ = ["INTERRUPTED", "exception_in", "failed", "reason_in"]

INTERRUPTED = (130, 143)
"""Exit codes of a step that the user or the scheduler stopped: it has not failed."""
TRACEBACK = "Traceback (most recent call last):"
SHELL = re.compile(r"\S*sh: .*: .+")
"""What a shell says of a command that it could not start."""
CARETS = re.compile(r"[\s^~]*[\^~][\s^~]*")


def failed(session: Session, step: str, code: int, log: Path) -> int:
    """Write the absence of a step's result with the reason from its log; return the exit code to end with."""
    if code in INTERRUPTED:
        return code
    reason = reason_in(log, code)
    try:
        write_record(Absence(absent="failed", step=step, reason=reason), session.plan.step(step).head)
    except StorageError:  # which is why the step has failed, too; the run says it once
        return code
    return 0


def reason_in(log: Path, code: int | None = None) -> str:
    """Return the line of a log that says why its step has failed.

    What a step has found out before it failed is separated from the faults by an empty line, and the formula
    of a fault stands below it with carets. Of a traceback, the line of the exception says what.
    """
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    said = exception_in(lines) or _fault(lines) or next(filter(SHELL.fullmatch, lines), None)
    if said:
        return said
    return "the process was killed" + (f" (exit code {code})" if code is not None else "")


def exception_in(lines: list[str]) -> str | None:
    """Return the line of the last exception of which lines tell; None where they tell of none."""
    starts = [i for i, line in enumerate(lines) if line.strip() == TRACEBACK]
    after = lines[starts[-1] + 1 :] if starts else []
    return next((line.strip() for line in after if line.strip() and not line[0].isspace()), None)


def _fault(lines: list[str]) -> str | None:
    """Return the first line of the faults that follow the last empty line of a log."""
    if "" not in lines:
        return None
    after = lines[len(lines) - lines[::-1].index("") :]
    return next((line.strip() for line in after if line.strip() and not CARETS.fullmatch(line)), None)
