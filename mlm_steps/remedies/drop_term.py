"""Remove a whole random-effects term."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.remedies.base import Case, Proposal, effect_words
from mlm_steps.remedies.rewrite import Cut, cut_proposals

__all__ = ["drop_term"]


def drop_term(case: Case) -> Iterator[Proposal]:
    """Yield the model without each term, and the model without all of them."""
    cuts = []
    for position in case.terms:
        home = case.home(position)
        group = case.term(position).group
        gone = Cut(frozenset((home.bar, effect) for effect in home.effects))
        if home.effects:
            cuts.append((gone, f"{effect_words(home.effects)} between levels of {group}"))
    yield from cut_proposals(case, cuts, "without variation of {}")
