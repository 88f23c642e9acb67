"""The first command of a run, and the reading of data for the later steps of its pool."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.errors import MlmError
from mlm_steps.runner.lock import locked
from mlm_steps.steps.data import data
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.validate import check

__all__ = ["begin", "keep"]


def begin(spec: Path, out: Path | None, *, allow_outside: bool) -> None:
    """Check the spec, the data and the designs, and make the data step from the same sample.

    If there are faults, MlmError is raised with all of them and nothing is written.
    """
    _, analysis = check(spec, allow_outside=allow_outside)
    session = Session(spec, out, allow_outside=allow_outside)
    with locked(session.layout.out):
        log = session.layout.log("data")
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()  # the run writes its content; the step's entry records that a log exists
        data(session, analysis)


def keep(spec: Path, out: Path | None, *, allow_outside: bool) -> bool:
    """Read the input of the steps after the data step if it exists; return whether it does."""
    try:
        session = Session(spec, out, allow_outside=allow_outside)
    except MlmError:
        return False  # the requested command reports the faults
    if session.plan.profile is None:
        return False
    session.sample()
    return True
