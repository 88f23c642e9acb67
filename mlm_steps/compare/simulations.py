"""Null distributions that are simulated rather than known (statistics, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlm_steps.compare.mixtures import lone_variance
from mlm_steps.compare.nesting import Relation
from mlm_steps.compare.rlrt import LARGEST_FACTOR, rlrt_p
from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.lmm_fit import LmmFit, Method
from mlm_steps.records import ComparisonRecord, Notice

if TYPE_CHECKING:
    from mlm_steps.compare.bootstrap import BootstrapP

__all__ = ["Simulations", "bootstrap_step", "exact_p", "with_bootstrap", "with_p_boot", "with_rlrt"]

TOO_MANY_FAILED = 0.05
"""Share of failed replicates from which the rest may no longer speak for all."""
UNKNOWN = ("no_closed_weights", "null_on_boundary")
"""Codes of tests of variances that have no null distribution in closed form."""


@dataclass(frozen=True, slots=True)
class Simulations:
    """What is simulated for a comparison.

    Attributes
    ----------
    seed : int
        Of the run.
    rlrt : bool
        The exact restricted likelihood ratio test, where one variance alone is tested.
    bootstrap : {"where_needed", "always", "never"}
        The parametric bootstrap: of tests of variances whose null distribution is not known, unless it takes
        long; of all tests; of none.
    replicates : int
        Of the bootstrap.
    later : bool
        Whether other steps do the bootstrap: the record then says only whether the test calls for it.
    """

    seed: int = 1
    rlrt: bool = True
    bootstrap: Literal["where_needed", "always", "never"] = "never"
    replicates: int = 1000
    later: bool = False


def with_rlrt(
    record: ComparisonRecord, pair: tuple[LmmFit, LmmFit], relation: Relation, asked: Simulations
) -> ComparisonRecord:
    """Return the record of a test with its exact p value, or with the code of why there is none."""
    designs = pair[0].design, pair[1].design
    step = f"rlrt/{record.smaller}--{record.larger}"
    p, code = exact_p(designs, relation, pair[1].method, record.statistic or 0.0, asked, step)
    approximate = p is not None and len(designs[1].random) > 1
    return record.model_copy(update={"p_rlrt": p, "p_rlrt_code": code, "rlrt_approximate": approximate})


def with_bootstrap(
    record: ComparisonRecord, pair: tuple[LmmFit, LmmFit], relation: Relation, asked: Simulations
) -> ComparisonRecord:
    """Return the record of a test with its bootstrap p value, or with the code of why there is none."""
    code = _no_bootstrap(record, pair, asked)
    if code is not None:
        return record.model_copy(update={"p_boot_code": code})
    from mlm_steps.compare.bootstrap import bootstrap_p  # most comparisons need none

    statistic, step = record.statistic or 0.0, bootstrap_step(record)
    found = bootstrap_p(pair, relation, statistic, replicates=asked.replicates, seed=asked.seed, step=step)
    return with_p_boot(record, found)


def bootstrap_step(record: ComparisonRecord) -> str:
    """Return what names the stream of random numbers of a comparison."""
    return f"bootstrap/{record.smaller}--{record.larger}"


def with_p_boot(record: ComparisonRecord, found: BootstrapP) -> ComparisonRecord:
    """Return the record with what a bootstrap says, and with a notice where many replicates failed."""
    record = record.model_copy(
        update={
            "p_boot": found.p,
            "replicates": found.replicates,
            "failed": found.failed,
            "p_boot_code": "not_estimable" if found.p is None else None,
        }
    )
    if found.failed <= TOO_MANY_FAILED * found.replicates:
        return record
    text = (
        f"In the bootstrap of '{record.larger}' against '{record.smaller}' {record.failed} of "
        f"{record.replicates} replicates failed; the rest may no longer speak for all."
    )
    notice = Notice(code="bootstrap_failures", severity="warning", text=text, model=record.larger)
    return record.model_copy(update={"notices": (*record.notices, notice)})


def _no_bootstrap(record: ComparisonRecord, pair: tuple[LmmFit, LmmFit], asked: Simulations) -> str | None:
    """Return the code of why a test is not bootstrapped, if it is not."""
    if asked.bootstrap == "never":
        return "not_requested"
    if asked.bootstrap == "always":
        return "left_out" if asked.later else None
    approximate = len(record.mixture or ()) > 2  # binomial weights, exact only for a diagonal information
    if record.p_boundary_code not in UNKNOWN and not approximate:
        return "not_needed"
    if asked.later:
        return "left_out"
    from mlm_steps.compare.bootstrap import takes_long

    return "too_large" if takes_long(pair, asked.replicates) else None


def exact_p(
    designs: tuple[Design, Design],
    relation: Relation,
    method: Method,
    statistic: float,
    asked: Simulations,
    step: str,
) -> tuple[float | None, str | None]:
    """Return the exact p value of a test of one variance, or None and the code of why there is none."""
    if not asked.rlrt:
        return None, "not_requested"
    position = None if relation.changed != "variance" else lone_variance(*designs, relation.up)
    if position is None:
        return None, "not_applicable"
    if method != "REML":
        return None, "not_reml"
    term = designs[1].random[position]
    if len(term.levels) > LARGEST_FACTOR:
        return None, "too_large"
    return rlrt_p(designs[1], term, statistic, seed=asked.seed, step=step), None
