"""Record that a step failed, so that the other steps can run without its result."""

from __future__ import annotations

import re
from pathlib import Path

from mlm_steps.errors import StorageError, UsageError
from mlm_steps.records import write_record
from mlm_steps.records.failure import Absence
from mlm_steps.steps.run.session import Session

__all__ = ["INTERRUPTED", "exception_in", "failed", "reason_in"]

INTERRUPTED = (130, 143)
"""Exit codes of a step that the user (130) or the scheduler (143) stopped; such a step has not failed."""
TRACEBACK = "Traceback (most recent call last):"
SHELL = re.compile(r"\S*sh: .*: .+")
"""The message of a shell about a command that it could not start."""
CARETS = re.compile(r"[\s^~]*[\^~][\s^~]*")


def failed(session: Session, step: str, code: int, log: Path) -> int:
    """Write the absence of a step's result with the reason from its log; return the exit code to end with.

    A result that the step had finished stays: its process was killed afterwards.
    """
    if code in INTERRUPTED:
        return code
    if session.plan.step(step).current:
        return 0
    reason = reason_in(log, code)
    try:
        write_record(Absence(absent="failed", step=step, reason=reason), session.plan.step(step).head)
    except (StorageError, UsageError):  # the step has failed for the same reason, which the run prints once
        return code
    return 0


def reason_in(log: Path, code: int | None = None) -> str:
    """Return the line of a log that says why its step has failed.

    An empty line separates the results of a step from its faults, and a fault may be followed by its formula
    with carets. For a traceback, the reason is the line of the exception.
    """
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    said = exception_in(lines) or _fault(lines) or next(filter(SHELL.fullmatch, lines), None)
    if said:
        return said
    return "the process was killed" + (f" (exit code {code})" if code is not None else "")


def exception_in(lines: list[str]) -> str | None:
    """Return the line of the last exception in the lines of a log; None if there is no traceback."""
    starts = [i for i, line in enumerate(lines) if line.strip() == TRACEBACK]
    after = lines[starts[-1] + 1 :] if starts else []
    return next((line.strip() for line in after if line.strip() and not line[0].isspace()), None)


def _fault(lines: list[str]) -> str | None:
    """Return the first fault after the last empty line of a log."""
    if "" not in lines:
        return None
    after = lines[len(lines) - lines[::-1].index("") :]
    return next((line.strip() for line in after if line.strip() and not CARETS.fullmatch(line)), None)
