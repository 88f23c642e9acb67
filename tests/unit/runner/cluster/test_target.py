"""The jobs of a results folder, and the lock of the ledger for steps on several machines."""

import fcntl
import io
import threading

import pytest

from mlm_steps.runner.cluster import target
from mlm_steps.runner.cluster.target import Target
from mlm_steps.runner.display import Display
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.ledger import Ledger, describe_run


@pytest.fixture
def queue(monkeypatch):
    """A queue of SLURM as a list of the numbers of jobs."""
    held = []
    monkeypatch.setattr(target, "jobs_of", lambda _: list(held))
    monkeypatch.setattr(target, "cancel", lambda _: not held.clear())
    return held


def test_jobs_of_a_killed_run_are_cancelled_first_and_those_of_this_run_last(queue, tmp_path):
    said = io.StringIO()
    queue.append("7")
    with Target("slurm", "slurm", tmp_path).queued(Display(said, live=False)):
        assert said.getvalue() == "cancelled 1 job that a run that was stopped had left in the queue\n"
        queue.extend(["8", "9"])
    assert said.getvalue().splitlines()[-1] == "cancelled 2 jobs"
    assert not queue


def test_a_profile_for_this_machine_has_no_queue_and_no_lock(queue, tmp_path):
    queue.append("7")
    with Target("own", "local", tmp_path).queued(Display(io.StringIO(), live=False)):
        assert not Layout(tmp_path).shared_lock.exists()
    assert queue == ["7"]


def test_steps_of_other_machines_wait_for_the_lock_of_the_ledger(tmp_path):
    layout = Layout(tmp_path)
    with Target("pods", "kubernetes", tmp_path).queued(Display(io.StringIO(), live=False)):
        with layout.shared_lock.open("r+") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            step = threading.Thread(target=describe_run, args=(layout, {"by": "step"}))
            step.start()
            step.join(0.3)
            assert step.is_alive()
            assert not layout.provenance.exists()
        step.join(10)
    assert layout.provenance.exists()
    assert Ledger.read(layout).steps == {}
    assert not layout.shared_lock.exists()
