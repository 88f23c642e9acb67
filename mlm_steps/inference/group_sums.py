"""Sums over groups for Kenward and Roger's method; no n by n matrix is formed.

Rows whose groups are linked form a block. Within a block, with the weighted random-effects columns Z (c of
them) and V = I + Z Gamma Zᵀ, the sums follow from N = ZᵀZ and ZᵀX without cancellation:

    Zᵀ V⁻¹ Z = (I + N Gamma)⁻¹ N,    Zᵀ V⁻¹ X = (I + N Gamma)⁻¹ Zᵀ X.

With one grouping factor each level is a block, and all levels are computed in one batch. Nested factors have
one block for each level of the outermost factor, crossed factors usually a single block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.structures.groups import FactorTerms, segment_sum
from mlm_steps.inference.base import Array

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["LARGEST_BLOCK", "Sums", "group_sums"]

LARGEST_BLOCK = 2000
"""Largest number of random effects in a block; its dense matrices then take 32 MB each, and a few seconds."""

Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The sums, one element per entry gamma of the covariance matrices, in units of sigma².

    Attributes
    ----------
    P : ndarray, shape (m, p, p)
        −Xᵀ V⁻¹ G_r V⁻¹ X for columns X with Xᵀ V⁻¹ X = I.
    Q : ndarray, shape (m, m, p, p)
        Xᵀ V⁻¹ G_r V⁻¹ G_s V⁻¹ X.
    traces : ndarray, shape (m,)
        tr(V⁻¹ G_r).
    products : ndarray, shape (m, m)
        tr(V⁻¹ G_r V⁻¹ G_s).
    pairs : sequence of (int, int)
        The two coefficients of each gamma.
    """

    P: Array
    Q: Array
    traces: Array
    products: Array
    pairs: Sequence[tuple[int, int]]

    @property
    def sizes(self) -> Array:
        """Scale of each diagonal element of ``products``, from those of the two variances, shape (m,)."""
        own = {pair: float(size) for pair, size in zip(self.pairs, np.diag(self.products), strict=True)}
        return np.array([np.sqrt(own[a, a] * own[b, b]) for a, b in self.pairs])


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """One block, or several of the same shape.

    ``N`` and ``ZX`` have the shapes (blocks, c, c) and (blocks, c, p); ``positions`` holds for each random
    coefficient the positions of its levels among the c columns.
    """

    N: Array
    ZX: Array
    positions: tuple[Integers, ...]


def group_sums(fit: LmmFit, X: Array) -> Sums | None:
    """Return the sums for weighted columns X (n, p), or None if a block exceeds ``LARGEST_BLOCK``."""
    factors = fit.prepared.strategy.factors
    z = [_columns(fit, factor) for factor in factors]
    blocks = _levels(factors[0], z[0], X) if len(factors) == 1 else _linked(factors, z, X)
    if blocks is None:
        return None
    theta = fit.prepared.to_internal(fit.theta)
    pairs, offset = [], 0
    sizes = [factor.pattern.K for factor in factors]
    Sigma = np.zeros((sum(sizes), sum(sizes)))
    for factor in factors:
        pattern = factor.pattern
        rows, columns = (pattern.rows + offset).tolist(), (pattern.columns + offset).tolist()
        pairs += list(zip(rows, columns, strict=True))
        Lambda, span = pattern.factor(theta[factor.theta]), slice(offset, offset + pattern.K)
        Sigma[span, span] = Lambda @ Lambda.T
        offset += pattern.K
    m, p = len(pairs), X.shape[1]
    total = Sums(np.zeros((m, p, p)), np.zeros((m, m, p, p)), np.zeros(m), np.zeros((m, m)), pairs)
    for block in blocks:
        _add(total, block, Sigma, pairs)
    return total


def _columns(fit: LmmFit, factor: FactorTerms) -> Array:
    """Return a factor's weighted columns in the engine's units, shape (n, K)."""
    design = fit.design
    parts = [
        solve_triangular(fit.prepared.bases[term], design.random[term].z.T, trans="T").T
        for term in factor.terms
    ]
    z = np.concatenate(parts, axis=1)
    return z if design.weights is None else z * np.sqrt(design.weights)[:, None]


def _levels(factor: FactorTerms, z: Array, X: Array) -> list[_Block]:
    """Return the levels of a single factor as one batch of blocks."""
    K = factor.pattern.K
    N = np.stack([segment_sum(z * z[:, a, None], factor.refs, factor.J) for a in range(K)], axis=1)
    ZX = np.stack([segment_sum(X * z[:, a, None], factor.refs, factor.J) for a in range(K)], axis=1)
    return [_Block(N, ZX.reshape(factor.J, K, X.shape[1]), tuple(np.array([a]) for a in range(K)))]


def _linked(factors: Sequence[FactorTerms], z: Sequence[Array], X: Array) -> list[_Block] | None:
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
        blocks.append(_Block(dense[None], ZX[None, members], positions))
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


def _add(total: Sums, block: _Block, Sigma: Array, pairs: Sequence[tuple[int, int]]) -> None:
    """Add the contribution of a block."""
    m, p, c = len(pairs), block.ZX.shape[2], block.N.shape[1]
    system = np.eye(c) + block.N @ _covariance(Sigma, block.positions, c)
    solved = np.linalg.solve(system, np.concatenate([block.N, block.ZX], axis=2))
    B, A = solved[:, :, :c], solved[:, :, c:]
    EB = np.stack([_exchanged(B, block.positions, pair) for pair in pairs])
    EA = np.stack([_exchanged(A, block.positions, pair) for pair in pairs])
    flat = EA.reshape(m, -1, p).transpose(0, 2, 1)
    total.P[...] -= flat @ A.reshape(-1, p)
    right = (B @ EA).reshape(m, -1, p)
    total.Q[...] += flat[:, None] @ right[None]
    total.traces[...] += np.einsum("rgaa->r", EB)
    total.products[...] += EB.reshape(m, -1) @ EB.transpose(0, 1, 3, 2).reshape(m, -1).T


def _covariance(Sigma: Array, positions: Sequence[Integers], c: int) -> Array:
    """Return the covariance matrix of the random effects of a block."""
    Gamma = np.zeros((c, c))
    for e, f in _entries(Sigma):
        Gamma[positions[e], positions[f]] = Sigma[e, f]
    return Gamma


def _entries(Sigma: Array) -> Iterator[tuple[int, int]]:
    yield from zip(*(index.tolist() for index in np.nonzero(Sigma)), strict=True)


def _exchanged(matrix: Array, positions: Sequence[Integers], pair: tuple[int, int]) -> Array:
    """Return (I ⊗ E) @ matrix, where E has ones in the two elements of a pair of coefficients."""
    moved = np.zeros_like(matrix)
    a, b = pair
    moved[:, positions[a]] = matrix[:, positions[b]]
    moved[:, positions[b]] = matrix[:, positions[a]]
    return moved
