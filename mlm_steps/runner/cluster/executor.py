"""Snakemake's executor for SLURM, with three changes for a run of mlm.

The executor starts another Snakemake for every step of a job, which takes longer than most steps; here the
first Snakemake of a job runs its steps itself. It drops SLURM's message on a job of several steps; here the
message is passed on. It waits up to three minutes between two looks at the queue; here the profile's
``seconds-between-status-checks`` is the longest wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mlm_steps.runner.cluster.failure import JobFailure

__all__ = ["adapt"]

Told = Callable[[Sequence[str], JobFailure], None]


def adapt(tell: Told) -> None:
    """Let Snakemake use the changed executor; ``tell`` gets the files and the reason of a failed job."""
    from snakemake_executor_plugin_slurm import Executor as SlurmExecutor
    from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

    class Executor(SlurmExecutor):  # type: ignore[misc]  # the plugin has no types
        def additional_general_args(self) -> str:
            return ""

        def print_job_error(self, job_info: Any, msg: str | None = None, **facts: Any) -> None:
            job = job_info.job
            steps = job.jobs if job.is_group() else [job]
            files = [str(path) for step in steps for path in step.output]
            given = {name: job.resources.get(name) for name in ("mem_mb", "runtime")}
            logs = facts.get("aux_logs") or []
            tell(files, JobFailure.read(msg or "", job_info.external_jobid, logs, **given))
            super().print_job_error(job_info, msg=msg, **facts)

        @property
        def next_seconds_between_status_checks(self) -> float:
            return float(min(super().next_seconds_between_status_checks, self._longest))

        @next_seconds_between_status_checks.setter
        def next_seconds_between_status_checks(self, seconds: float) -> None:
            self._next_seconds_between_status_checks = seconds

        @property
        def _longest(self) -> float:
            return float(self.workflow.remote_execution_settings.seconds_between_status_checks)

    ExecutorPluginRegistry().get_plugin("slurm").executor = Executor
