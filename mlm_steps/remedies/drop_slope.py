"""Let a slope be the same in all groups."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.remedies.base import ONE, Case, Proposal
from mlm_steps.remedies.cuts import cut_proposals
from mlm_steps.remedies.rewrite import Cut

__all__ = ["drop_slope"]


def drop_slope(case: Case) -> Iterator[Proposal]:
    """Yield, for each slope that no product of the term contains, the model in which it does not vary."""
    for position in case.terms:
        home = case.home(position)
        bar = case.formula.bars[home.bar]
        members = {
            label: set(term) for label, term in zip(bar.effects.labels, bar.effects.terms, strict=True)
        }
        for label in home.effects:
            within_product = label != ONE and any(members[label] < other for other in members.values())
            if label == ONE or within_product or len(home.effects) < 2:
                continue
            what = f"one slope of {label} for all levels of {bar.group.label}"
            yield from cut_proposals(case, [(Cut(frozenset({(home.bar, label)})), what)], "with {}")
