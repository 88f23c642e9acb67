"""Null distributions that are simulated rather than known (statistics, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlm_steps.compare.mixtures import lone_variance
from mlm_steps.compare.nesting import Relation
from mlm_steps.compare.rlrt import LARGEST_FACTOR, rlrt_p
from mlm_steps.design.matrices import Design
from mlm_steps.engine.values import LmmFit, Method
from mlm_steps.records import ComparisonRecord

__all__ = ["TOO_MANY_FAILED", "Simulations", "exact_p", "with_bootstrap", "with_rlrt"]

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
        minutes; of all tests; of none.
    replicates : int
        Of the bootstrap.
    """

    seed: int = 1
    rlrt: bool = True
    bootstrap: Literal["where_needed", "always", "never"] = "never"
    replicates: int = 1000


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

    found = bootstrap_p(
        pair,
        relation,
        record.statistic or 0.0,
        replicates=asked.replicates,
        seed=asked.seed,
        step=f"bootstrap/{record.smaller}--{record.larger}",
    )
    numbers = {"p_boot": found.p, "replicates": found.replicates, "failed": found.failed}
    return record.model_copy(update={**numbers, "p_boot_code": "not_estimable" if found.p is None else None})


def _no_bootstrap(record: ComparisonRecord, pair: tuple[LmmFit, LmmFit], asked: Simulations) -> str | None:
    """Return the code of why a test is not bootstrapped, if it is not."""
    if asked.bootstrap == "never":
        return "not_requested"
    if asked.bootstrap == "always":
        return None
    approximate = len(record.mixture or ()) > 2  # binomial weights, exact only for a diagonal information
    if record.p_boundary_code not in UNKNOWN and not approximate:
        return "not_needed"
    from mlm_steps.compare.bootstrap import takes_minutes

    return "too_large" if takes_minutes(pair[1]) else None


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
