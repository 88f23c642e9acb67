"""SLURM's commands: whether it accepts jobs, which jobs of a results folder it has, how to cancel them."""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlm_steps.errors import Fault, UsageError, did_you_mean

__all__ = ["cancel", "check_slurm", "job_prefix", "jobs_of"]

PATIENCE = 60
"""Seconds after which a command of SLURM counts as unanswered; a busy controller answers within ten."""
ASKED = {"slurm_partition": "-p", "slurm_account": "-A", "qos": "--qos", "constraint": "-C"}
"""Resources of a profile that SLURM may refuse, with the options of sbatch."""

UNREACHABLE = ("unable to contact", "configuration source", "configuration file", "no answer", "timed out")
"""Words in SLURM's messages on a controller that does not answer or is not known on this machine."""


def check_slurm(profile: str, resources: Mapping[str, object]) -> None:
    """Raise UsageError if SLURM cannot be reached or refuses a job of the profile; nothing is submitted.

    ``resources`` are the profile's default resources.
    """
    where = f"--profile {profile}"
    if shutil.which("sbatch") is None:
        what = "this machine has no sbatch, so nothing can be submitted to SLURM"
        hint = "run it on a login node of the cluster; without --profile, this machine does the work"
        raise UsageError(Fault(where, what, hint))
    options = [
        word for name, flag in ASKED.items() if name in resources for word in (flag, str(resources[name]))
    ]
    code, said = _ask("sbatch", "--test-only", *options, "--wrap", "true")
    if code:
        raise UsageError(Fault(where, *_refusal(said, resources)))


def _refusal(said: str, resources: Mapping[str, object]) -> tuple[str, str]:
    """Return why SLURM refuses a job, and what to do about it."""
    reason = " ".join(said.replace("sbatch: error: ", "").replace("allocation failure: ", "").split())
    if "invalid partition" in said.lower() and "slurm_partition" in resources:
        name = str(resources["slurm_partition"])
        known = _ask("sinfo", "-h", "-o", "%R")[1].split()
        hint = did_you_mean(name, known) or f"slurm_partition of the profile is one of {', '.join(known)}"
        return f"the cluster has no partition '{name}'", hint
    if any(word in said.lower() for word in UNREACHABLE):
        hint = "sinfo shows whether the cluster is up; nothing was changed, the same command goes on later"
        return f"SLURM does not answer: {reason}", hint
    return f"SLURM refuses the jobs: {reason}", "see default-resources of the profile"


def job_prefix(out: Path) -> str:
    """Return the beginning of the names of a results folder's jobs.

    Examples
    --------
    >>> job_prefix(Path("/data/results/hsb"))
    'mlm-c674253f0be5'
    """
    return f"mlm-{hashlib.sha256(os.fsencode(out.resolve())).hexdigest()[:12]}"


def jobs_of(prefix: str) -> list[str]:
    """Return the numbers of the user's jobs that wait or run and whose names have a prefix.

    The list is empty if SLURM does not answer.
    """
    code, said = _ask("squeue", "-h", "-u", getpass.getuser(), "-o", "%A|%j")
    rows = (line.split("|", 1) for line in said.splitlines() if "|" in line)
    return [] if code else sorted({number for number, name in rows if name.startswith(prefix)})


def cancel(jobs: Sequence[str]) -> bool:
    """Cancel jobs and return whether SLURM has accepted it."""
    return not jobs or _ask("scancel", *jobs)[0] == 0


def _ask(*words: str) -> tuple[int, str]:
    """Return the exit code of a command and what it says; a command that does not answer has code 1."""
    try:
        done = subprocess.run(  # noqa: S603 - a command of SLURM with arguments of the profile, without a shell
            words, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False
        )
    except OSError as error:
        return 1, str(error)
    except subprocess.TimeoutExpired:
        return 1, f"no answer to {words[0]} within {PATIENCE} seconds"
    return done.returncode, done.stderr if done.returncode else done.stdout
