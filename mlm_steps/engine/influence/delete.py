"""Choose how the estimates without each group are found, and find them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import RandomTerm
from mlm_steps.engine.influence.deletions import Deletions, Estimated, components_of
from mlm_steps.engine.influence.one_factor import refits_from_blocks
from mlm_steps.engine.influence.one_step import from_blocks, from_rows, multiplications
from mlm_steps.engine.influence.several_factors import refits_of_rows
from mlm_steps.engine.influence.subset import refit_rows
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.engine.structures.group_blocks import GroupBlocks

__all__ = ["Way", "delete_groups", "grouping_terms", "way_of"]

Array = NDArray[np.float64]
Way = Literal["exact", "one_step", "too_large", "not_requested"]

MOST_EXACT = 500
"""Largest number of groups for each of which the model is refitted (statistics, section 14)."""
MOST_ROWS = 1e8
"""Rows times levels up to which a model with several grouping factors is refitted: about a minute."""
MOST = {"quick": 1e9, "all": 3e11}
"""Multiplications of the one-step estimates of several grouping factors: about 0.2 s and 1 minute."""


def grouping_terms(fit: MixedFit) -> dict[str, RandomTerm]:
    """Return the first term of each grouping factor, by the factor's name."""
    found: dict[str, RandomTerm] = {}
    for term in fit.design.random:
        found.setdefault(term.group, term)
    return found


def way_of(fit: MixedFit, group: str, effort: Literal["quick", "all"] = "all") -> Way:
    """Return how the groups of a factor are deleted, or why they are not.

    Refits of generalized models and of many levels of several factors take long and need ``all``. The choice
    depends on counts only, so that equal data give equal results.
    """
    term = grouping_terms(fit)[group]
    J, n = len(term.levels), fit.design.n
    if isinstance(fit, GlmmFit):
        if effort == "quick":
            return "not_requested"
        return "exact" if J <= MOST_EXACT else "too_large"
    if len(linear_fit(fit).prepared.strategy.factors) == 1:
        return "exact" if J <= MOST_EXACT else "one_step"
    if effort == "all" and J <= MOST_EXACT and n * J <= MOST_ROWS:
        return "exact"
    if multiplications(linear_fit(fit), term) <= MOST[effort]:
        return "one_step"
    return "not_requested" if effort == "quick" else "too_large"


def delete_groups(fit: MixedFit, group: str, way: Way = "exact") -> Deletions:
    """Return the estimates without each level of a grouping factor.

    Parameters
    ----------
    fit : MixedFit
    group : str
        Name of a grouping factor of the fit.
    way : {"exact", "one_step"}
        Refits that start at the parameters of the fit, or one step from them.
    """
    term = grouping_terms(fit)[group]
    levels, approximate = len(term.levels), way == "one_step"
    found: list[Estimated | str] = []
    for level, own in enumerate(_estimates(fit, term, approximate=approximate)):
        found.append(refit_rows(fit, term.refs != level) if own is None else own)
    J, p, r = levels, fit.design.p, len(components_of(fit))
    beta, vcov = np.full((J, p), np.nan), np.full((J, p, p), np.nan)
    components, singular = np.full((J, r), np.nan), np.zeros(J, dtype=bool)
    reasons: dict[int, str] = {}
    for level, one in enumerate(found):
        if isinstance(one, str):
            reasons[level] = one
        else:
            beta[level], vcov[level], components[level], singular[level] = one
    n = np.bincount(term.refs, minlength=J)
    return Deletions(fit, group, term.levels, n, beta, vcov, components, singular, reasons, approximate)


def _estimates(fit: MixedFit, term: RandomTerm, *, approximate: bool) -> Iterable[Estimated | None]:
    """Return the estimates without each level; None where the remaining rows have to be fitted alone."""
    if isinstance(fit, GlmmFit):
        return [None] * len(term.levels)
    linear = linear_fit(fit)
    if len(linear.prepared.strategy.factors) > 1:
        return from_rows(linear, term) if approximate else refits_of_rows(linear, term)
    groups = GroupBlocks.of(linear.design, linear.beta)
    return from_blocks(linear, groups) if approximate else refits_from_blocks(linear, groups)
