"""What executes the jobs of a run: this machine, or a cluster that a profile names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from mlm_steps.errors import Fault, UsageError
from mlm_steps.runner.cluster.profiles import find_profile, read_command_line
from mlm_steps.runner.cluster.queue import cancel, check_slurm, job_prefix, jobs_of
from mlm_steps.runner.display import Display
from mlm_steps.steps.run.layout import Layout

__all__ = ["Target", "open_target"]

LOCAL = (None, "local")
"""Names of the executor that runs all jobs on this machine."""
SLURM = "slurm"
PATIENCE = 60.0
"""Seconds until a cancelled job must have ended; by default, SLURM kills its processes after 30."""


@dataclass(frozen=True, slots=True)
class Target:
    """A profile and the executor that it names.

    Attributes
    ----------
    profile : str
        The profile, as Snakemake finds it.
    executor : str or None
        The name of its executor.
    out : Path
        The results folder.
    """

    profile: str
    executor: str | None
    out: Path

    @property
    def prefix(self) -> str:
        """The beginning of the names of the jobs of the results folder."""
        return job_prefix(self.out)

    @property
    def remote(self) -> bool:
        """Whether the jobs run elsewhere."""
        return self.executor not in LOCAL

    @property
    def slurm(self) -> bool:
        """Whether SLURM runs the jobs."""
        return self.executor == SLURM

    @contextmanager
    def queued(self, display: Display) -> Iterator[None]:
        """Cancel jobs that a killed run has left in the queue; at the end, cancel those of this run.

        Meanwhile, the steps on all machines lock the ledger. The lock of the results folder must be held, so
        that no other run waits for these jobs.
        """
        with self._shared_ledger() if self.remote else nullcontext():
            if self.slurm:
                self._cancel_old(display)
            try:
                yield
            finally:
                if self.slurm:
                    self._cancel_own(display)

    @contextmanager
    def _shared_ledger(self) -> Iterator[None]:
        lock = Layout(self.out).shared_lock
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)

    def _cancel_old(self, display: Display) -> None:
        left = jobs_of(self.prefix)
        if left:
            self._clear(left)
            display.say(f"cancelled {_jobs(left)} that a run that was stopped had left in the queue")

    def _cancel_own(self, display: Display) -> None:
        left = jobs_of(self.prefix)
        if left and cancel(left):
            display.say(f"cancelled {_jobs(left)}")
        elif left:
            display.say(f"{_jobs(left)} cannot be cancelled; end them: scancel {' '.join(left)}")

    def _clear(self, left: list[str]) -> None:
        """Cancel jobs and wait until they have ended; raise UsageError if they do not."""
        cancel(left)
        until = time.monotonic() + PATIENCE
        while jobs_of(self.prefix):
            if time.monotonic() > until:
                what = f"{_jobs(left)} of an earlier run of this results folder cannot be cancelled"
                raise UsageError(
                    Fault(f"--profile {self.profile}", what, f"end them: scancel {' '.join(left)}")
                )
            time.sleep(1.0)


def _jobs(numbers: list[str]) -> str:
    return f"{len(numbers)} job{'' if len(numbers) == 1 else 's'}"


def open_target(profile: str, out: Path) -> Target:
    """Return the target of a profile for the runs of a results folder.

    Raises UsageError if the profile does not exist or cannot be read, if its executor is not installed, or if
    SLURM does not answer or refuses jobs.
    """
    found = find_profile(profile)
    _, arguments = read_command_line(["--profile", found], profile)
    target = Target(found, arguments.executor, out)
    if target.slurm:
        given = arguments.default_resources or {}
        check_slurm(profile, {name: each.raw for name, each in given.items()})
    return target
