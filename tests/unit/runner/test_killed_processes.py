"""A run of several specs, one of whose processes is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace

from mlm_steps.runner.request import RunRequest
from mlm_steps.runner.several.drive import Waiting, _code, _Fork
from mlm_steps.runner.verdict import _follows


def test_a_killed_spec_says_so(tmp_path):
    waiting = Waiting(RunRequest(Path("a.yaml")), None, tmp_path / "said")
    number = os.fork()
    if not number:
        os.kill(os.getpid(), signal.SIGKILL)
    assert _code(_Fork(waiting, number)) == 3
    assert waiting.said.read_text() == "its process was killed (signal 9); the next run goes on from there\n"


def test_only_the_step_that_was_killed_is_named_as_failed():
    steps = {name: SimpleNamespace(name=name, key="k", current=False) for name in ("fit/a", "variance/a")}
    entry = SimpleNamespace(key="k", without=("fit/a",))
    ledger = SimpleNamespace(steps={"variance/a": entry})
    session = SimpleNamespace(plan=SimpleNamespace(step=steps.get, ledger=ledger))
    assert not _follows(session, steps["fit/a"])
    assert _follows(session, steps["variance/a"])
    steps["fit/a"].current = True  # it was made in this run; the other has failed by itself
    assert not _follows(session, steps["variance/a"])
