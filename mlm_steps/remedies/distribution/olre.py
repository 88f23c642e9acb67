"""Add a random effect per row for variation beyond the distribution (statistics, section 22.10)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.center import free_name
from mlm_steps.remedies.distribution.base import excess_dispersion

__all__ = ["olre"]


def olre(case: Case) -> Iterator[Proposal]:
    """Yield the model with a random intercept per row, if the outcome varies more than its distribution."""
    if excess_dispersion(case.fit) is None:
        return
    name = free_name(case, "row")
    column = DerivedColumn(name=name, source=case.formula.outcomes[0], kind="row", within=())
    yield Proposal(
        f"{case.formula.text} + (1 | {name})",
        "with a random intercept per row",
        columns=(column,),
        larger=True,
    )
