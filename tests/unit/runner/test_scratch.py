"""The temporary files of killed runs are removed, and nobody else's."""

import os
import subprocess
import sys

import pytest

from mlm_steps.runner.scratch import LOCKED, Scratch

MAKE = """
import os, signal
from mlm_steps.runner.scratch import Scratch
scratch = Scratch()
print(scratch.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def killed(place):
    """Return the folder of a process that made it and was killed."""
    done = subprocess.run(
        [sys.executable, "-c", MAKE], env={**os.environ, "TMPDIR": str(place)}, capture_output=True, text=True
    )
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


def test_a_run_removes_what_killed_runs_have_left(place):
    left = killed(place)
    assert os.path.isfile(f"{left}/{LOCKED}")  # noqa: PTH113 - text of another process
    scratch = Scratch()
    assert list(place.iterdir()) == [scratch.path]
    scratch.close()
    assert list(place.iterdir()) == []


def test_a_run_leaves_folders_in_use_and_folders_of_others(place):
    first = Scratch()
    (place / "mlm-analysis").mkdir()
    (place / "mlm-analysis" / "data.csv").touch()
    second = Scratch()
    assert {path.name for path in place.iterdir()} == {first.path.name, second.path.name, "mlm-analysis"}
    for scratch in (first, second):
        scratch.close()
