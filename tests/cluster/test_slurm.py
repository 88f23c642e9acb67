"""Runs on a real SLURM: the bytes of one machine, also after jobs and runs that were stopped."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from tests.cluster.conftest import is_loopback
from tests.cluster.daemons import listening
from tests.workflow.conftest import SPEC, contents, mlm, small_data

BOOTSTRAP = (
    SPEC.split("prelude:")[0]
    + """\
effort: quick
seed: 5
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - {name: l1, formula: "y ~ x + (1 | g)"}
intervals: {variance: bootstrap}
bootstrap: {replicates: 1000}
"""
)
PATIENCE = 120
"""Seconds within which a job must have been submitted or started, on a machine with other work."""


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.csv").write_text(small_data())
    (tmp_path / "small.yaml").write_text(BOOTSTRAP)
    return tmp_path


@contextmanager
def started(*words, cwd, cluster):
    """Start an mlm command; end it with the context if it has not ended."""
    command = [sys.executable, "-P", "-m", "mlm_steps", *map(str, words)]
    process = subprocess.Popen(
        command, cwd=cwd, env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(*words, cwd, cluster):
    return mlm("run", *words, cwd=cwd, **cluster.environment)


def jobs(cluster, *, state, rule):
    """Return the numbers of the jobs of mlm in a state whose comment names a rule."""
    rows = (line.split("|") for line in cluster.said("squeue", "-h", "-o", "%A|%j|%T|%k").splitlines())
    return [row[0] for row in rows if row[1].startswith("mlm-") and row[2] == state and rule in row[3]]


def awaited(cluster, process, *, state, rule):
    """Return the first job of mlm that is seen in a state."""
    until = time.monotonic() + PATIENCE
    while not (found := jobs(cluster, state=state, rule=rule)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, cluster.said("squeue")
        time.sleep(0.2)
    return found[0]


def gone(cluster, process, job):
    """Wait until a waiting job is no longer in the queue."""
    until = time.monotonic() + PATIENCE
    while job in jobs(cluster, state="PENDING", rule="ladder"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, cluster.said("squeue")
        time.sleep(0.2)


@contextmanager
def busy(cluster):
    """Fill the node with a job that sleeps, so that jobs wait."""
    number = cluster.said("sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap", "sleep 600")
    try:
        yield
    finally:
        cluster.said("scancel", number.strip())


def test_a_killed_job_is_named_and_the_next_run_ends_with_the_bytes_of_one_machine(cluster, profile, small):
    words = ("small.yaml", "--out", "there", "--profile", profile)
    before = listening()
    with started("run", *words, cwd=small, cluster=cluster) as first:
        awaited(cluster, first, state="RUNNING", rule="ladder")
        assert all(map(is_loopback, listening() - before))
        killed = awaited(cluster, first, state="RUNNING", rule="resample")
        cluster.said("scancel", "--signal=KILL", "--full", killed)
        _, said = first.communicate(timeout=300)
    assert first.returncode == 3, said
    assert f"the cluster's job {killed} " in said
    assert "the next run goes on from there" in said
    assert "Traceback" not in said

    again = run(*words, cwd=small, cluster=cluster)
    assert again.returncode == 0, again.stderr
    assert "fit/null" not in again.stderr
    here = run("small.yaml", "--out", "here", cwd=small, cluster=cluster)
    assert here.returncode == 0, here.stderr
    assert contents(small / "there") == contents(small / "here")
    assert "nothing to do" in run(*words, cwd=small, cluster=cluster).stderr


def test_an_interrupt_cancels_the_queue_and_a_killed_run_leaves_it_to_the_next(cluster, profile, example):
    words = ("pipeline.yaml", "--out", "there", "--profile", profile)
    with ExitStack() as stack:
        with busy(cluster):
            with started("run", *words, cwd=example, cluster=cluster) as interrupted:
                awaited(cluster, interrupted, state="PENDING", rule="ladder")
                second = run(*words, cwd=example, cluster=cluster)
                assert second.returncode == 2
                assert "there: another run is using this output folder" in second.stderr
                interrupted.send_signal(signal.SIGINT)
                _, said = interrupted.communicate(timeout=120)
            assert interrupted.returncode == 130, said
            assert "interrupted; what was finished is kept" in said
            assert not jobs(cluster, state="PENDING", rule="ladder")
            with started("run", *words, cwd=example, cluster=cluster) as killed:
                left = awaited(cluster, killed, state="PENDING", rule="ladder")
                killed.send_signal(signal.SIGKILL)
                killed.wait()
            assert jobs(cluster, state="PENDING", rule="ladder") == [left]
            following = stack.enter_context(started("run", *words, cwd=example, cluster=cluster))
            gone(cluster, following, left)
        _, said = following.communicate(timeout=300)
    assert following.returncode == 0, said
    assert "cancelled 1 job that a run that was stopped had left in the queue" in said
    assert run("pipeline.yaml", "--out", "here", cwd=example, cluster=cluster).returncode == 0
    assert contents(example / "there") == contents(example / "here")


@pytest.mark.parametrize(
    ("added", "code", "said"),
    [
        ("default-resources: {slurm_partition: mian}", 2, "has no partition 'mian' (did you mean 'main'?)"),
        ("default-resources: {constraint: gpu}", 2, "SLURM refuses the jobs: Invalid feature"),
        (
            "set-resources: {fit: {mem_mb: 900000}}",
            3,
            "fit/null, fit/l1, compare/null--l1: the cluster refused",
        ),
        ("set-resources: {fit: {mem_mb: 20}, compare: {mem_mb: 20}}", 3, "of memory that it asked for (see "),
    ],
)
def test_a_job_that_the_cluster_refuses_or_stops_has_one_message(cluster, profile, small, added, code, said):
    (small / "own").mkdir()
    (small / "own" / "config.yaml").write_text((profile / "config.yaml").read_text() + added + "\n")
    done = run("small.yaml", "--out", "there", "--profile", "own", cwd=small, cluster=cluster)
    assert done.returncode == code, done.stderr
    assert done.stderr.count(said) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert (small / "there").exists() == (code == 3)
    assert not cluster.queue()


def test_a_cluster_that_does_not_answer_is_reported_before_anything_is_written(
    cluster, profile, small, tmp_path
):
    down = tmp_path / "slurm.conf"
    lines = cluster.configuration.read_text().splitlines()
    down.write_text(
        "\n".join("SlurmctldPort=1" if "SlurmctldPort" in line else line for line in lines) + "\n"
    )
    done = mlm(
        "run", "small.yaml", "--profile", profile, cwd=small, **{**os.environ, "SLURM_CONF": str(down)}
    )
    assert done.returncode == 2
    assert "SLURM does not answer: Unable to contact slurm controller" in done.stderr
    assert not (small / "results").exists()
