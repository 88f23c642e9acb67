"""Remove random slopes, so that a slope is the same in all groups."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.remedies.base import ONE, Case, Home, Proposal, bar_effects
from mlm_steps.remedies.rewrite import Cut, cut_proposals

__all__ = ["drop_slope"]


def drop_slope(case: Case) -> Iterator[Proposal]:
    """Yield models without each random slope, then without those of all grouping factors.

    A slope that is part of a product in its term is removed only after that product.
    """
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
            yield from cut_proposals(case, [_same(case, home, (label,))], "with {}")
    yield from _all_together(case)


def _all_together(case: Case) -> Iterator[Proposal]:
    """Yield the model with random intercepts only, if several grouping factors also have slopes."""
    homes = [case.home(position) for position in case.terms]
    with_intercept = [home for home in homes if ONE in bar_effects(case.formula.bars[home.bar])]
    slopes = [(home, tuple(e for e in home.effects if e != ONE)) for home in with_intercept]
    cuts = [_same(case, home, labels) for home, labels in slopes if labels]
    factors = {case.formula.bars[home.bar].group.label for home, labels in slopes if labels}
    if len(factors) > 1:
        *_, together = cut_proposals(case, cuts, "with {}")
        yield together


def _same(case: Case, home: Home, labels: tuple[str, ...]) -> tuple[Cut, str]:
    """Return the cut that removes slopes from a bar, and a name for it."""
    group = case.formula.bars[home.bar].group.label
    noun = "slope" if len(labels) == 1 else "slopes"
    what = f"one {noun} of {' and '.join(labels)} for all levels of {group}"
    return Cut(frozenset((home.bar, label) for label in labels)), what
