"""Products with Lambda of several factors, which is block-diagonal and never formed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["congruent", "left_times", "right_times", "rows_of"]

Array = NDArray[np.float64]


def rows_of(factors: Sequence[FactorTerms]) -> Iterator[tuple[FactorTerms, slice]]:
    """Yield each factor with the rows of its random effects."""
    start = 0
    for factor in factors:
        yield factor, slice(start, start + factor.q)
        start += factor.q


def right_times(matrix: Array, factors: Sequence[FactorTerms], theta_internal: Array) -> Array:
    """Return ``matrix`` @ Lambda; one column per random effect."""
    if all(factor.pattern.K == 1 for factor in factors):
        scaled: Array = matrix * _scale(factors, theta_internal)
        return scaled
    parts = []
    for factor, columns in rows_of(factors):
        block = matrix[:, columns]
        Lambda = factor.pattern.factor(theta_internal[factor.theta])
        parts.append((block.reshape(-1, factor.pattern.K) @ Lambda).reshape(block.shape))
    return np.concatenate(parts, axis=1)


def left_times(
    matrix: Array, factors: Sequence[FactorTerms], theta_internal: Array, *, transposed: bool = False
) -> Array:
    """Return Lambda @ ``matrix``, or Lambdaᵀ @ ``matrix``; one row per random effect."""
    if all(factor.pattern.K == 1 for factor in factors):
        scaled: Array = matrix * _scale(factors, theta_internal)[:, None]
        return scaled
    parts = []
    for factor, rows in rows_of(factors):
        block = matrix[rows].reshape(factor.J, factor.pattern.K, -1)
        Lambda = factor.pattern.factor(theta_internal[factor.theta])
        parts.append(((Lambda.T if transposed else Lambda) @ block).reshape(factor.q, -1))
    return np.concatenate(parts)


def _scale(factors: Sequence[FactorTerms], theta_internal: Array) -> Array:
    """Return the diagonal of a diagonal Lambda."""
    return np.concatenate([np.full(factor.q, theta_internal[factor.theta[0]]) for factor in factors])


def congruent(matrix: Array, factors: Sequence[FactorTerms], theta_internal: Array) -> Array:
    """Return Lambda @ ``matrix`` @ Lambdaᵀ for a symmetric matrix."""
    if all(factor.pattern.K == 1 for factor in factors):
        scale = _scale(factors, theta_internal)
        scaled: Array = matrix * scale
        scaled *= scale[:, None]
        return scaled
    return left_times(
        np.ascontiguousarray(left_times(matrix, factors, theta_internal).T), factors, theta_internal
    )
