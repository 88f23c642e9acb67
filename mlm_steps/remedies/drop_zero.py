"""Remove the random effects whose standard deviation is estimated as 0."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlm_steps.engine.result.lmm_fit import BOUNDARY
from mlm_steps.remedies.base import Case, Proposal, effect_words
from mlm_steps.remedies.rewrite import Cut, cut_proposals

__all__ = ["drop_zero"]


def drop_zero(case: Case) -> Iterator[Proposal]:
    """Yield the model without the zero variances of each term, and the model without all of them."""
    cuts: list[tuple[Cut, str]] = []
    for position in case.terms:
        term, home = case.term(position), case.home(position)
        deviations = np.linalg.norm(case.fit.Lambda[position], axis=1)
        none = deviations < BOUNDARY
        zero = [name for name, is_zero in zip(term.names, none, strict=True) if is_zero]
        effects = [e for e, is_zero in zip(case.effects(position), none, strict=True) if is_zero]
        if effects and set(effects) <= set(home.effects):
            cuts.append(
                (
                    Cut(frozenset((home.bar, effect) for effect in effects)),
                    f"{effect_words(zero)} between levels of {term.group}",
                )
            )
    yield from cut_proposals(case, cuts, "without the variance of {}")
