"""The grouping factor whose levels are the clusters of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import is_nested
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import grouping_factors, variance_parts, weighted_size

__all__ = [
    "INTERCEPT",
    "Clusters",
    "all_factors",
    "default_clusters",
    "random_intercepts",
]

INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """A grouping factor as clusters.

    Attributes
    ----------
    name : str
    refs : ndarray, shape (n,)
        Position of each row's level, without gaps.
    levels : tuple of str, length J
    reason : str or None
        Why this factor was chosen among several.
    """

    name: str
    refs: NDArray[np.intp]
    levels: tuple[str, ...]
    reason: str | None = None

    @property
    def J(self) -> int:
        """Number of clusters."""
        return len(self.levels)


def default_clusters(fit: MixedFit) -> Clusters:
    """Return the grouping factor in which all others nest, or of crossed factors the one that matters most.

    Of factors that do not nest in one of them, it is the factor that adds most to the design effect of a
    mean, (ñ - 1) times its share of the random and residual variance.
    """
    factors = grouping_factors(fit)
    first = {group: fit.design.random[positions[0]] for group, positions in factors.items()}
    if len(first) == 1:
        return _clusters(next(iter(first.values())), None)
    for term in first.values():
        if all(other is term or is_nested(other, term) for other in first.values()):
            reason = f"the levels of all other grouping factors nest in those of {term.group}"
            return _clusters(term, reason)
    parts = variance_parts(fit).terms if fit.design.response.linear else (1.0,) * len(fit.design.random)

    def added(group: str) -> float:
        variance = sum(parts[position] for position in factors[group])
        return (weighted_size(first[group].refs) - 1.0) * variance

    chosen = max(first, key=added)
    reason = f"the grouping factors are crossed, and {chosen} adds most to the design effect of a mean"
    return _clusters(first[chosen], reason)


def all_factors(fit: MixedFit, clusters: Clusters) -> tuple[Clusters, ...]:
    """Return the grouping factors of a model, clusters first; these alone if they are none of them."""
    first = {term.group: term for term in reversed(fit.design.random)}
    if first.pop(clusters.name, None) is None:
        return (clusters,)
    return (clusters, *(_clusters(term, None) for term in reversed(first.values())))


def _clusters(term: RandomTerm, reason: str | None) -> Clusters:
    used, refs = np.unique(term.refs, return_inverse=True)
    levels = tuple(term.levels[level] for level in used)
    return Clusters(term.group, refs.astype(np.intp), levels, reason)


def random_intercepts(design: Design, factors: Sequence[Clusters]) -> Design:
    """Return the design with a random intercept per level of each factor as its random part."""
    terms = (
        RandomTerm(
            group=factor.name,
            levels=factor.levels,
            refs=factor.refs,
            z=np.ones((design.n, 1)),
            names=(INTERCEPT,),
            source=f"(1 | {factor.name})",
            labels=(INTERCEPT,),
        )
        for factor in factors
    )
    return replace(design, random=tuple(terms))
