"""Several factors that do not all nest, at changing weights: the largest is eliminated, the rest is dense.

With D the blocks of the eliminated factor and C its cross-products with the rest, the complement is
M = I + A_restᵀ W A_rest - Cᵀ D⁻¹ C. C is sparse: it has a block for every pair of levels that share rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from mlm_steps.engine.structures.elimination import Cells, cells_of
from mlm_steps.engine.structures.groups import FactorTerms, cholesky_blocks, segment_sum
from mlm_steps.engine.structures.triangles import backward, forward

__all__ = ["WeightedSeveral"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

MOST_DENSE = 4e6
"""Largest number of elements of the dense product of all levels with the rest: 32 MB."""


class Pair(NamedTuple):
    """Two factors outside the eliminated one, by their positions there, with their cells."""

    one: int
    other: int
    cells: Cells


@dataclass(frozen=True, eq=False)
class WeightedSeveral:
    """The structure of several factors.

    Attributes
    ----------
    factors : tuple of FactorTerms
        The eliminated factor first.
    cells : tuple of Cells
        The cells of the eliminated factor with each of the others.
    pairs : tuple of Pair
        The cells of the others with one another.
    starts : tuple of int
        Where the random effects of each of the others start in the complement.
    q : int
        Random effects in the complement.
    """

    factors: tuple[FactorTerms, ...]
    cells: tuple[Cells, ...]
    pairs: tuple[Pair, ...]
    starts: tuple[int, ...]
    q: int

    @classmethod
    def of(cls, factors: tuple[FactorTerms, ...]) -> WeightedSeveral:
        """Return the structure; the first factor is eliminated."""
        first, *rest = factors
        ends = np.cumsum([0, *(factor.q for factor in rest)])
        pairs = tuple(
            Pair(a, b, cells_of(rest[a], rest[b])) for a in range(len(rest)) for b in range(a + 1, len(rest))
        )
        cells = tuple(cells_of(first, factor) for factor in rest)
        return cls(factors, cells, pairs, tuple(int(end) for end in ends[:-1]), int(ends[-1]))

    @property
    def independent(self) -> None:
        """Rows of all levels are connected."""
        return

    @cached_property
    def layout(self) -> tuple[Integers, Integers, Integers]:
        """Return the order, the columns and the row starts of the stored elements of C, shape (J K, q)."""
        first = self.factors[0]
        K1, rows, columns = first.pattern.K, [], []
        for factor, cells, start in zip(self.factors[1:], self.cells, self.starts, strict=True):
            K = factor.pattern.K
            row = cells.one[:, None, None] * K1 + np.arange(K1)[:, None]
            column = start + cells.other[:, None, None] * K + np.arange(K)
            rows.append(np.broadcast_to(row, (cells.size, K1, K)).ravel())
            columns.append(np.broadcast_to(column, (cells.size, K1, K)).ravel())
        row, column = np.concatenate(rows), np.concatenate(columns)
        order = np.lexsort((column, row))
        starts = np.zeros(first.q + 1, dtype=np.intp)
        np.cumsum(np.bincount(row, minlength=first.q), out=starts[1:])
        return order, column[order], starts

    def sparse(self, blocks: Sequence[Array]) -> sparse.csr_array:
        """Return the matrix of shape (J K, q) with these blocks in the cells, (cells, K, K) per factor."""
        order, columns, starts = self.layout
        values = np.concatenate([block.ravel() for block in blocks])[order]
        return sparse.csr_array((values, columns, starts), shape=(self.factors[0].q, self.q))

    def factorise(self, A: Sequence[Array], w: Array) -> FactorisedSeveral | None:
        """Return the factorisation, or None where it does not exist."""
        first, own = self.factors[0], A[0]
        weighted = [w[:, None] * columns for columns in A]
        D = _blocks(own, weighted[0], first.refs, first.J) + np.eye(first.pattern.K)
        C = [
            _blocks(own, columns, cells.where, cells.size)
            for columns, cells in zip(weighted[1:], self.cells, strict=True)
        ]
        M = self._rest(A[1:], weighted[1:])
        if not np.isfinite(D).all() or not np.isfinite(M).all():
            return None
        L = cholesky_blocks(D)
        if L is None:
            return None
        Y = self.sparse([_forward_cells(L, block, cells) for block, cells in zip(C, self.cells, strict=True)])
        M -= _gram(Y)
        LM, info = lapack.dpotrf(M, lower=1, clean=1, overwrite_a=1)
        return FactorisedSeveral(self, tuple(A), L, Y, LM) if info == 0 else None

    def _rest(self, A: Sequence[Array], weighted: Sequence[Array]) -> Array:
        """Return I + Aᵀ W A of the factors outside the eliminated one, dense."""
        M = np.zeros((self.q, self.q), order="F")
        rest = self.factors[1:]
        for factor, columns, moved, start in zip(rest, A, weighted, self.starts, strict=True):
            levels = np.arange(factor.J)
            _add(M, _blocks(columns, moved, factor.refs, factor.J), start, levels, start, levels)
        for one, other, cells in self.pairs:
            block = _blocks(A[one], weighted[other], cells.where, cells.size)
            _add(M, block, self.starts[one], cells.one, self.starts[other], cells.other)
            flipped = block.transpose(0, 2, 1)
            _add(M, flipped, self.starts[other], cells.other, self.starts[one], cells.one)
        M[np.diag_indices(self.q)] += 1.0
        return M


@dataclass(frozen=True, eq=False)
class FactorisedSeveral:
    """The factorisation for several factors.

    Attributes
    ----------
    structure : WeightedSeveral
    A : tuple of ndarray, each of shape (n, K)
        The rows per factor.
    L : ndarray, shape (J, K, K)
        Lower triangles of the eliminated factor's blocks.
    Y : sparse array, shape (J K, q)
        L⁻¹ C.
    LM : ndarray, shape (q, q)
        Lower triangle of the complement.
    """

    structure: WeightedSeveral
    A: tuple[Array, ...]
    L: Array
    Y: sparse.csr_array
    LM: Array

    @property
    def log_det(self) -> float:
        """log|H|."""
        eliminated = np.log(np.diagonal(self.L, axis1=1, axis2=2)).sum()
        return 2.0 * float(eliminated + np.log(np.diag(self.LM)).sum())

    def solve(self, right: Sequence[Array]) -> list[Array]:
        """Return H⁻¹ times a vector, shape (J, K) per factor."""
        structure = self.structure
        first, *rest = structure.factors
        forward = _solved(self.L, right[0])
        outer = np.concatenate([part.ravel() for part in right[1:]]) - self.Y.T @ forward.ravel()
        solution, _ = lapack.dpotrs(self.LM, outer, lower=1)
        inner = _solved(self.L, forward - (self.Y @ solution).reshape(first.J, -1), transposed=True)
        parts = np.split(solution, structure.starts[1:])
        shaped = [part.reshape(factor.J, factor.pattern.K) for part, factor in zip(parts, rest, strict=True)]
        return [inner, *shaped]

    @cached_property
    def complement(self) -> Array:
        """The part of H⁻¹ outside the eliminated factor, shape (q, q)."""
        lower, _ = lapack.dpotri(self.LM, lower=1)
        whole: Array = np.tril(lower) + np.tril(lower, -1).T
        return whole

    @cached_property
    def _inner(self) -> tuple[list[Array], Array]:
        """The blocks of H⁻¹ of the eliminated factor: in the cells with the others, and on the diagonal."""
        structure = self.structure
        first, *rest = structure.factors
        J, K = first.J, first.pattern.K
        across = [
            np.zeros((cells.size, K, f.pattern.K)) for f, cells in zip(rest, structure.cells, strict=True)
        ]
        own = np.zeros((J, K, K))
        step = max(1, int(MOST_DENSE) // (K * structure.q))
        for start in range(0, J, step):
            stop = min(start + step, J)
            Y = self.Y[start * K : stop * K]
            moved = (Y @ self.complement).reshape(stop - start, K, structure.q)
            dense = Y.toarray().reshape(stop - start, K, structure.q)
            own[start:stop] = moved @ dense.transpose(0, 2, 1)
            for block, f, cells, at in zip(across, rest, structure.cells, structure.starts, strict=True):
                inside = slice(*np.searchsorted(cells.one, [start, stop]))
                columns = at + cells.other[inside, None] * f.pattern.K + np.arange(f.pattern.K)
                rows = np.broadcast_to((cells.one[inside] - start)[:, None], columns.shape)
                block[inside] = moved[rows, :, columns].transpose(0, 2, 1)
        roots = forward(self.L, np.broadcast_to(np.eye(K), self.L.shape)).transpose(0, 2, 1)
        across = [-(roots[cells.one] @ block) for block, cells in zip(across, structure.cells, strict=True)]
        return across, roots @ (own + np.eye(K)) @ roots.transpose(0, 2, 1)

    def projections(self) -> list[Array]:
        """Return for every row the part of H⁻¹ a_i in its own level, shape (n, K) per factor."""
        structure = self.structure
        first, *rest = structure.factors
        across, own = self._inner
        moved = [_times(own, first.refs, self.A[0])]
        for block, cells, columns in zip(across, structure.cells, self.A[1:], strict=True):
            moved[0] += _times(block, cells.where, columns)
            moved.append(_times(block.transpose(0, 2, 1), cells.where, self.A[0]))
        Q = self.complement
        for a, (factor, start) in enumerate(zip(rest, structure.starts, strict=True)):
            levels = np.arange(factor.J)
            moved[a + 1] += _times(
                _taken(Q, start, levels, factor, start, levels, factor), factor.refs, self.A[a + 1]
            )
        for one, other, cells in structure.pairs:
            places = (
                structure.starts[one],
                cells.one,
                rest[one],
                structure.starts[other],
                cells.other,
                rest[other],
            )
            block = _taken(Q, *places)
            moved[one + 1] += _times(block, cells.where, self.A[other + 1])
            moved[other + 1] += _times(block.transpose(0, 2, 1), cells.where, self.A[one + 1])
        return moved

    def variances(self) -> list[Array]:
        """Return the diagonal blocks of H⁻¹, shape (J, K, K) per factor."""
        _, own = self._inner
        found = [own]
        for factor, start in zip(self.structure.factors[1:], self.structure.starts, strict=True):
            levels = np.arange(factor.J)
            found.append(_taken(self.complement, start, levels, factor, start, levels, factor))
        return found


def _blocks(left: Array, right: Array, where: Integers, size: int) -> Array:
    """Return the sums of the outer products of rows within levels or cells, shape (size, K, K')."""
    products = left[:, :, None] * right[:, None, :]
    return segment_sum(products.reshape(left.shape[0], -1), where, size).reshape(size, *products.shape[1:])


def _times(blocks: Array, where: Integers, rows: Array) -> Array:
    """Return the block of each row times the row, shape (n, K)."""
    if blocks.shape[1:] == (1, 1):
        return np.asarray(blocks[where, 0] * rows)
    return np.asarray(np.einsum("iab,ib->ia", blocks[where], rows))


def _add(M: Array, blocks: Array, row: int, one: Integers, column: int, other: Integers) -> None:
    """Add blocks to M in place; ``row`` and ``column`` are where their factors start."""
    K, K2 = blocks.shape[1:]
    rows = row + one[:, None, None] * K + np.arange(K)[:, None]
    columns = column + other[:, None, None] * K2 + np.arange(K2)
    M[rows, columns] += blocks


def _taken(
    Q: Array, row: int, one: Integers, first: FactorTerms, column: int, other: Integers, second: FactorTerms
) -> Array:
    """Return the blocks of Q for pairs of levels, shape (pairs, K, K')."""
    K, K2 = first.pattern.K, second.pattern.K
    rows = row + one[:, None, None] * K + np.arange(K)[:, None]
    taken: Array = Q[rows, column + other[:, None, None] * K2 + np.arange(K2)]
    return taken


def _forward_cells(L: Array, blocks: Array, cells: Cells) -> Array:
    """Return L_j⁻¹ times the blocks of all cells of level j."""
    if L.shape[1] == 1:
        return np.asarray(blocks / L[cells.one])
    return forward(L[cells.one], blocks)


def _solved(L: Array, right: Array, *, transposed: bool = False) -> Array:
    """Return L_j⁻¹ right_j, or L_j⁻ᵀ right_j, shape (J, K)."""
    if L.shape[1] == 1:
        return np.asarray(right / L[:, 0])
    solved = backward if transposed else forward
    return solved(L, right[:, :, None])[:, :, 0]


def _gram(Y: sparse.csr_array) -> Array:
    """Return Yᵀ Y, dense."""
    rows, q = Y.shape
    if rows * q <= MOST_DENSE:
        dense = Y.toarray()
        return np.asarray(dense.T @ dense)
    return np.asarray((Y.T @ Y).toarray())
