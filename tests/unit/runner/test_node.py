"""The environment of the processes of a cluster's job."""

import os

import pytest

from mlm_steps.runner import node
from mlm_steps.runner.watch import VARIABLE, this_process


class Pool:
    """A pool that starts nothing."""

    address = "here"

    def __init__(self, analysis):
        self.analysis = analysis

    def close(self):
        pass


@pytest.fixture
def submitted(monkeypatch):
    """The environment that a run hands to its jobs."""
    monkeypatch.setenv("MLM_POOL", "there")
    monkeypatch.setenv(VARIABLE, "login:1")
    monkeypatch.delenv("MLM_JOB", raising=False)
    monkeypatch.setattr(node, "WarmPool", Pool)
    monkeypatch.setattr(node.atexit, "register", id)
    yield
    os.environ.pop("MLM_JOB", None)


def test_a_job_with_one_step_has_no_pool_and_ends_its_step_with_itself(submitted):
    node.enter_job(["spec.yaml"], ["snakemake", "--target-jobs", "fit:model=a", "--cores", "1"])
    assert "MLM_POOL" not in os.environ
    assert os.environ[VARIABLE] == this_process()


def test_a_job_with_several_steps_has_a_pool_that_their_processes_keep(submitted):
    node.enter_job(
        ["spec.yaml"], ["snakemake", "--target-jobs", "fit:model=a", "fit:model=b", "--cores", "1"]
    )
    assert os.environ["MLM_POOL"] == "here"
    node.enter_job(["spec.yaml"], ["snakemake", "--target-jobs", "fit:model=b"])
    assert os.environ["MLM_POOL"] == "here"
