"""Set the correlations of a term's random effects to 0."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.remedies.base import Case, Proposal, effect_words
from mlm_steps.remedies.rewrite import Cut, cut_proposals

__all__ = ["drop_correlation"]


def drop_correlation(case: Case) -> Iterator[Proposal]:
    """Yield the model without the correlations of each term, and the model without all of them."""
    cuts = []
    for position in case.terms:
        term, home = case.term(position), case.home(position)
        if len(term.names) > 1:
            what = f"{effect_words(term.names)} over levels of {term.group}"
            cuts.append((Cut(correlations=frozenset({home.bar})), what))
    yield from cut_proposals(case, cuts, "without correlation of {}")
