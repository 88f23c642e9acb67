"""Why a cluster has not done a job."""

import pytest

from mlm_steps.runner.cluster.failure import JobFailure

ENDED = "SLURM-job '106' failed, SLURM status is: '{}'. Detailed failure reason unavailable."
REFUSED = (
    "SLURM sbatch failed. "
    "The error message was 'sbatch: error: Batch job submission failed: Invalid account'.\n"
    "    sbatch call:\n        sbatch ...\n"
)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("OUT_OF_MEMORY", "the cluster's job 106 needed more than the 120 MB of memory that it asked for"),
        ("TIMEOUT", "the cluster's job 106 reached its time limit of 5 minutes"),
        ("NODE_FAIL", "the node of the cluster's job 106 failed"),
        ("CANCELLED", "the cluster's job 106 was cancelled by a user or by the cluster"),
        ("FAILED", "the cluster's job 106 failed (see job.log; the end of its log says why"),
        ("DEADLINE", "reached its time limit"),
        ("SPECIAL", "the cluster's job 106 failed with the state SPECIAL"),
    ],
)
def test_the_reason_has_the_job_the_limit_and_what_to_do(state, words):
    failure = JobFailure.read(ENDED.format(state), "106", ["job.log"], mem_mb=120, runtime=5)
    assert failure.reason.startswith(words) or words in failure.reason
    assert failure.reason.endswith("what is finished is kept, the next run goes on from there)")
    assert "see job.log" in failure.reason


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("slurmstepd: error: Exceeded job memory limit", "OUT_OF_MEMORY"),
        ("error: Detected 1 oom_kill event in StepId=3.batch", "OUT_OF_MEMORY"),
        ("error: *** JOB 3 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***", "TIMEOUT"),
        ("Traceback (most recent call last):", "FAILED"),
    ],
)
def test_the_end_of_the_log_tells_the_limit_if_the_state_does_not(tmp_path, line, state):
    log = tmp_path / "3.log"
    log.write_text(f"SNAKEMAKE\n{line}\n")
    assert JobFailure.read(ENDED.format("FAILED"), "3", [str(log)]).state == state


def test_a_job_that_was_not_accepted_has_the_answer_of_sbatch():
    reason = JobFailure.read(REFUSED, None, []).reason
    assert reason.startswith("the cluster refused the job: Invalid account (see default-resources")


def test_a_job_of_another_executor_has_no_state():
    assert JobFailure.read("", "pod-7", [None]).reason.startswith(
        "the cluster's job pod-7 failed (the end of"
    )
