"""Leave out the rows of a level that separates the outcome."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.distribution.base import separated_levels

__all__ = ["drop_level"]


def drop_level(case: Case) -> Iterator[Proposal]:
    """Yield the model of the other rows: their estimates are those of the separated model in the limit."""
    for found in separated_levels(case):
        yield Proposal(
            case.formula.text,
            f"without the rows in which {found.factor} is {found.level}",
            without=(found.factor, found.level),
        )
