"""What the eliminated factor shares with the levels of the others: sparse while that pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlm_steps.engine.groups import Factor, segment_sum

__all__ = ["Coupling", "couple", "cross_products"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

DENSE_ADVANTAGE = 60.0
"""How many dense multiplications take the time of one sparse one (measured, one thread)."""
MOST_PAIRS = 6e6
"""Pairs of stored blocks that are listed once rather than found again in every product."""
MOST_DENSE = 2e7
"""Elements of a dense coupling matrix."""


class Pairs(NamedTuple):
    """All pairs of blocks of one level, each once: their positions, and the flat place of their product."""

    one: Integers
    other: Integers
    place: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Coupling:
    """The blocks Q_jᵀ Z_rest of the eliminated factor with the columns of the rest.

    Attributes
    ----------
    groups, columns : ndarray, shape (nnz,)
        Level of the eliminated factor and column of the rest of each stored block, sorted.
    values : ndarray, shape (nnz, K)
        The blocks.
    starts : ndarray, shape (J + 1,)
        Where each level's blocks start.
    q : int
        Columns of the rest.
    dense : bool
        Whether products go through dense arrays.
    pairs : Pairs or None
        For sparse products, when they are few enough to be listed.
    """

    groups: Integers
    columns: Integers
    values: Array
    starts: Integers
    q: int
    dense: bool
    pairs: Pairs | None

    def whitened(self, left: Array) -> Array:
        """Return left_j @ block for every block, shape (nnz, K); left has shape (J, K, K)."""
        if left.shape[1] == 1:
            scaled: Array = self.values * left[self.groups, 0]
            return scaled
        moved: Array = np.einsum("iab,ib->ia", left[self.groups], self.values)
        return moved

    def gram(self, blocks: Array) -> Array:
        """Return Σ_j block_jᵀ block_j as a dense (q, q) matrix."""
        if self.pairs is not None:
            one, other, place = self.pairs
            weights = np.zeros(one.size)
            for row in np.ascontiguousarray(blocks.T):
                weights += row[one] * row[other]
            upper = segment_sum(weights, place, self.q**2).reshape(self.q, self.q)
            gram: Array = upper + upper.T
            gram.flat[:: self.q + 1] *= 0.5
            return gram
        matrices = self._matrices(blocks)
        return sum((_product(matrix, matrix) for matrix in matrices[1:]), _product(matrices[0], matrices[0]))

    def traces(self, Q: Array, blocks: Array) -> Array:
        """Return Σ_j block_j Q block_jᵀ, shape (K, K), for a symmetric Q."""
        if self.pairs is not None:
            one, other, place = self.pairs
            weights = Q.ravel()[place]
            rows = np.ascontiguousarray(blocks.T)
            half = np.array([(weights * row[one]) @ column[other] for row in rows for column in rows])
            half = half.reshape(2 * (len(rows),))
            own = (rows * np.diag(Q)[self.columns]) @ rows.T
            traces: Array = half + half.T - own
            return traces
        matrices = self._matrices(blocks)
        return np.array([[np.sum(Q * _product(one, other)) for other in matrices] for one in matrices])

    def times(self, blocks: Array, right: Array) -> Array:
        """Return block_j @ ``right`` per level, shape (J, K, c); right has shape (q, c)."""
        return np.stack([matrix @ right for matrix in self._matrices(blocks)], axis=1)

    def transposed_times(self, blocks: Array, right: Array) -> Array:
        """Return Σ_j block_jᵀ right_j, shape (q, c); right has shape (J, K, c)."""
        products = [matrix.T @ right[:, a] for a, matrix in enumerate(self._matrices(blocks))]
        total: Array = np.add.reduce(products)
        return total

    def levels(self, blocks: Array, part: slice) -> Array:
        """Return the blocks of some levels as a dense (levels, K, q) array."""
        start, stop = self.starts[part.start], self.starts[min(part.stop, self.starts.size - 1)]
        full = np.zeros((min(part.stop, self.starts.size - 1) - part.start, blocks.shape[1], self.q))
        full[self.groups[start:stop] - part.start, :, self.columns[start:stop]] = blocks[start:stop]
        return full

    def _matrices(self, blocks: Array) -> list[sparse.csr_array | Array]:
        """Return one (J, q) matrix per row of the blocks."""
        shape = (self.starts.size - 1, self.q)
        if not self.dense:
            return [
                sparse.csr_array((np.ascontiguousarray(row), self.columns, self.starts), shape=shape)
                for row in blocks.T
            ]
        full = np.zeros((blocks.shape[1], *shape))
        full[:, self.groups, self.columns] = blocks.T
        return list(full)


def _product(one: sparse.csr_array | Array, other: sparse.csr_array | Array) -> Array:
    product = one.T @ other
    dense: Array = product if isinstance(product, np.ndarray) else product.toarray()
    return dense


def couple(first: Factor, q: Array, rest: Sequence[Factor], z: Sequence[Array]) -> Coupling:
    """Return the coupling; q holds the orthogonal columns of the eliminated factor, z those of the rest."""
    total = sum(factor.q for factor in rest)
    keys, values = [], []
    offset = 0
    for factor, columns in zip(rest, z, strict=True):
        for b in range(factor.pattern.K):
            keys.append(first.refs * total + (offset + factor.refs * factor.pattern.K + b))
            values.append(q * columns[:, b, None])
        offset += factor.q
    found, where = np.unique(np.concatenate(keys), return_inverse=True)
    stacked = np.concatenate(values)
    summed = segment_sum(stacked, where, found.size)
    groups: Integers = found // total
    columns_found: Integers = found % total
    counts: Integers = np.bincount(groups, minlength=first.J)
    starts = np.zeros(first.J + 1, dtype=np.intp)
    np.cumsum(counts, out=starts[1:])
    work = float((counts.astype(float) ** 2).sum())
    dense = first.J * float(total) ** 2 < DENSE_ADVANTAGE * work and first.J * total < MOST_DENSE
    pairs = None if dense or work > 2 * MOST_PAIRS else _pairs(groups, columns_found, starts, total)
    return Coupling(groups, columns_found, summed, starts, total, dense, pairs)


def _pairs(groups: Integers, columns: Integers, starts: Integers, total: int) -> Pairs:
    blocks = np.arange(groups.size)
    partners = starts[groups + 1] - blocks
    one = np.repeat(blocks, partners)
    firsts = np.cumsum(partners) - partners
    other = one + np.arange(one.size) - np.repeat(firsts, partners)
    return Pairs(one, other, columns[one] * total + columns[other])


def cross_products(rest: Sequence[Factor], z: Sequence[Array]) -> Array:
    """Return Z_restᵀ Z_rest as a dense matrix."""
    total = sum(factor.q for factor in rest)
    n = z[0].shape[0]
    columns, values, offset = [], [], 0
    for factor, block in zip(rest, z, strict=True):
        K = factor.pattern.K
        columns.append(offset + factor.refs[:, None] * K + np.arange(K))
        values.append(block)
        offset += factor.q
    where, what = np.concatenate(columns, axis=1), np.concatenate(values, axis=1)
    starts = np.arange(n + 1) * where.shape[1]
    Z = sparse.csr_array((what.ravel(), where.ravel(), starts), shape=(n, total))
    product: Array = (Z.T @ Z).toarray()
    return product
