"""Why a cluster has not done a job, in words with the job's number, its log and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["JobFailure"]

STATUS = re.compile(r"SLURM status is: '(\w+)'")
LIMITS = {
    "OUT_OF_MEMORY": re.compile("exceeded (job )?memory limit|oom[-_ ]kill|out of memory", re.IGNORECASE),
    "TIMEOUT": re.compile("due to time limit", re.IGNORECASE),
}
"""What SLURM writes into the log of a job that it stops, for clusters on which the state does not tell it."""
TAIL = 4000
"""Bytes at the end of a log in which SLURM's messages are."""
REFUSED = re.compile(r"The error message was '(.*?)'\.?\s*\n", re.DOTALL)
"""SLURM's answer in the executor's message on a job that it could not submit."""
AGAIN = "what is finished is kept, the next run goes on from there"
"""The end of every message, since no job that fails costs more than itself."""


@dataclass(frozen=True, slots=True)
class JobFailure:
    """A job that the cluster refused, stopped or could not finish.

    Attributes
    ----------
    job : str or None
        The cluster's number of the job; None if it was not accepted.
    state : str
        SLURM's word for how it ended, such as ``OUT_OF_MEMORY``; empty if the executor has not said it.
    said : str
        SLURM's answer to a job that it refused.
    log : str
        The file with what the job has printed.
    memory, minutes : int or None
        The memory in megabytes and the time that the job was allowed.
    """

    job: str | None
    state: str = ""
    said: str = ""
    log: str = ""
    memory: int | None = None
    minutes: int | None = None

    @classmethod
    def read(
        cls,
        message: str,
        job: str | None,
        logs: Sequence[str | None],
        *,
        mem_mb: int | None = None,
        runtime: int | None = None,
    ) -> JobFailure:
        """Return the failure that a message of the executor describes."""
        found, refused = STATUS.search(message), REFUSED.search(message)
        said = " ".join((refused[1] if refused else "").replace("sbatch: error: ", "").split())
        log = next((each for each in logs if each), "")
        state = found[1] if found else ""
        return cls(
            job, _state_in(log) or state if state in ("", "FAILED") else state, said, log, mem_mb, runtime
        )

    @property
    def reason(self) -> str:
        """What happened and what to do, without the names of the steps."""
        if self.job is None:
            what = f": {self.said.removeprefix('Batch job submission failed: ')}" if self.said else ""
            hint = "see default-resources and set-resources of the profile"
            return f"the cluster refused the job{what} ({hint}; {AGAIN})"
        what, hint = self._ending()
        where = f"see {self.log}; " if self.log else ""
        return f"{what} ({where}{hint}; {AGAIN})"

    def _ending(self) -> tuple[str, str]:
        number = f"the cluster's job {self.job}"
        if self.state == "OUT_OF_MEMORY":
            limit = f" the {self.memory} MB of" if self.memory else " its"
            return f"{number} needed more than{limit} memory that it asked for", "raise mem_mb in the profile"
        if self.state in ("TIMEOUT", "DEADLINE"):
            limit = f" of {self.minutes} minutes" if self.minutes else ""
            return f"{number} reached its time limit{limit}", "raise runtime in the profile"
        if self.state in ("NODE_FAIL", "BOOT_FAIL"):
            return f"the node of {number} failed", "run again"
        if self.state in ("CANCELLED", "PREEMPTED", "REVOKED"):
            return f"{number} was cancelled by a user or by the cluster", "run again"
        state = f" with the state {self.state}" if self.state not in ("", "FAILED") else ""
        return f"{number} failed{state}", "the end of its log says why"


def _state_in(log: str) -> str:
    """Return the state that the end of a log tells; empty if it tells none or cannot be read."""
    try:
        end = Path(log).read_bytes()[-TAIL:].decode(errors="replace")
    except OSError:
        return ""
    return next((state for state, words in LIMITS.items() if words.search(end)), "")
