"""Sums over groups for Kenward and Roger's method, of a fitted model.

With one grouping factor each level is a block, and all levels are computed in one batch. Nested factors have
one block for each level of the outermost factor, crossed factors usually a single block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from mlm_steps.engine.structures.groups import FactorTerms, segment_sum
from mlm_steps.inference.block_sums import Block, Sums, sum_blocks

if TYPE_CHECKING:
    from scipy import sparse

    from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["LARGEST_BLOCK", "blocks_of", "entries_of", "group_sums"]

LARGEST_BLOCK = 2000
"""Largest number of random effects in a block; its dense matrices then take 32 MB each, and a few seconds."""

Array = NDArray[np.float64]
Integers = NDArray[np.intp]


def group_sums(fit: LmmFit, X: Array) -> Sums | None:
    """Return the sums for weighted columns X (n, p), or None if a block exceeds ``LARGEST_BLOCK``."""
    factors = fit.prepared.strategy.factors
    blocks = blocks_of(factors, [_columns(fit, factor) for factor in factors], X)
    if blocks is None:
        return None
    theta = fit.prepared.to_internal(fit.theta)
    Sigma = np.zeros((1, *(sum(factor.pattern.K for factor in factors),) * 2))
    offset = 0
    for factor in factors:
        Lambda, span = factor.pattern.factor(theta[factor.theta]), slice(offset, offset + factor.pattern.K)
        Sigma[0, span, span] = Lambda @ Lambda.T
        offset += factor.pattern.K
    return sum_blocks(blocks, Sigma, entries_of(factors), X.shape[1])


def blocks_of(factors: Sequence[FactorTerms], z: Sequence[Array], X: Array) -> list[Block] | None:
    """Return the blocks of linked groups, or None if one exceeds ``LARGEST_BLOCK``.

    Parameters
    ----------
    factors : sequence of FactorTerms
    z : sequence of ndarray, each of shape (n, K)
        Per factor, the weighted columns of all its terms.
    X : ndarray, shape (n, p)
        Weighted columns.
    """
    return _levels(factors[0], z[0], X) if len(factors) == 1 else _linked(factors, z, X)


def entries_of(factors: Sequence[FactorTerms]) -> list[tuple[int, int]]:
    """Return for each entry of the covariance matrices its two coefficients, counted over all factors."""
    pairs: list[tuple[int, int]] = []
    offset = 0
    for factor in factors:
        pattern = factor.pattern
        rows, columns = (pattern.rows + offset).tolist(), (pattern.columns + offset).tolist()
        pairs += list(zip(rows, columns, strict=True))
        offset += pattern.K
    return pairs


def _columns(fit: LmmFit, factor: FactorTerms) -> Array:
    """Return a factor's weighted columns in the engine's units, shape (n, K)."""
    design = fit.design
    parts = [
        solve_triangular(fit.prepared.bases[term], design.random[term].z.T, trans="T").T
        for term in factor.terms
    ]
    z = np.concatenate(parts, axis=1)
    return z if design.weights is None else z * np.sqrt(design.weights)[:, None]


def _levels(factor: FactorTerms, z: Array, X: Array) -> list[Block]:
    """Return the levels of a single factor as one batch of blocks."""
    K = factor.pattern.K
    N = np.stack([segment_sum(z * z[:, a, None], factor.refs, factor.J) for a in range(K)], axis=1)
    ZX = np.stack([segment_sum(X * z[:, a, None], factor.refs, factor.J) for a in range(K)], axis=1)
    return [Block(N[None], ZX.reshape(1, factor.J, K, X.shape[1]), tuple(np.array([a]) for a in range(K)))]


def _linked(factors: Sequence[FactorTerms], z: Sequence[Array], X: Array) -> list[Block] | None:
    """Return the blocks of linked groups of several factors."""
    from scipy.sparse.csgraph import connected_components

    Z, effects = _incidence(factors, z)
    N = (Z.T @ Z).tocsr()
    count, labels = connected_components(_links(Z), directed=False)
    if np.bincount(labels, minlength=count).max() > LARGEST_BLOCK:
        return None
    ZX = np.asarray(Z.T @ X)
    E = int(effects.max()) + 1
    order = np.argsort(labels, kind="stable")
    blocks = []
    for members in np.split(order, np.cumsum(np.bincount(labels, minlength=count))[:-1]):
        positions = tuple(np.flatnonzero(effects[members] == e) for e in range(E))
        dense = N[members][:, members].toarray()
        blocks.append(Block(dense[None, None], ZX[None, None, members], positions))
    return blocks


def _links(Z: sparse.csc_array) -> sparse.csc_array:
    """Return which columns share a row; products can cancel in Z'Z, as in balanced designs."""
    from scipy import sparse

    pattern = sparse.csc_array((np.ones_like(Z.data), Z.indices, Z.indptr), shape=Z.shape)
    links: sparse.csc_array = pattern.T @ pattern
    return links


def _incidence(factors: Sequence[FactorTerms], z: Sequence[Array]) -> tuple[sparse.csc_array, Integers]:
    """Return Z, ordered by coefficient and then by level, and the coefficient of each column."""
    from scipy import sparse

    parts, effects, offset = [], [], 0
    n = z[0].shape[0]
    for factor, columns in zip(factors, z, strict=True):
        for column in columns.T:
            # A stored zero still links its groups, so that all coefficients of a level share a block.
            parts.append(sparse.csc_array((column, (np.arange(n), factor.refs)), shape=(n, factor.J)))
            effects.append(np.full(factor.J, offset))
            offset += 1
    return sparse.hstack(parts, format="csc"), np.concatenate(effects)
