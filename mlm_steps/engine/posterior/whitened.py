"""Residuals made uncorrelated by the Cholesky factor of their covariance matrix, a few rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import solved_lower
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.nested import Nested

__all__ = ["row_order", "whitened"]

Array = NDArray[np.float64]
Places = NDArray[np.intp]

CHUNK = 48
"""Number of rows whose covariance matrix is factorised at once: small enough that one thread does it."""


def row_order(fit: LmmFit) -> Places:
    """Return the order in which rows are made uncorrelated with those before them, shape (n,).

    Rows of one level stand together: of the only factor, of nested factors from the outermost to the
    innermost, of crossed factors of the one with the most random effects. Within a level they keep their
    order, so that of repeated measurements each is compared with the earlier ones.
    """
    streamed, _ = _divided(fit)
    return np.lexsort([factor.refs for factor in streamed]).astype(np.intp)


def whitened(fit: LmmFit, values: Array) -> Array:
    """Return L⁻¹ values with L Lᵀ = Σ, the covariance matrix of the outcome; both of shape (n,).

    L is lower triangular for the rows in ``row_order``. A row's value is then what the earlier rows do not
    predict of it, divided by its standard deviation. Σ is never formed: the random effects of the levels that
    later rows share are updated by each chunk of rows, as a Kalman filter does.
    """
    filtered = _Filter(fit)
    found = np.empty(values.shape)
    roots = np.ones(values.size) if fit.design.weights is None else np.sqrt(fit.design.weights)
    scaled = values * roots / fit.sigma
    for start in range(0, filtered.order.size, CHUNK):
        rows = filtered.order[start : start + CHUNK]
        found[rows] = filtered.step(rows, scaled[rows])
    return found


def _divided(fit: LmmFit) -> tuple[tuple[FactorTerms, ...], tuple[FactorTerms, ...]]:
    """Return the factors whose levels are contiguous in ``row_order``, and the others."""
    strategy = fit.prepared.strategy
    if isinstance(strategy, Nested):
        return strategy.factors, ()
    return strategy.factors[:1], strategy.factors[1:]


class _Filter:
    """The spherical random effects given the rows so far, over sigma².

    The state holds those of one level of each contiguous factor, the level of the last row, and those of all
    levels of the other factors.
    """

    def __init__(self, fit: LmmFit) -> None:
        streamed, persistent = _divided(fit)
        weights = fit.design.weights
        self.order = row_order(fit)
        self.streamed = [(factor.refs, _columns(fit, factor, weights)) for factor in streamed]
        self.current = [-1] * len(streamed)
        widths = [factor.pattern.K for factor in streamed] + [factor.q for factor in persistent]
        starts = np.cumsum([0, *widths])
        self.spans = [slice(a, b) for a, b in pairwise(starts)][: len(streamed)]
        self.P, self.mean = np.eye(starts[-1]), np.zeros(starts[-1])
        others = zip(persistent, starts[len(streamed) :], strict=False)
        self.persistent = [
            (start + factor.refs[:, None] * factor.pattern.K + np.arange(factor.pattern.K), columns)
            for factor, start in others
            for columns in [_columns(fit, factor, weights)]
        ]

    def step(self, rows: Places, values: Array) -> Array:
        """Return the values of these rows that the earlier ones leave, and update the state."""
        places, shares, F = self._of_rows(rows)
        gain = np.einsum("mws,mw->ms", self.P[places], shares)
        F += np.einsum("mnw,nw->mn", gain[:, places], shares)
        L = np.asarray(np.linalg.cholesky(F), dtype=np.float64)
        left = solved_lower(L, (values - (self.mean[places] * shares).sum(axis=1))[:, None])[:, 0]
        for index, (refs, columns) in enumerate(self.streamed):
            self._enter(index, refs[rows], columns[rows], gain)
        gain = solved_lower(L, gain)
        self.mean += gain.T @ left
        self.P -= gain.T @ gain
        return left

    def _of_rows(self, rows: Places) -> tuple[Places, Array, Array]:
        """Return places in the state and columns of Z Lambda there, and I plus the part of new levels."""
        F = np.eye(rows.size)
        places, shares = [], []
        for current, span, (refs, columns) in zip(self.current, self.spans, self.streamed, strict=True):
            own, known = refs[rows], refs[rows] == current
            new = np.where(known[:, None], 0.0, columns[rows])
            F += np.where(own[:, None] == own[None, :], new @ new.T, 0.0)
            places.append(np.broadcast_to(np.arange(span.start, span.stop), new.shape))
            shares.append(columns[rows] - new)
        for where, columns in self.persistent:
            places.append(where[rows])
            shares.append(columns[rows])
        return np.concatenate(places, axis=1), np.concatenate(shares, axis=1), F

    def _enter(self, index: int, refs: Places, columns: Array, gain: Array) -> None:
        """Let the state hold the last row's level of a contiguous factor, if it is another than before."""
        level, span = int(refs[-1]), self.spans[index]
        if level == self.current[index]:
            return
        self.current[index] = level
        self.P[span], self.P[:, span], self.mean[span] = 0.0, 0.0, 0.0
        self.P[span, span] = np.eye(span.stop - span.start)
        gain[:, span] = np.where((refs == level)[:, None], columns, 0.0)


def _columns(fit: LmmFit, factor: FactorTerms, weights: Array | None) -> Array:
    """Return the factor's columns of W^½ Z Lambda, shape (n, K)."""
    terms: Sequence[int] = factor.terms
    parts = [fit.design.random[term].z @ fit.Lambda[term] for term in terms]
    columns = np.concatenate(parts, axis=1)
    return columns if weights is None else columns * np.sqrt(weights)[:, None]
