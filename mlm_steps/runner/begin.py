"""The first command of a run, and the reading of data for the later steps of its pool."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from mlm_steps.errors import MlmError
from mlm_steps.runner.lock import locked
from mlm_steps.steps import STEPS
from mlm_steps.steps.data import data
from mlm_steps.steps.parts.at_record import keep_estimates
from mlm_steps.steps.run.kept import State, state_of
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.validate import check
from mlm_steps.steps.verbs import load_step

__all__ = ["Keeper", "begin"]

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


class Keeper:
    """Reads and computes what the steps after the data step share, each part as soon as it exists.

    It is the sample, the serializers of the keys, and the estimates of the rungs. The pool calls the object
    after each command until it returns True.

    Parameters
    ----------
    spec : Path
    out : Path or None
        The output folder; None for the one that the spec's name gives.
    allow_outside : bool
        Whether the spec may read data from any folder.
    steps : collection of str
        The steps that will be made; only rungs whose fits one of them reads are evaluated.
    """

    def __init__(
        self, spec: Path, out: Path | None, *, allow_outside: bool, steps: Collection[str] = tuple(STEPS)
    ) -> None:
        self._open = partial(Session, spec, out, allow_outside=allow_outside)
        self._steps = steps
        self._waiting: dict[str, Path] | None = None
        self._seen: dict[str, State | None] = {}

    def __call__(self) -> bool:
        """Keep what exists by now; return whether nothing is left to keep."""
        if self._waiting is None:
            self._waiting = self._begin()
            return self._waiting is not None and self._keep_estimates(self._waiting)
        return self._keep_estimates(self._waiting)

    def _begin(self) -> dict[str, Path] | None:
        """Read the sample; return the files of the fits, or None while the sample does not exist."""
        try:
            session = self._open()
        except MlmError:
            return None  # the requested command reports the faults
        if session.plan.profile is None:
            return None
        for name in RARE:
            if any(STEPS[name].scope.jobs(session.plan.inputs)):
                load_step(name)
        session.plan.keep_keys()
        if session.spec.planned_alone:
            return {}
        session.sample()
        inputs = session.plan.inputs
        made = (STEPS[step] for step in self._steps)
        read = {model for each in made for of in each.scope.jobs(inputs) for model in each.models(inputs, of)}
        return {model: session.layout.output(f"fit/{model}") for model in inputs.rungs if model in read}

    def _keep_estimates(self, waiting: dict[str, Path]) -> bool:
        """Keep the estimates of the rungs whose files have been written since the last call, if current."""
        now = {model: state_of(path) if path.exists() else None for model, path in waiting.items()}
        written = [
            model for model, state in now.items() if state is not None and state != self._seen.get(model)
        ]
        self._seen = now
        if written:
            with suppress(MlmError):  # the steps that need the estimates report the fault
                session = self._open()
                for model in written:
                    if session.plan.step(f"fit/{model}").current:
                        keep_estimates(session, model)
                        del waiting[model]
        return not waiting
