"""The record of some replicates of a bootstrapped comparison, and the p value that replicates give."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mlm_steps.records.base import Notice, Record
from mlm_steps.records.comparison import ComparisonRecord

__all__ = ["BootstrapP", "SimulationRecord", "bootstrap_notices", "p_of", "with_p_boot"]

TOO_MANY_FAILED = 0.05
"""Share of failed replicates above which a notice warns: a p value of 0.05 could then be due to them."""


class SimulationRecord(Record):
    """Statistics of a comparison, simulated from its smaller model."""

    smaller: str
    larger: str
    statistics: tuple[float | None, ...] | None
    """One value per replicate, None if a model could not be fitted; None if nothing is bootstrapped."""


@dataclass(frozen=True, slots=True)
class BootstrapP:
    """The bootstrap p value of a statistic, or the code of why there is none.

    Attributes
    ----------
    p : float or None
        (1 + #{simulated >= observed}) / (successful replicates + 1).
    code : str or None
        Why there is no p value: ``not_estimable`` if no replicate succeeded, else as in ``ComparisonRecord``.
    replicates, failed : int or None
        Number of replicates, and of those to which a model could not be fitted; None without a bootstrap.
    """

    p: float | None
    code: str | None = None
    replicates: int | None = None
    failed: int | None = None


def p_of(simulated: Iterable[float], statistic: float) -> BootstrapP:
    """Return the p value of a statistic from simulated statistics, which are NaN where a fit failed."""
    values = list(simulated)
    known = [value for value in values if math.isfinite(value)]
    failed = len(values) - len(known)
    if not known:
        return BootstrapP(None, "not_estimable", len(values), failed)
    p = (1 + sum(bool(value >= statistic) for value in known)) / (len(known) + 1)
    return BootstrapP(p, None, len(values), failed)


def with_p_boot(record: ComparisonRecord, found: BootstrapP) -> ComparisonRecord:
    """Return the record of a test with the bootstrap p value that a later step has computed."""
    return record.with_values(
        p_boot=found.p,
        p_boot_code=found.code,
        replicates=found.replicates,
        failed=found.failed,
        notices=(*record.notices, *bootstrap_notices(found, (record.smaller, record.larger))),
    )


def bootstrap_notices(found: BootstrapP, names: tuple[str, str]) -> tuple[Notice, ...]:
    """Return a notice if many replicates failed."""
    if found.replicates is None or found.failed is None:
        return ()
    if found.failed <= TOO_MANY_FAILED * found.replicates:
        return ()
    text = (
        f"In the bootstrap of '{names[1]}' against '{names[0]}' {found.failed} of {found.replicates} "
        "replicates failed; the others may not represent the null distribution."
    )
    return (Notice(code="bootstrap_failures", severity="warning", text=text, model=names[1]),)
