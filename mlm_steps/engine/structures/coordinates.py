"""The same model in other coordinates of its random or fixed effects, from cross-products alone.

A profile fixes one parameter. The coordinates are chosen so that this parameter is an element of theta or a
coefficient. The other coordinates are then free, and the engine evaluates the criterion as usual.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures.nested import Nested
from mlm_steps.engine.structures.one_factor import OneFactor
from mlm_steps.engine.structures.prepared import Strategy
from mlm_steps.engine.structures.several_factors import SeveralFactors

__all__ = ["change_random_coordinates", "combine_columns"]

Array = NDArray[np.float64]


def change_random_coordinates(strategy: Strategy, term: int, M: Array) -> Strategy:
    """Return the strategy in which the random coefficients b of one term are M times the new ones.

    Parameters
    ----------
    strategy : Strategy
    term : int
        Position of the term in the design.
    M : ndarray, shape (k, k)
        In the engine's units, not singular.
    """
    position = next(i for i, factor in enumerate(strategy.factors) if term in factor.terms)
    factor = strategy.factors[position]
    span = factor.pattern.spans[factor.terms.index(term)]
    whole = np.eye(factor.pattern.K)
    whole[span, span] = M
    if position == 0 and isinstance(strategy, OneFactor | SeveralFactors | Nested):
        return replace(strategy, R=strategy.R @ whole)
    if isinstance(strategy, Nested):
        inside = [other.pattern.K for other in strategy.factors[1:]]
        W = np.eye(strategy.G.shape[2])
        place = sum(inside[: position - 1])
        W[place : place + whole.shape[0], place : place + whole.shape[0]] = whole
        return _combined(strategy, W, sum(inside))
    if isinstance(strategy, SeveralFactors):
        return _rest_in_coordinates(strategy, position - 1, whole)
    raise TypeError(f"no change of coordinates for {type(strategy).__name__}")


def _combined(strategy: Nested, W: Array, outer: int) -> Nested:
    """Return the strategy in which the columns [Z of the outer factors, X, y] are combined by W."""
    base = W[:outer, :outer].T @ strategy.base @ W
    C = W[outer:, outer:].T @ strategy.C @ W[outer:, outer:]
    return replace(strategy, G=strategy.G @ W, base=base, C=C)


def _rest_in_coordinates(strategy: SeveralFactors, position: int, M: Array) -> SeveralFactors:
    """Return the strategy in other coordinates of one of the factors that are not eliminated."""
    start = sum(factor.q for factor in strategy.rest[:position])
    rows = slice(start, start + strategy.rest[position].q)
    K = M.shape[0]

    def rotated(matrix: Array) -> Array:
        """Return Mᵀ times the factor's blocks of K rows."""
        block = matrix[rows].reshape(-1, K, matrix.shape[1])
        result = matrix.copy()
        result[rows] = (M.T @ block).reshape(-1, matrix.shape[1])
        return result

    coupling = strategy.coupling
    of_factor = (coupling.columns >= rows.start) & (coupling.columns < rows.stop)
    values = coupling.values.copy()
    # Blocks are sorted by level and column, so the blocks of one level of the factor are adjacent.
    own = values[of_factor].reshape(-1, K, values.shape[1])
    values[of_factor] = (M.T @ own).reshape(-1, values.shape[1])
    A = rotated(np.ascontiguousarray(rotated(strategy.A).T))
    return replace(strategy, A=A, B=rotated(strategy.B), coupling=replace(coupling, values=values))


def combine_columns(strategy: Strategy, B: Array) -> Strategy:
    """Return the strategy of the data [X y] B: other coordinates, or fewer columns.

    Parameters
    ----------
    strategy : Strategy
    B : ndarray, shape (p + 1, p' + 1)
        The last column gives the new outcome.
    """
    if isinstance(strategy, OneFactor):
        return replace(strategy, G=strategy.G @ B, C=B.T @ strategy.C @ B)
    if isinstance(strategy, SeveralFactors):
        return replace(strategy, G=strategy.G @ B, C=B.T @ strategy.C @ B, B=strategy.B @ B)
    if isinstance(strategy, Nested):
        outer = sum(factor.pattern.K for factor in strategy.factors[1:])
        W = np.zeros((outer + B.shape[0], outer + B.shape[1]))
        W[:outer, :outer] = np.eye(outer)
        W[outer:, outer:] = B
        return _combined(strategy, W, outer)
    raise TypeError(f"no change of coordinates for {type(strategy).__name__}")
