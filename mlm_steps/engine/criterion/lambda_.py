"""Lambda, the relative covariance factor: from theta and back (Bates et al. 2015, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import hypot

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pattern", "lower_factor", "pack", "unpack"]

ROUNDING = 4e-16
"""Size of an element, relative to its row, below which it is zero up to rounding."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the elements of theta stand in the block-diagonal Lambda of one grouping factor.

    Attributes
    ----------
    rows, columns : ndarray, shape (m,)
        Position in Lambda of each element of the factor's theta.
    spans : tuple of slice
        Per term, its coefficients among the factor's K.
    K : int
        Random coefficients per level, over all terms on the factor.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    spans: tuple[slice, ...]
    K: int

    @classmethod
    def of(cls, sizes: Sequence[int]) -> Pattern:
        """Return the pattern of terms with the given numbers of coefficients; equal sizes share one."""
        return _pattern(tuple(sizes))

    @cached_property
    def diagonal(self) -> NDArray[np.bool_]:
        """Which elements of theta stand on the diagonal of Lambda, shape (m,)."""
        return np.asarray(self.rows == self.columns)

    @cached_property
    def elements(self) -> NDArray[np.float64]:
        """Per element, 1 at its places in the symmetric Lambda Lambdaᵀ, shape (m, K K)."""
        elements, each = np.zeros((self.m, self.K, self.K)), np.arange(self.m)
        elements[each, self.rows, self.columns] = elements[each, self.columns, self.rows] = 1.0
        return elements.reshape(self.m, self.K * self.K)

    @property
    def m(self) -> int:
        """Number of covariance parameters."""
        return int(self.rows.size)

    def factor(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Lambda, shape (K, K)."""
        Lambda = np.zeros((self.K, self.K))
        Lambda[self.rows, self.columns] = theta
        return Lambda

    def tangents(
        self, Lambda: NDArray[np.float64], Q: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Return the derivatives of Lambda Lambdaᵀ in each element of theta, shape (m, K, K).

        With Q, Lambda is given as Qᵀ Lambda, and the derivatives are those of Qᵀ Lambda Lambdaᵀ Q.
        """
        if Q is not None:
            tangents = Q[self.rows, :, None] * Lambda[:, self.columns].T[:, None, :]
        else:
            tangents = np.zeros((self.m, self.K, self.K))
            tangents[np.arange(self.m), self.rows] = Lambda[:, self.columns].T
        return tangents + tangents.transpose(0, 2, 1)

    def gradient(self, P_Lambda: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gradient in theta, given P @ Lambda for the derivative P in Lambda Lambdaᵀ."""
        gradient: NDArray[np.float64] = 2.0 * P_Lambda[..., self.rows, self.columns]
        return gradient

    def bend(self, P: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the part of the Hessian from the curvature of Lambda Lambdaᵀ in theta, shape (…, m, m)."""
        same = self.columns[:, None] == self.columns
        bend: NDArray[np.float64] = 2.0 * same * P[..., self.rows[:, None], self.rows]
        return bend


@cache
def _pattern(sizes: tuple[int, ...]) -> Pattern:
    rows, columns, spans, start = [], [], [], 0
    for k in sizes:
        row, column = _triangle(k)
        rows.append(row + start)
        columns.append(column + start)
        spans.append(slice(start, start + k))
        start += k
    return Pattern(np.concatenate(rows), np.concatenate(columns), tuple(spans), start)


@cache
def _triangle(k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows and columns of a lower triangle, column after column."""
    columns, rows = np.triu_indices(k)
    return rows, columns


def unpack(theta: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the lower triangular matrix of one term from its column-major lower triangle."""
    factor = np.zeros((k, k))
    rows, columns = _triangle(k)
    factor[rows, columns] = theta
    return factor


def pack(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the column-major lower triangle of one term's factor."""
    rows, columns = _triangle(factor.shape[0])
    packed: NDArray[np.float64] = factor[rows, columns]
    return packed


def lower_factor(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lower triangular F with F Fᵀ = A Aᵀ and a diagonal that is not negative.

    The product is never formed, so that small singular values keep their digits.

    Examples
    --------
    >>> lower_factor(np.array([[3.0, 4.0], [0.0, -2.0]])).round(3)
    array([[ 5. ,  0. ],
           [-1.6,  1.2]])
    """
    if matrix.shape == (1, 1):
        return np.abs(matrix)
    if matrix.shape == (2, 2):
        return _lower_two(*matrix.ravel().tolist())
    missing = matrix.shape[0] - matrix.shape[1]
    columns = np.pad(matrix.T, ((0, missing), (0, 0))) if missing > 0 else matrix.T
    upper: NDArray[np.float64] = np.linalg.qr(columns)[1]
    upper[np.abs(upper) <= ROUNDING * np.sqrt(np.einsum("ij,ij->j", upper, upper))] = 0.0
    signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
    return np.tril(upper.T * signs)


def _lower_two(a: float, b: float, c: float, d: float) -> NDArray[np.float64]:
    """Return ``lower_factor`` of [[a, b], [c, d]]."""
    length = hypot(a, b)
    if length == 0.0:
        return np.array([[0.0, 0.0], [0.0, hypot(c, d)]])
    a, b = a / length, b / length
    return np.array([[length, 0.0], [a * c + b * d, abs(a * d - b * c)]])
