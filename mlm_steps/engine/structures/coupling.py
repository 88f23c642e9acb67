"""Cross-products of the eliminated factor with the others, as sparse or dense arrays, whichever is faster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlm_steps.engine.structures.elimination import cells_of
from mlm_steps.engine.structures.groups import FactorTerms, segment_sum

__all__ = ["Coupling", "couple", "cross_products", "mirrored"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

DENSE_ADVANTAGE = 60.0
"""Number of dense multiplications that take as long as one of a listed pair (measured on one thread)."""
UNLISTED = 2.5
"""Time of a multiplication in a product of sparse matrices, relative to one of a listed pair."""
STRIP = 256
"""Number of rows that are mirrored at a time, so that they stay in the processor's cache."""
MOST_PAIRS = 6e6
"""Largest number of pairs of stored blocks that are listed once instead of found in every product."""
MOST_DENSE = 4e6
"""Largest number of elements of dense blocks in memory at a time: 32 MB."""


class Pairs(NamedTuple):
    """All pairs of blocks of one level, each once, as sparse matrices of shape (q², J).

    ``places`` are the flat places of their products, ``starts`` where each level's pairs start, and
    ``values``, shape (K (K + 1) / 2, pairs), the products of their elements: for elements c and d of blocks
    u and v, u_c v_c, and u_c v_d + u_d v_c where d > c.
    """

    places: Integers | NDArray[np.int32]
    starts: Integers | NDArray[np.int32]
    values: Array

    def matrices(self, size: int) -> list[sparse.csc_array]:
        """Return one matrix per row of the values."""
        shape = (size, self.starts.size - 1)
        return [sparse.csc_array((row, self.places, self.starts), shape=shape) for row in self.values]


@dataclass(frozen=True, eq=False)
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
    listed : bool
        For sparse products, whether the pairs of blocks are few enough to be listed.
    """

    groups: Integers
    columns: Integers
    values: Array
    starts: Integers
    q: int
    dense: bool
    listed: bool

    @cached_property
    def full(self) -> Array:
        """Return the blocks of all levels as a dense (J, K, q) array."""
        return self.levels(slice(0, self.starts.size - 1))

    @cached_property
    def pairs(self) -> list[sparse.csc_array]:
        """Return the products of all pairs of blocks of one level."""
        return _pairs(self).matrices(self.q**2)

    @cached_property
    def matrices(self) -> list[sparse.csr_array]:
        """Return one (J, q) matrix per row of the blocks."""
        return self._matrices(self.values)

    def gram(self, left: Array) -> Array:
        """Return Σ_j (left_j block_j)ᵀ left_j block_j, shape (q, q); left has shape (J, K, K)."""
        if self.dense:
            squares = np.zeros((self.q, self.q))
            for part, full in self._parts():
                flat = (left[part] @ full).reshape(-1, self.q)
                squares += flat.T @ flat
            return squares
        if self.listed:
            W = left.transpose(0, 2, 1) @ left
            first, *others = zip(self.pairs, _elements(W.shape[1]), strict=True)
            upper: Array = first[0] @ np.ascontiguousarray(W[:, 0, 0])
            for matrix, (a, b) in others:
                upper += matrix @ np.ascontiguousarray(W[:, a, b])
            return mirrored(upper.reshape(self.q, self.q).T).T
        matrices = self._matrices(self._moved(left))
        total = np.zeros((self.q, self.q))
        for own in matrices:
            total += (own.T @ own).toarray()
        return total

    def traces(self, Q: Array, left: Array) -> Array:
        """Return Σ_j left_j block_j Q block_jᵀ left_jᵀ, shape (K, K), for a symmetric Q."""
        K = left.shape[1]
        if self.dense:
            traces = np.zeros((K, K))
            for part, full in self._parts():
                rows = left[part] @ full
                right = (rows.reshape(-1, self.q) @ Q).reshape(rows.shape).transpose(1, 0, 2)
                traces += rows.transpose(1, 0, 2).reshape(K, -1) @ right.reshape(K, -1).T
            return traces
        if self.listed:
            forms, diagonal = np.zeros((left.shape[0], K, K)), np.diag(Q)
            for matrix, (a, b) in zip(self.pairs, _elements(K), strict=True):
                own = Q.ravel() @ matrix
                # The sum has each pair of a block with itself once and every other pair twice.
                own -= 0.5 * self._within(a, b, diagonal)
                forms[:, a, b] += own
                forms[:, b, a] += own
            summed: Array = np.einsum("jab,jbc,jdc->ad", left, forms, left, optimize=True)
            return summed
        matrices = self._matrices(self._moved(left))
        return np.array([[_weighted(Q, one, other) for other in matrices] for one in matrices])

    def times(self, right: Array) -> Array:
        """Return block_j @ ``right`` per level, shape (J, K, c); right has shape (q, c)."""
        if self._in_memory:
            return self.full @ right
        return np.stack([matrix @ right for matrix in self.matrices], axis=1)

    def transposed_times(self, right: Array) -> Array:
        """Return Σ_j block_jᵀ right_j, shape (q, c); right has shape (J, K, c)."""
        if self._in_memory:
            total: Array = self.full.reshape(-1, self.q).T @ right.reshape(-1, right.shape[2])
            return total
        products = [matrix.T @ right[:, a] for a, matrix in enumerate(self.matrices)]
        summed: Array = np.add.reduce(products)
        return summed

    def levels(self, part: slice) -> Array:
        """Return the blocks of some levels as a dense (levels, K, q) array."""
        last = min(part.stop, self.starts.size - 1)
        start, stop = self.starts[part.start], self.starts[last]
        full = np.zeros((last - part.start, self.values.shape[1], self.q))
        full[self.groups[start:stop] - part.start, :, self.columns[start:stop]] = self.values[start:stop]
        return full

    def rows(self, left: Array) -> sparse.csr_array:
        """Return left_j block_j of all levels, shape (J K, q)."""
        moved = self._moved(left)
        K = moved.shape[1]
        rows = (self.groups[:, None] * K + np.arange(K)).ravel()
        shape = (left.shape[0] * K, self.q)
        return sparse.csr_array((moved.ravel(), (rows, np.repeat(self.columns, K))), shape=shape)

    @property
    def _in_memory(self) -> bool:
        """Whether the dense blocks of all levels are kept."""
        return self.dense and self.values.shape[1] * (self.starts.size - 1) * self.q <= MOST_DENSE

    def _parts(self) -> Iterator[tuple[slice, Array]]:
        """Yield the dense blocks of some levels at a time."""
        levels = self.starts.size - 1
        if self._in_memory:
            yield slice(0, levels), self.full
            return
        size = max(1, int(MOST_DENSE) // (self.values.shape[1] * self.q))
        for start in range(0, levels, size):
            part = slice(start, start + size)
            yield part, self.levels(part)

    def _within(self, a: int, b: int, diagonal: Array) -> Array:
        """Return per level the sum of u_a u_b times the diagonal of Q over its blocks, twice if b > a."""
        own = self.values[:, a] * self.values[:, b] * diagonal[self.columns]
        return segment_sum(own if a == b else 2.0 * own, self.groups, self.starts.size - 1)

    def _moved(self, left: Array) -> Array:
        """Return left_j @ block for every block, shape (nnz, K)."""
        if left.shape[1] == 1:
            scaled: Array = self.values * left[self.groups, 0]
            return scaled
        moved: Array = np.einsum("iab,ib->ia", left[self.groups], self.values)
        return moved

    def _matrices(self, blocks: Array) -> list[sparse.csr_array]:
        """Return one (J, q) matrix per row of the blocks."""
        shape = (self.starts.size - 1, self.q)
        rows = np.ascontiguousarray(blocks.T)
        return [sparse.csr_array((row, self.columns, self.starts), shape=shape) for row in rows]


def _elements(K: int) -> list[tuple[int, int]]:
    """Return the places of the upper triangle of a (K, K) matrix, row after row."""
    return [(a, b) for a in range(K) for b in range(a, K)]


def _weighted(Q: Array, one: sparse.csr_array, other: sparse.csr_array) -> float:
    """Return the sum of the elements of oneᵀ other times those of Q."""
    product = (one.T @ other).tocoo()
    return float(Q[product.row, product.col] @ product.data)


def couple(first: FactorTerms, q: Array, rest: Sequence[FactorTerms], z: Sequence[Array]) -> Coupling:
    """Return the coupling; q holds the orthogonal columns of the eliminated factor, z those of the rest."""
    total = sum(factor.q for factor in rest)
    levels, places, blocks = [], [], []
    offset = 0
    for factor, columns in zip(rest, z, strict=True):
        cells = cells_of(first, factor)
        for b in range(factor.pattern.K):
            levels.append(cells.one)
            places.append(offset + cells.other * factor.pattern.K + b)
            blocks.append(segment_sum(q * columns[:, b, None], cells.where, cells.size))
        offset += factor.q
    order = np.lexsort((np.concatenate(places), np.concatenate(levels)))
    groups: Integers = np.concatenate(levels)[order]
    columns_found: Integers = np.concatenate(places)[order]
    summed = np.concatenate(blocks)[order]
    counts: Integers = np.bincount(groups, minlength=first.J)
    starts = np.zeros(first.J + 1, dtype=np.intp)
    np.cumsum(counts, out=starts[1:])
    work = float((counts.astype(float) ** 2).sum())
    listed = work * first.pattern.K * (first.pattern.K + 1) <= 4 * MOST_PAIRS
    advantage = DENSE_ADVANTAGE * (1.0 if listed else UNLISTED)
    dense = first.J * float(total) ** 2 < advantage * work
    listed = listed and not dense
    return Coupling(groups, columns_found, summed, starts, total, dense, listed)


def mirrored(matrix: Array) -> Array:
    """Return a symmetric matrix after its upper triangle is filled in, in place, from the lower one."""
    size = matrix.shape[0]
    for start in range(0, size, STRIP):
        stop = min(start + STRIP, size)
        matrix[start:stop, stop:] = matrix[stop:, start:stop].T
        own = matrix[start:stop, start:stop]
        own[:] = np.tril(own) + np.tril(own, -1).T
    return matrix


def _pairs(coupling: Coupling) -> Pairs:
    groups, columns, starts = coupling.groups, coupling.columns, coupling.starts
    blocks = np.arange(groups.size)
    partners = starts[groups + 1] - blocks
    one = np.repeat(blocks, partners)
    firsts = np.cumsum(partners) - partners
    other = np.arange(one.size) - np.repeat(firsts - blocks, partners)
    rows = np.ascontiguousarray(coupling.values.T)
    values = []
    for a, b in _elements(len(rows)):
        product = rows[a][one] * rows[b][other]
        values.append(product if a == b else product + rows[b][one] * rows[a][other])
    places, ends = columns[one] * coupling.q + columns[other], np.append(firsts, one.size)[starts]
    if coupling.q**2 < np.iinfo(np.int32).max:
        return Pairs(places.astype(np.int32), ends.astype(np.int32), np.stack(values))
    return Pairs(places, ends, np.stack(values))


def cross_products(rest: Sequence[FactorTerms], z: Sequence[Array]) -> Array:
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
