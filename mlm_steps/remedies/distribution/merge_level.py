"""Merge a level that separates the outcome with the level beside it."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.center import free_name
from mlm_steps.remedies.distribution.base import separated_levels
from mlm_steps.remedies.rewrite import rename

__all__ = ["merge_level"]


def merge_level(case: Case) -> Iterator[Proposal]:
    """Yield the model in which each separated level has the effect of the level beside it."""
    for found in separated_levels(case):
        name = free_name(case, f"{found.factor}_merged")
        column = DerivedColumn(
            name=name, source=found.factor, kind="merge", within=(), levels=(found.level, found.other)
        )
        yield Proposal(
            rename(case.formula, {found.factor: name}),
            f"{found.level} of {found.factor} merged with {found.other}",
            columns=(column,),
            renamed={found.factor: name},
        )
