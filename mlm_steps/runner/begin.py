"""The first command of a run, and the data that its pool reads for the later steps."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.errors import MlmError
from mlm_steps.runner.lock import locked
from mlm_steps.steps.data import data
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.validate import check

__all__ = ["begin", "keep"]


def begin(spec: Path, out: Path | None, *, allow_outside: bool) -> None:
    """Check spec, data and designs and, with the sample that this takes, make the data step.

    MlmError with all faults; nothing is written then.
    """
    _, analysis = check(spec, allow_outside=allow_outside)
    session = Session(spec, out, allow_outside=allow_outside)
    with locked(session.layout.out):
        log = session.layout.log("data")
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()  # the run fills it in; the step's entry says that there is one
        data(session, analysis)


def keep(spec: Path, out: Path | None, *, allow_outside: bool) -> bool:
    """Read what the steps after the data read, once it is there; return whether it was."""
    try:
        session = Session(spec, out, allow_outside=allow_outside)
    except MlmError:
        return False  # the command that was asked for says so
    if session.plan.profile is None:
        return False
    session.sample()
    return True
