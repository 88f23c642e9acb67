"""Gather the random-effects terms by grouping factor, and orthogonalise each factor's blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.criterion.lambda_ import Pattern
from mlm_steps.engine.structures import compiled

__all__ = ["Blocks", "FactorTerms", "cholesky_blocks", "factors_of", "orthogonal_blocks", "segment_sum"]

Array = NDArray[np.float64]

NO_RANK = 1e-11
"""Residual length of a column, relative to its length, below which it depends on the earlier columns."""


@dataclass(frozen=True, slots=True, eq=False)
class FactorTerms:
    """One grouping factor with all its terms.

    Attributes
    ----------
    terms : tuple of int
        Positions of its terms in the design.
    theta : ndarray, shape (m,)
        Positions of its parameters in theta.
    pattern : Pattern
        Positions of these parameters in Lambda.
    refs : ndarray, shape (n,)
        Level of each observation.
    J : int
        Number of levels.
    """

    terms: tuple[int, ...]
    theta: NDArray[np.intp]
    pattern: Pattern
    refs: NDArray[np.intp]
    J: int

    @property
    def q(self) -> int:
        """Number of random effects."""
        return self.J * self.pattern.K


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Z_j = Q_j R_j per level j, and the data in terms of Q_j.

    Attributes
    ----------
    q : ndarray, shape (n, K)
        Rows of the Q_j; a column is zero where that column of Z_j depends on the earlier ones.
    R : ndarray, shape (J, K, K)
        Upper triangular.
    G : ndarray, shape (J, K, p + 1)
        Q_jᵀ [X y].
    E : ndarray, shape (n, p + 1)
        [X y] minus its projection on each Z_j.
    C : ndarray, shape (p + 1, p + 1)
        Eᵀ E: the cross-products outside the span of Z.
    """

    q: Array
    R: Array
    G: Array
    E: Array
    C: Array


def factors_of(design: Design) -> tuple[FactorTerms, ...]:
    """Return the grouping factors, those with the most random effects first."""
    gathered: list[list[int]] = []
    for index, term in enumerate(design.random):
        for members in gathered:
            if _same_factor(design.random[members[0]], term):
                members.append(index)
                break
        else:
            gathered.append([index])
    starts = np.cumsum([0, *(term.n_theta for term in design.random)])
    factors = [_factor(design, members, starts) for members in gathered]
    return tuple(sorted(factors, key=lambda factor: -factor.q))


def _factor(design: Design, members: Sequence[int], starts: NDArray[np.intp]) -> FactorTerms:
    terms = [design.random[index] for index in members]
    theta = np.concatenate([np.arange(starts[index], starts[index + 1]) for index in members])
    pattern = Pattern.of([len(term.names) for term in terms])
    return FactorTerms(tuple(members), theta, pattern, terms[0].refs, len(terms[0].levels))


def _same_factor(one: RandomTerm, other: RandomTerm) -> bool:
    if one.refs is other.refs:
        return True
    return (
        one.group == other.group
        and len(one.levels) == len(other.levels)
        and bool(np.array_equal(one.refs, other.refs))
    )


def cholesky_blocks(blocks: Array) -> Array | None:
    """Return the lower triangles L with L Lᵀ = block, shape (J, K, K), or None if some block has none.

    A block that is positive definite may lose this by rounding, where its weights differ by 1e16 or more.
    """
    try:
        return np.asarray(np.linalg.cholesky(blocks), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None


def segment_sum(values: Array, refs: NDArray[np.intp], J: int) -> Array:
    """Return the sums of the rows of ``values`` within each level, shape (J, …)."""
    if values.ndim == 1:
        return np.asarray(np.bincount(refs, values, minlength=J), dtype=np.float64)
    sums = [segment_sum(column, refs, J) for column in values.T]
    return np.stack(sums, axis=1) if sums else np.zeros((J, 0))


def orthogonal_blocks(factor: FactorTerms, z: Array, data: Array) -> Blocks:
    """Return Z_j = Q_j R_j for all levels at once, by Gram-Schmidt over the K columns.

    Each column is orthogonalised twice. The parts of ``data`` inside and outside the span of Z_j are
    separated once, so that no later step subtracts nearly equal large numbers.
    """
    refs, J, K = factor.refs, factor.J, factor.pattern.K
    if compiled.usable():
        q, R, G, E = compiled.split(z, data, refs, J, NO_RANK)
        return Blocks(q, R, G, E, E.T @ E)
    n, width = data.shape
    q, E = np.empty((n, K), order="F"), np.array(data, order="F")
    R, G = np.zeros((J, K, K)), np.empty((J, K, width))
    for a in range(K):
        column = z[:, a].copy()
        before = segment_sum(column * column, refs, J)
        for b in [*range(a), *range(a)]:
            part = segment_sum(q[:, b] * column, refs, J)
            R[:, b, a] += part
            column -= q[:, b] * part[refs]
        length = np.sqrt(segment_sum(column * column, refs, J))
        length[length <= NO_RANK * np.sqrt(before)] = 0.0
        R[:, a, a] = length
        inverse = np.divide(1.0, length, out=np.zeros(J), where=length > 0)
        q[:, a] = column * inverse[refs]
        for c in range(width):
            part = segment_sum(q[:, a] * E[:, c], refs, J)
            G[:, a, c] = part
            E[:, c] -= q[:, a] * part[refs]
    return Blocks(q, R, G, E, E.T @ E)
