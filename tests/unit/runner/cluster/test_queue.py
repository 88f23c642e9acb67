"""What SLURM's commands say, with commands in place of SLURM's."""

import stat

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.runner.cluster.queue import cancel, check_slurm, jobs_of


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Return a function that writes a command of SLURM as a shell script."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def command(name, script):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return command


def fault_of(resources):
    with pytest.raises(UsageError) as caught:
        check_slurm("lab", resources)
    return str(caught.value)


def test_a_machine_without_sbatch_is_no_login_node(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "this machine has no sbatch" in fault_of({})


def test_the_resources_of_the_profile_are_tried_without_a_job(slurm, tmp_path):
    slurm("sbatch", f'echo "$@" > {tmp_path}/asked')
    check_slurm("lab", {"slurm_partition": "main", "slurm_account": "lab42", "mem_mb": 10})
    assert (tmp_path / "asked").read_text().split() == [
        "--test-only",
        "-p",
        "main",
        "-A",
        "lab42",
        "--wrap",
        "true",
    ]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (
            "allocation failure: Invalid partition name specified",
            "has no partition 'mian' (did you mean 'main'?)",
        ),
        (
            "sbatch: error: Unable to contact slurm controller (connect failure)",
            "SLURM does not answer: Unable",
        ),
        ("fetch_config: Could not establish a configuration source", "SLURM does not answer"),
        ("allocation failure: Invalid account", "SLURM refuses the jobs: Invalid account"),
    ],
)
def test_what_sbatch_refuses_is_one_message_with_the_profile(slurm, said, fault):
    slurm("sbatch", f'echo "{said}" >&2; exit 1')
    slurm("sinfo", "echo main; echo long")
    assert fault_of({"slurm_partition": "mian"}).startswith("--profile lab: ")
    assert fault in fault_of({"slurm_partition": "mian"})


def test_the_jobs_of_a_folder_are_those_whose_names_begin_with_its_prefix(slurm):
    slurm("squeue", "echo '12|mlm-ab_1'; echo '7|mlm-ab_2'; echo '8|mlm-cd_1'; echo '9|other'")
    assert jobs_of("mlm-ab") == ["12", "7"]


def test_a_queue_that_does_not_answer_has_no_jobs(slurm):
    slurm("squeue", "echo '12|mlm-ab_1'; exit 1")
    assert jobs_of("mlm-ab") == []


def test_cancelling_nothing_needs_no_command(slurm, tmp_path):
    slurm("scancel", f'echo "$@" > {tmp_path}/asked; exit 1')
    assert cancel([])
    assert not cancel(["7", "12"])
    assert (tmp_path / "asked").read_text() == "7 12\n"
