"""Variances of combinations of fixed and random effects, from factors of Henderson's matrix.

For a row with fixed columns x and random columns z, the error of x'beta_hat + z'b_hat as an estimate of
x'beta + z'b has the variance

    sigma² [x' z'] H⁻¹ [x; z],    H = [[XᵀWX, XᵀWZ], [ZᵀWX, ZᵀWZ + (Lambda Lambdaᵀ)⁻¹]]

(Henderson 1975, Biometrics 31:423), which holds Var(beta_hat), Var(b_hat - b) and their covariance. With
D = Lambda (Lambdaᵀ ZᵀWZ Lambda + I)⁻¹ Lambdaᵀ it is

    sigma² (z'Dz + ||RX⁻¹ (x - XᵀWZ D z)||²),

a sum of squares that needs no inverse of Lambda. Neither H nor Z is ever formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import solve_triangular

from mlm_steps.engine.structures.block_diagonal import rows_of
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["Posterior", "TermRows"]

Array = NDArray[np.float64]

CHUNK = 4_000_000
"""Largest number of elements of an intermediate array, which then takes 32 MB."""


class TermRows(Protocol):
    """A random-effects term on some rows: of the fit, or of new data."""

    @property
    def group(self) -> str:
        """Name of the grouping factor."""

    @property
    def refs(self) -> NDArray[np.intp]:
        """Level of each row among those of the fit, shape (m,); -1 for a new level."""

    @property
    def z(self) -> Array:
        """One column per random coefficient, shape (m, k)."""


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """The inverse of Henderson's matrix in factors, in the engine's units and over sigma².

    Attributes
    ----------
    prepared : PreparedDesign
    theta : ndarray, shape (m,)
    RX : ndarray, shape (p, p)
        Lower triangular; RX RXᵀ = Xᵀ V⁻¹ X.
    fixed : tuple of ndarray, each of shape (J, K, p)
        Per factor D Zᵀ W X RX⁻ᵀ.
    own : ndarray, shape (J, K, K)
        The blocks of D of the first factor, given the random effects of the others.
    coupled : csr_array, shape (J K, q)
        Zᵀ W Z of the first factor with the q random effects of the others; q is 0 without others.
    root : ndarray or csr_array, shape (q, q)
        root @ rootᵀ is the block of D of the other factors; sparse where these nest in one another.
    """

    prepared: PreparedDesign
    theta: Array
    RX: Array
    fixed: tuple[Array, ...]
    own: Array
    coupled: sparse.csr_array
    root: Array | sparse.csr_array

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """The grouping factors, the first one eliminated level by level."""
        return self.prepared.strategy.factors

    def variances(self, X: Array, terms: Sequence[TermRows]) -> Array:
        """Return the variance over sigma² of the error of x'beta_hat + z'b_hat for each row, shape (m,).

        Parameters
        ----------
        X : ndarray, shape (m, p)
            Columns of the fixed effects, in the design's units.
        terms : sequence of TermRows
            In the design's order. The random effects of a new level are not part of b.
        """
        order = np.argsort(terms[self.factors[0].terms[0]].refs, kind="stable")
        variances = np.empty(X.shape[0])
        wide = 0 if sparse.issparse(self.root) else self.root.shape[0]
        width = max(wide, self.RX.shape[0], 1) * self.own.shape[1]
        for part in _chunks(order, max(1, CHUNK // width)):
            variances[part] = self._of_rows(X[part], terms, part)
        return variances

    def fixed_variances(self, X: Array) -> Array:
        """Return the variance over sigma² of the error of x'beta_hat alone for each row, shape (m,)."""
        whitened = _divided(self.RX.T, X @ self.prepared.units.back)
        squares: Array = np.einsum("ip,ip->i", whitened, whitened)
        return squares

    def prior_variances(self, terms: Sequence[TermRows], *, known: bool) -> Array:
        """Return z'Lambda Lambdaᵀz summed over the factors whose level is new; with ``known``, over all."""
        total = np.zeros(terms[0].refs.size)
        for factor in self.factors:
            Lambda = factor.pattern.factor(self.theta[factor.theta])
            z = np.concatenate([_divided(self.prepared.bases[t], terms[t].z) for t in factor.terms], axis=1)
            scaled = z @ Lambda
            unknown = terms[factor.terms[0]].refs < 0
            total += np.where(unknown | known, np.einsum("ia,ia->i", scaled, scaled), 0.0)
        return total

    def _of_rows(self, X: Array, terms: Sequence[TermRows], part: NDArray[np.intp]) -> Array:
        rows = [self._engine_rows(factor, terms, part) for factor in self.factors]
        adjusted = self._adjusted(X, rows)
        refs, z = rows[0]
        moved = np.einsum("iab,ib->ia", self.own[refs], z)
        total: Array = np.einsum("ip,ip->i", adjusted, adjusted) + np.einsum("ia,ia->i", moved, z)
        if self.coupled.shape[1]:
            total += _squares(self._others(rows, moved))
        return total

    def together(self, X: Array, terms: Sequence[TermRows], part: NDArray[np.intp]) -> tuple[Array, Array]:
        """Return (x - XᵀWZ D z)ᵀ RX⁻ᵀ of some rows, shape (m, p), and z'D z between all of them, (m, m)."""
        rows = [self._engine_rows(factor, terms, part) for factor in self.factors]
        refs, z = rows[0]
        moved = np.einsum("iab,ib->ia", self.own[refs], z)
        products = np.where(refs[:, None] == refs, moved @ z.T, 0.0)
        if self.coupled.shape[1]:
            others = self._others(rows, moved)
            gram = others @ others.T
            products += gram if isinstance(gram, np.ndarray) else gram.toarray()
        return self._adjusted(X[part], rows), products

    def _adjusted(self, X: Array, rows: Sequence[tuple[NDArray[np.intp], Array]]) -> Array:
        """Return (x - XᵀWZ D z)ᵀ RX⁻ᵀ for each row, shape (m, p)."""
        adjusted = _divided(self.RX.T, X @ self.prepared.units.back)
        for (refs, z), fixed in zip(rows, self.fixed, strict=True):
            for a in range(z.shape[1]):
                adjusted -= z[:, a, None] * fixed[refs, a]
        return adjusted

    def _engine_rows(
        self, factor: FactorTerms, terms: Sequence[TermRows], part: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], Array]:
        """Return the levels and the columns of one factor in the engine's units, zero for new levels."""
        refs = terms[factor.terms[0]].refs[part]
        z = np.concatenate(
            [_divided(self.prepared.bases[term], terms[term].z[part]) for term in factor.terms], axis=1
        )
        z[refs < 0] = 0.0
        return np.maximum(refs, 0), z

    def _others(
        self, rows: Sequence[tuple[NDArray[np.intp], Array]], moved: Array
    ) -> Array | sparse.csr_array:
        """Return rootᵀ (z - Z'Z D z) of the random effects of the other factors, one row per row."""
        if isinstance(self.root, np.ndarray):
            return self._dense_others(self.root, rows, moved)
        columns = [
            (span.start + refs[:, None] * factor.pattern.K + np.arange(factor.pattern.K), z)
            for (factor, span), (refs, z) in zip(rows_of(self.factors[1:]), rows[1:], strict=True)
        ]
        own = _row_matrix([place for place, _ in columns], [z for _, z in columns], self.root.shape[0])
        places = rows[0][0][:, None] * moved.shape[1] + np.arange(moved.shape[1])
        shared = _row_matrix([places], [moved], self.coupled.shape[0]) @ self.coupled
        product: sparse.csr_array = (own - shared) @ self.root
        return product

    def _dense_others(
        self, root: Array, rows: Sequence[tuple[NDArray[np.intp], Array]], moved: Array
    ) -> Array:
        refs, K = rows[0][0], moved.shape[1]
        levels, where = np.unique(refs, return_inverse=True)
        places = (levels[:, None] * K + np.arange(K)).ravel()
        shared = (self.coupled[places] @ root).reshape(levels.size, K, -1)
        others = np.zeros((refs.size, root.shape[0]))
        for a in range(K):
            others -= moved[:, a, None] * shared[where, a]
        for (factor, span), (own, z) in zip(rows_of(self.factors[1:]), rows[1:], strict=True):
            for b in range(z.shape[1]):
                others += z[:, b, None] * root[span.start + own * factor.pattern.K + b]
        return others


def _squares(vectors: Array | sparse.csr_array) -> Array:
    """Return the squared length of each row."""
    if isinstance(vectors, np.ndarray):
        squares: Array = np.einsum("ie,ie->i", vectors, vectors)
    else:
        squares = vectors.multiply(vectors).sum(axis=1)
    return squares


def _row_matrix(places: Sequence[NDArray[np.intp]], values: Sequence[Array], q: int) -> sparse.csr_array:
    """Return the sparse matrix with these values in these columns of each row."""
    columns, stored = np.concatenate(places, axis=1), np.concatenate(values, axis=1)
    m, width = stored.shape
    return sparse.csr_array((stored.ravel(), columns.ravel(), np.arange(m + 1) * width), shape=(m, q))


def _divided(upper: Array, rows: Array) -> Array:
    """Return rows @ upper⁻¹; a missing value makes its row missing."""
    if not upper.size:
        return rows
    solved: Array = solve_triangular(upper, rows.T, trans="T", check_finite=False).T
    return solved


def _chunks(order: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, order.size, size):
        yield order[start : start + size]
