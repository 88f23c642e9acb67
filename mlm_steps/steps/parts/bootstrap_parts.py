"""Variances by source in every replicate of a bootstrap (statistics, sections 9.3 and 22.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.bootstrap import Sample
from mlm_steps.engine.fit.distribution import replicated_variance
from mlm_steps.engine.result.moments import row_level_terms

__all__ = ["ReplicatedParts", "replicated_parts"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ReplicatedParts:
    """The variances that the replicates imply, as `mlm_steps.engine.result.moments.VarianceParts`.

    Attributes
    ----------
    fixed, residual : ndarray, shape (B,)
    terms : sequence of ndarray, each of shape (B,)
    dispersion : tuple of int
        Positions of terms that are part of the residual variance.
    """

    fixed: Array
    residual: Array
    terms: Sequence[Array]
    dispersion: tuple[int, ...]

    @property
    def random(self) -> Array:
        """Mean random variance, shape (B,)."""
        kept = (each for position, each in enumerate(self.terms) if position not in self.dispersion)
        return np.asarray(sum(kept, np.zeros_like(self.residual)))

    @property
    def total(self) -> Array:
        """Fixed, random and residual variance, shape (B,)."""
        return self.fixed + self.random + self.residual

    def shares(self, positions: Sequence[int]) -> Array:
        """Return the share of some terms in the random and residual variance, shape (B,)."""
        part = sum((self.terms[position] for position in positions), np.zeros_like(self.residual))
        return np.asarray(part / (self.random + self.residual))


def replicated_parts(sample: Sample, distribution: str | None = None) -> ReplicatedParts | None:
    """Return the variances of each replicate.

    None for a generalized model whose distribution variance depends on the null model, which is not refitted
    to the replicates; ``distribution`` is the method of that variance.
    """
    design = sample.fit.design
    if design.response.linear:
        return ReplicatedParts(sample.fixed, sample.residual, sample.terms, ())
    variance = replicated_variance(design, sample.replicates.phi, sample.sigma2.size, distribution)
    if variance is None:
        return None
    counts = np.ones(design.n) if design.weights is None else design.weights
    total = float(counts.sum())
    X = design.X - counts @ design.X / total
    beta = sample.replicates.beta
    fixed = np.einsum("bi,ij,bj->b", beta, (X * counts[:, None]).T @ X / (total - 1.0), beta)
    terms = [
        np.einsum("bij,ij->b", T, (term.z * counts[:, None]).T @ term.z / total)
        for term, T in zip(design.random, sample.covariances, strict=True)
    ]
    dispersion = row_level_terms(sample.fit)
    residual = variance + sum((terms[position] for position in dispersion), np.zeros_like(variance))
    return ReplicatedParts(fixed, residual, terms, dispersion)
