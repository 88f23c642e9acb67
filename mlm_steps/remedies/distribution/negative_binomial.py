"""Fit the distribution that contains a count's and has a parameter of dispersion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlm_steps.records.response import CONTAINED
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.distribution.base import excess_dispersion

__all__ = ["negative_binomial"]


def negative_binomial(case: Case) -> Iterator[Proposal]:
    """Yield the model with the wider distribution, if the outcome varies more than its own."""
    response = case.fit.design.response
    wider = next((large for small, large in CONTAINED if small == response.family), None)
    if wider is None or excess_dispersion(case.fit) is None:
        return
    yield Proposal(
        case.formula.text,
        f"with the distribution {wider}",
        response=replace(response, family=wider),
        larger=True,
    )
