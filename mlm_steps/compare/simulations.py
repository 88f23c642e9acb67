"""Null distributions that are simulated rather than known (statistics, section 6)."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.compare.mixtures import lone_variance
from mlm_steps.compare.nesting import Relation
from mlm_steps.compare.rlrt import LARGEST_FACTOR, rlrt_p
from mlm_steps.engine.values import LmmFit
from mlm_steps.records import ComparisonRecord

__all__ = ["Simulations", "with_rlrt"]


@dataclass(frozen=True, slots=True)
class Simulations:
    """What is simulated for a comparison.

    Attributes
    ----------
    seed : int
        Of the run.
    rlrt : bool
        The exact restricted likelihood ratio test, where one variance alone is tested.
    """

    seed: int = 1
    rlrt: bool = True


def with_rlrt(
    record: ComparisonRecord, pair: tuple[LmmFit, LmmFit], relation: Relation, asked: Simulations
) -> ComparisonRecord:
    """Return the record of a test with its exact p value, or with the code of why there is none."""
    if not asked.rlrt:
        return record
    designs = pair[0].design, pair[1].design
    position = None if relation.changed != "variance" else lone_variance(*designs, relation.up)
    if position is None or record.statistic is None:
        return record.model_copy(update={"p_rlrt_code": "not_applicable"})
    if record.criterion != "REML":
        return record.model_copy(update={"p_rlrt_code": "not_reml"})
    term = designs[1].random[position]
    if len(term.levels) > LARGEST_FACTOR:
        return record.model_copy(update={"p_rlrt_code": "too_large"})
    step = f"rlrt/{record.smaller}--{record.larger}"
    p = rlrt_p(designs[1], term, record.statistic, seed=asked.seed, step=step)
    approximate = len(designs[1].random) > 1
    return record.model_copy(update={"p_rlrt": p, "p_rlrt_code": None, "rlrt_approximate": approximate})
