"""Sums over blocks of linked groups, for one or many data sets; no n by n matrix is formed.

Rows whose groups are linked form a block. Within a block, with the weighted random-effects columns Z (c of
them) and V = I + Z Gamma Zᵀ, the sums follow from N = ZᵀZ and ZᵀX without cancellation:

    Zᵀ V⁻¹ Z = (I + N Gamma)⁻¹ N,    Zᵀ V⁻¹ X = (I + N Gamma)⁻¹ Zᵀ X.

The first axis of every array indexes the data sets; its length is 1 where they share the array.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Block", "Sums", "sum_blocks", "variances"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

SMALLEST_EIGENVALUE = 1e-10
"""Eigenvalue of the information, scaled to a unit diagonal, up to which a direction is not identified."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One block, or several of the same shape, of D data sets.

    Attributes
    ----------
    N : ndarray, shape (D, blocks, c, c)
    ZX : ndarray, shape (D, blocks, c, p)
    positions : tuple of ndarray of int
        For each random coefficient, the positions of its levels among the c columns.
    """

    N: Array
    ZX: Array
    positions: tuple[Integers, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The sums, one element per entry gamma of the covariance matrices, in units of sigma².

    Attributes
    ----------
    explained : ndarray, shape (D, p, p)
        Xᵀ X - Xᵀ V⁻¹ X.
    P : ndarray, shape (D, m, p, p)
        −Xᵀ V⁻¹ G_r V⁻¹ X.
    Q : ndarray, shape (D, m, m, p, p)
        Xᵀ V⁻¹ G_r V⁻¹ G_s V⁻¹ X.
    traces : ndarray, shape (D, m)
        tr(V⁻¹ G_r).
    products : ndarray, shape (D, m, m)
        tr(V⁻¹ G_r V⁻¹ G_s).
    pairs : sequence of (int, int)
        The two coefficients of each gamma.
    """

    explained: Array
    P: Array
    Q: Array
    traces: Array
    products: Array
    pairs: Sequence[tuple[int, int]]

    @property
    def sizes(self) -> Array:
        """Scale of each diagonal element of ``products``, from those of the two variances, shape (D, m)."""
        diagonal = np.diagonal(self.products, axis1=1, axis2=2)
        own = {pair: diagonal[:, r] for r, pair in enumerate(self.pairs)}
        return np.stack([np.sqrt(own[a, a] * own[b, b]) for a, b in self.pairs], axis=1)

    def in_basis(self, basis: Array) -> Sums:
        """Return the sums for the columns X @ basis, ``basis`` of shape (D or 1, p, p')."""
        left = basis.transpose(0, 2, 1)
        P = left[:, None] @ self.P @ basis[:, None]
        Q = left[:, None, None] @ self.Q @ basis[:, None, None]
        return Sums(left @ self.explained @ basis, P, Q, self.traces, self.products, self.pairs)


def sum_blocks(blocks: Sequence[Block], Sigma: Array, pairs: Sequence[tuple[int, int]], p: int) -> Sums:
    """Return the sums over all blocks.

    Parameters
    ----------
    blocks : sequence of Block
    Sigma : ndarray, shape (D or 1, S, S)
        Covariance matrix of the S random coefficients over sigma².
    pairs : sequence of (int, int)
        The two coefficients of each gamma, each pair of coefficients of both variances included.
    p : int
        Number of columns of X.
    """
    m = len(pairs)
    D = max([Sigma.shape[0], *(block.N.shape[0] for block in blocks)])
    total = Sums(
        np.zeros((D, p, p)),
        np.zeros((D, m, p, p)),
        np.zeros((D, m, m, p, p)),
        np.zeros((D, m)),
        np.zeros((D, m, m)),
        pairs,
    )
    for block in blocks:
        _add(total, block, Sigma, pairs)
    return total


def variances(sums: Sums, rows: Array) -> Array:
    """Return the covariance matrix of the estimates of gamma and of the factor of V, shape (D, m + 1, m + 1).

    The last parameter is a factor of the whole covariance matrix V: its derivative is V itself, and its terms
    are known in closed form. Directions without information have variance 0.

    Parameters
    ----------
    sums : Sums
        For columns X with Xᵀ V⁻¹ X = I.
    rows : ndarray, shape (D or 1,)
        Number of observations.
    """
    D, m = sums.traces.shape
    p = sums.P.shape[2]
    P_traces = np.einsum("drii->dr", sums.P)
    flat = sums.P.reshape(D, m, -1)
    information = np.empty((D, m + 1, m + 1))
    information[:, :m, :m] = (
        sums.products
        - 2.0 * np.einsum("drsii->drs", sums.Q)
        + flat @ sums.P.transpose(0, 1, 3, 2).reshape(D, m, -1).transpose(0, 2, 1)
    )
    information[:, m, :m] = information[:, :m, m] = sums.traces + P_traces
    information[:, m, m] = rows - p
    own = np.diagonal(information, axis1=1, axis2=2)
    nothing = own <= SMALLEST_EIGENVALUE * np.concatenate([sums.sizes, np.zeros((D, 1))], axis=1)
    scale = np.where(nothing, np.inf, np.sqrt(np.maximum(own, 0.0)))
    outer = scale[:, :, None] * scale[:, None, :]
    roots, vectors = np.linalg.eigh(information / outer)
    kept = np.where(roots > SMALLEST_EIGENVALUE, roots, np.inf)
    W: Array = 2.0 * ((vectors / kept[:, None]) @ vectors.transpose(0, 2, 1)) / outer
    return W


def _add(total: Sums, block: Block, Sigma: Array, pairs: Sequence[tuple[int, int]]) -> None:
    """Add the contribution of a block."""
    m, p, c = len(pairs), block.ZX.shape[3], block.N.shape[2]
    Gamma = _covariance(Sigma, block.positions, c)[:, None]
    system = np.eye(c) + block.N @ Gamma
    right = np.concatenate([block.N, block.ZX], axis=3)
    solved = np.linalg.solve(system, np.broadcast_to(right, (*system.shape[:2], *right.shape[2:])))
    D = solved.shape[0]
    B, A = solved[..., :c], solved[..., c:]
    EB = np.stack([_exchanged(B, block.positions, pair) for pair in pairs], axis=1)
    EA = np.stack([_exchanged(A, block.positions, pair) for pair in pairs], axis=1)
    flat = EA.reshape(D, m, -1, p).transpose(0, 1, 3, 2)
    moved = (Gamma @ A).reshape(D, -1, p)
    total.explained[...] += block.ZX.reshape(block.ZX.shape[0], -1, p).transpose(0, 2, 1) @ moved
    total.P[...] -= flat @ A.reshape(D, 1, -1, p)
    product = (B[:, None] @ EA).reshape(D, m, -1, p)
    total.Q[...] += flat[:, :, None] @ product[:, None]
    total.traces[...] += np.einsum("drgaa->dr", EB)
    own = EB.reshape(D, m, -1)
    total.products[...] += own @ EB.transpose(0, 1, 2, 4, 3).reshape(D, m, -1).transpose(0, 2, 1)


def _covariance(Sigma: Array, positions: Sequence[Integers], c: int) -> Array:
    """Return the covariance matrix of the random effects of a block, shape (D or 1, c, c)."""
    Gamma = np.zeros((Sigma.shape[0], c, c))
    for e, f in _entries(Sigma):
        Gamma[:, positions[e], positions[f]] = Sigma[:, e, f, None]
    return Gamma


def _entries(Sigma: Array) -> Iterator[tuple[int, int]]:
    yield from zip(*(index.tolist() for index in np.nonzero((Sigma != 0.0).any(axis=0))), strict=True)


def _exchanged(matrix: Array, positions: Sequence[Integers], pair: tuple[int, int]) -> Array:
    """Return (I ⊗ E) @ matrix, where E has ones in the two elements of a pair of coefficients."""
    moved = np.zeros_like(matrix)
    a, b = pair
    moved[:, :, positions[a]] = matrix[:, :, positions[b]]
    moved[:, :, positions[b]] = matrix[:, :, positions[a]]
    return moved
