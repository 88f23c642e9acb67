"""Many outcomes of one design, reduced to the cross-products that depend on the outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlm_steps.design.matrices import Design
from mlm_steps.engine.structures.groups import Blocks, FactorTerms
from mlm_steps.engine.structures.nested import Nested
from mlm_steps.engine.structures.prepared import InternalColumns, Strategy, internal_columns
from mlm_steps.engine.structures.standardize import CONSTANT_IN_X

__all__ = ["Found", "Outcomes", "Reducer"]

Array = NDArray[np.float64]

REPRODUCED = 1e-12
"""Residual length of an outcome, relative to its centred length, below which X reproduces it exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """The cross-products of outcomes that a criterion needs, in the engine's units.

    Attributes
    ----------
    scale : ndarray, shape (B,)
        Length of each outcome's ordinary least-squares residual, in outcome units; 0 where X
        reproduces the outcome.
    beta0 : ndarray, shape (p, B)
        Ordinary least-squares coefficients that were subtracted, in outcome units.
    G : ndarray, shape (J, K, B)
        Q_jᵀ y of the first factor.
    fixed : ndarray, shape (p, B)
        Eᵀ E between the fixed effects and the outcome, as in ``Blocks.C``.
    total : ndarray, shape (B,)
        Eᵀ E of the outcome with itself.
    rest : ndarray, shape (q, B)
        Products of the other factors' columns with E y, the part of y outside the span of the first factor:
        Zᵀ E y, or for nested factors sums within the levels of the second factor.
    """

    scale: Array
    beta0: Array
    G: Array
    fixed: Array
    total: Array
    rest: Array


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Where the searches for many outcomes ended, in the engine's units.

    Attributes
    ----------
    theta : ndarray, shape (B, m)
    log_det_L2, log_det_RX2, pwrss : ndarray, shape (B,)
    beta : ndarray, shape (p, B)
    good : ndarray of bool, shape (B,)
        Whether the end is an optimum by the criteria of ``assess``; the other outcomes are searched again.
    """

    theta: Array
    log_det_L2: Array
    log_det_RX2: Array
    pwrss: Array
    beta: Array
    good: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Reducer:
    """The part of the reduction that all outcomes of a design share.

    Attributes
    ----------
    design : Design
    columns : InternalColumns
        The factors are in the order of the strategy.
    blocks : Blocks
        Blocks of the first factor; their data are only the columns of X.
    own : tuple of sparse array, each of shape (J, n)
        Per coefficient of the first factor, Q_jᵀ of all levels.
    rest : sparse array, shape (q, n)
        Matrix that gives ``Outcomes.rest`` from E y.
    """

    design: Design
    columns: InternalColumns
    blocks: Blocks
    own: tuple[sparse.csr_array, ...]
    rest: sparse.csr_array

    @classmethod
    def of(cls, design: Design, strategy: Strategy, *, joint: bool = False) -> Reducer:
        """Return the shared part for a design; FitError where X is not of full rank.

        With ``joint``, nested factors are treated as crossed factors.
        """
        columns = internal_columns(design, factors=strategy.factors)
        factors, z = columns.factors, columns.z
        blocks = columns.blocks(columns.standard.fixed.Q)
        own = tuple(_by_level(factors[0], column) for column in blocks.q.T)
        if isinstance(strategy, Nested) and not joint:
            rest = [_interleaved(factors[1], np.concatenate(z[1:], axis=1))]
        else:
            rest = [_interleaved(factor, each) for factor, each in zip(factors[1:], z[1:], strict=True)]
        empty = sparse.csr_array((0, design.n))
        return cls(design, columns, blocks, own, sparse.vstack([empty, *rest], format="csr"))

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """The grouping factors, in the order of the strategy."""
        return self.columns.factors

    def reduce(self, Y: Array) -> Outcomes:
        """Return the cross-products of outcomes, given as columns, shape (n, B)."""
        E, beta0 = self._residuals(Y)
        scale = np.linalg.norm(E, axis=0)
        # The residual of an outcome that X reproduces is rounding error.
        scale[scale <= REPRODUCED * np.linalg.norm(Y - Y.mean(axis=0), axis=0)] = 0.0
        E *= np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0.0)
        G = np.empty((self.factors[0].J, len(self.own), Y.shape[1]))
        for a, rows in enumerate(self.own):
            G[:, a] = rows @ E
            E -= rows.T @ G[:, a]
        fixed, total = self.blocks.E.T @ E, np.einsum("ib,ib->b", E, E)
        return Outcomes(scale, beta0, G, fixed, total, self.rest @ E)

    def _residuals(self, Y: Array) -> tuple[Array, Array]:
        """Return the weighted outcomes minus their projections on X, and the projections' coefficients."""
        design, fixed = self.design, self.columns.standard.fixed
        E = Y if design.offset is None else Y - design.offset[:, None]
        root = np.ones(design.n) if design.weights is None else np.sqrt(design.weights)
        inside = fixed.Q.T @ root
        beta = np.zeros((design.p, Y.shape[1]))
        # Subtracting a value near the data is exact in floating point; a projection is not.
        if design.p and np.linalg.norm(root - fixed.Q @ inside) <= CONSTANT_IN_X * np.linalg.norm(root):
            middle = E.mean(axis=0)
            E = E - middle
            beta = np.outer(fixed.back @ inside, middle)
        E = root[:, None] * E
        for _ in range(2):
            step = fixed.Q.T @ E
            E -= fixed.Q @ step
            beta += fixed.back @ step
        return E, beta


def _by_level(factor: FactorTerms, column: Array) -> sparse.csr_array:
    n = column.size
    return sparse.csr_array((column, (factor.refs, np.arange(n))), shape=(factor.J, n))


def _interleaved(factor: FactorTerms, columns: Array) -> sparse.csr_array:
    """Return the matrix that sums columns within the levels of a factor, level by level, shape (J k, n)."""
    n, K = columns.shape
    rows = factor.refs[:, None] * K + np.arange(K)
    places = np.broadcast_to(np.arange(n)[:, None], rows.shape)
    return sparse.csr_array((columns.ravel(), (rows.ravel(), places.ravel())), shape=(factor.J * K, n))
