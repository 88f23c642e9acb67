"""The processes of a cluster's job: their environment, and a warm pool for the steps of one job.

A job of a cluster runs Snakemake with the names of its steps. Some executors, that of SLURM among them, run
Snakemake once more for each of these steps.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Sequence
from itertools import takewhile

from mlm_steps.runner.warm import WarmPool
from mlm_steps.runner.watch import VARIABLE, this_process

__all__ = ["enter_job", "steps_of"]

JOB = "MLM_JOB"
"""Environment variable that tells the processes of a job that its first process has prepared it."""
POOL = "MLM_POOL"
TARGETS = "--target-jobs"
"""The option of Snakemake before the names of a job's steps."""


def enter_job(analysis: Sequence[str], words: Sequence[str] | None = None) -> None:
    """Replace what a job has inherited from the environment of the run that submitted it.

    The pool and the process of that run are on another machine, or outside the limits of the job. The steps
    end with the job. If there are several, they share a pool of their own, which ends with this process.

    Parameters
    ----------
    analysis : sequence of str
        The spec and the output folder as arguments of a step's command.
    words : sequence of str, optional
        The command line of Snakemake, by default that of this process.
    """
    if JOB in os.environ:
        return
    os.environ.pop(POOL, None)
    os.environ |= {JOB: "1", VARIABLE: this_process()}
    if len(steps_of(sys.argv if words is None else words)) > 1:
        pool = WarmPool(analysis)
        atexit.register(pool.close)
        os.environ[POOL] = pool.address


def steps_of(words: Sequence[str]) -> list[str]:
    """Return the steps on a command line of Snakemake, as Snakemake names them.

    Examples
    --------
    >>> steps_of(["snakemake", "--target-jobs", "fit:model=null", "fit:model=slope", "--cores", "1"])
    ['fit:model=null', 'fit:model=slope']
    """
    after = words[words.index(TARGETS) + 1 :] if TARGETS in words else []
    return list(takewhile(lambda word: not word.startswith("--"), after))
