"""What the eliminated factor shares with the levels of the others: sparse while that pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlm_steps.engine.groups import Factor

__all__ = ["Coupling", "couple", "cross_products"]

Array = NDArray[np.float64]

DENSE_ADVANTAGE = 60.0
"""How many dense multiplications take the time of one sparse one (measured, one thread)."""


@dataclass(frozen=True, slots=True, eq=False)
class Coupling:
    """The blocks Q_jᵀ Z_rest of the eliminated factor with the columns of the rest.

    Attributes
    ----------
    groups, columns : ndarray, shape (nnz,)
        Level of the eliminated factor and column of the rest of each stored block, sorted.
    values : ndarray, shape (nnz, K)
        The blocks.
    shape : tuple of int
        (J, q of the rest).
    dense : bool
        Whether products go through dense arrays.
    """

    groups: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Array
    shape: tuple[int, int]
    dense: bool

    def matrix(self, values: Array) -> sparse.csr_array | Array:
        """Return one value per stored block as a (J, q) matrix."""
        if self.dense:
            full = np.zeros(self.shape)
            full[self.groups, self.columns] = values
            return full
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.groups, minlength=self.shape[0]))])
        return sparse.csr_array((values, self.columns, starts), shape=self.shape)

    def whitened(self, left: Array) -> list[sparse.csr_array | Array]:
        """Return, per row a, the matrix of Σ_b left_j[a, b] values_j[b]; left has shape (J, K, K)."""
        moved = np.einsum("iab,ib->ia", left[self.groups], self.values)
        return [self.matrix(np.ascontiguousarray(column)) for column in moved.T]


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
    summed = np.stack([np.bincount(where, column, minlength=found.size) for column in stacked.T], axis=1)
    groups, places = np.divmod(found, total)
    sparse_cost = float((np.bincount(groups, minlength=first.J).astype(float) ** 2).sum())
    dense = first.J * float(total) ** 2 < DENSE_ADVANTAGE * sparse_cost and first.J * total < 2e7
    return Coupling(groups, places, summed, (first.J, total), dense)


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
