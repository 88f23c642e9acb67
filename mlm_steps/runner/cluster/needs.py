"""The memory and the time that a job of a cluster asks for, from the size of the data.

A cluster stops a job that exceeds what it has asked for, and lets one that asks for much wait longer. So both
are several times what was measured, and a profile can set others. A run on one machine uses neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mlm_steps.records import DataProfile

__all__ = ["Amount", "Needs", "growing"]

LEAST_MEMORY = 700
"""Megabytes of every job: Snakemake has 150, a process with the libraries 260, and a step of few rows 170."""
LEAST_TIME = 5
"""Minutes of every job. The libraries are loaded in seconds, but from a busy shared folder in minutes."""
COPIES = 20
"""Megabytes of a step for each megabyte of the sample; 400 000 rows took up to ten."""
MORE_COPIES = {"assumptions": 60}
"""The same for steps that need more; the checks of the assumptions took forty."""
PACE = 1.0
"""Minutes of a step for each million values of the sample; most steps took a tenth."""
SLOWER = {
    "assumptions": 5.0,
    "influence": 5.0,
    "simulate": 10.0,
    "resample": 10.0,
    "power_studies": 10.0,
    "variants": 10.0,
}
"""The same for steps that take longer; those of replicates fit up to 500 data sets."""
GENERALIZED = 10.0
"""How many times as long a generalized model takes, whose fit has a loop within each evaluation."""
MILLION = 1e6
BYTES = 8
"""Bytes of a number."""

LONG = 15.0
"""Minutes of work of all jobs of a step from which each has a job of its own on the cluster."""

Amount = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Needs:
    """What the jobs of a run need.

    Attributes
    ----------
    values : int
        Number of values in the sample: rows times columns.
    crossed : int
        Number of levels of the second largest factor that is not nested in another; 0 without one.
    generalized : bool
        Whether a rung is no linear model.
    """

    values: int = 0
    crossed: int = 0
    generalized: bool = False

    @classmethod
    def of(cls, profile: DataProfile | None, *, generalized: bool) -> Needs:
        """Return the needs of the jobs on a sample; those of a small one while its profile is unknown."""
        if profile is None:
            return cls(generalized=generalized)
        nested = {each.inner for each in profile.nesting if each.relation in ("nested", "equal")}
        levels = sorted(factor.n_levels for factor in profile.factors if factor.name not in nested)
        return cls(profile.rows * len(profile.columns), levels[-2] if len(levels) > 1 else 0, generalized)

    def megabytes(self, step: str) -> int:
        """Return the memory of one job of a step.

        Crossed factors need a square matrix with a row for each level of the smaller one, three times.

        Examples
        --------
        >>> Needs(values=2_000_000).megabytes("fit"), Needs(crossed=10_000).megabytes("fit")
        (1020, 3100)
        """
        sample = MORE_COPIES.get(step, COPIES) * self.values * BYTES / MILLION
        return LEAST_MEMORY + math.ceil(sample + 3 * BYTES * self.crossed**2 / MILLION)

    def minutes(self, step: str) -> int:
        """Return the time of one job of a step.

        Examples
        --------
        >>> Needs(values=2_000_000).minutes("fit"), Needs(values=2_000_000).minutes("resample")
        (7, 25)
        """
        return LEAST_TIME + math.ceil(self._work(step))

    def are_long(self, step: str, jobs: int) -> bool:
        """Return whether some jobs of a step take so long that they do not share one job of the cluster.

        Examples
        --------
        >>> Needs(values=9000).are_long("fit", 50), Needs(values=2_000_000).are_long("fit", 10)
        (False, True)
        """
        return jobs * self._work(step) >= LONG

    def _work(self, step: str) -> float:
        """Return the minutes of one job without those of its start."""
        times = GENERALIZED if self.generalized else 1.0
        return times * SLOWER.get(step, PACE) * self.values / MILLION


def growing(amount: int) -> Amount:
    """Return a function for Snakemake: an attempt after a failure asks for that many times the amount.

    Examples
    --------
    >>> growing(700)({}, attempt=2)
    1400
    """
    return lambda wildcards, attempt: attempt * amount  # noqa: ARG005 - Snakemake gives arguments by name
