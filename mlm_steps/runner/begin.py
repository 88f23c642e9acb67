"""The first command of a run, and the reading of data for the later steps of its pool."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlm_steps.errors import MlmError
from mlm_steps.runner.lock import locked
from mlm_steps.steps import STEPS
from mlm_steps.steps.data import data
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.validate import check
from mlm_steps.steps.verbs import load_step

__all__ = ["begin", "keep"]

RARE = tuple(name for name, declared in STEPS.items() if declared.rare)
"""Steps whose modules the pool loads only for a spec that asks for them."""


def begin(spec: Path, out: Path | None, *, allow_outside: bool) -> None:
    """Check the spec, the data and the designs, and make the data step from the same sample.

    If there are faults, MlmError is raised with all of them and nothing is written.
    """
    _, analysis = check(spec, allow_outside=allow_outside)
    session = Session(spec, out, allow_outside=allow_outside)
    with locked(session.layout.out), _said_in(session.layout.log(session.plan.first)):
        if analysis is None:
            load_step(session.plan.first)(session)
        else:
            data(session, analysis)


@contextmanager
def _said_in(log: Path) -> Iterator[None]:
    """Write standard error into the log of a step, as the workflow does."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    sys.stderr.flush()
    before = os.dup(2)
    with log.open("wb") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)


def keep(spec: Path, out: Path | None, *, allow_outside: bool) -> bool:
    """Read the input of the steps after the data step if it exists; return whether it does."""
    try:
        session = Session(spec, out, allow_outside=allow_outside)
    except MlmError:
        return False  # the requested command reports the faults
    if session.plan.profile is None:
        return False
    if not session.spec.planned_alone:
        session.sample()
    for name in RARE:
        if any(STEPS[name].scope.jobs(session.plan.inputs)):
            load_step(name)
    # The keys need serializers that pydantic builds at their first use; otherwise each step builds its own.
    return bool(session.plan.keys)
