"""Refits of many designs of one structure, each to its own outcome: predictors that are drawn anew.

The groups of the rows are the same in every replicate; X, the columns of the random effects and the outcome
differ. Rows that a replicate lacks are rows of zeros. There is one grouping factor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Batch, cholesky_stack
from mlm_steps.engine.bootstrap.batch_compiled import CompiledBatch, fastest
from mlm_steps.engine.bootstrap.drawn_designs import Drawn, rows_by_group
from mlm_steps.engine.bootstrap.ordered import search_in_order
from mlm_steps.engine.bootstrap.outcomes import Found
from mlm_steps.engine.bootstrap.refits import Refits, at_given_theta, curvature_of, errors_of_fit
from mlm_steps.engine.bootstrap.replicates import Replicates, fit_alone, in_design_units, put, singular_where
from mlm_steps.engine.bootstrap.standard_errors import standard_errors, vcov_of
from mlm_steps.engine.result.lmm_fit import LmmFit, Method
from mlm_steps.engine.structures import compiled
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.engine.structures.triangles import forward

__all__ = ["refit_redrawn"]

Array = NDArray[np.float64]

DEPENDENT = 1e-6
"""Diagonal of the Cholesky factor of the cross-products of unit columns of X below which one depends on the
others: with smaller ones the second factorisation would no longer restore full accuracy."""
NO_LENGTH = 1e-10
"""Length of a column within a group, relative to its first length, below which it depends on earlier ones."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fixed:
    """Outcome and fixed effects in orthonormal bases; arrays of shape (B, …)."""

    Q: Array
    back: Array
    beta: Array
    y: Array
    scale: Array
    sound: NDArray[np.bool_]


def refit_redrawn(fit: LmmFit, drawn: Drawn, Y: Array, theta: Array) -> Refits:
    """Return the refits of drawn designs to their outcomes, searched from theta.

    Parameters
    ----------
    fit : LmmFit
        A fit of the design they are drawn from, by the method of the refits; one grouping factor.
    drawn : Drawn
    Y : ndarray, shape (B, n)
        Outcomes; the rows that a replicate lacks are ignored.
    theta : ndarray, shape (m,)
        The covariance parameters, in the design's units, of the model that the outcomes are from.
    """
    prepared, method = fit.prepared, fit.method
    factor = prepared.strategy.factors[0]
    if drawn.present is not None:
        here, Y = drawn.present[..., None], Y * drawn.present
        drawn = replace(drawn, X=drawn.X * here, z=tuple(z * here for z in drawn.z))
    fixed = _fixed(drawn.X, Y, drawn.rows)
    batch = _batch(prepared, factor, drawn, fixed, method)
    begin = prepared.to_internal(theta)
    found = search_in_order(batch, factor, begin)
    errors = standard_errors(curvature_of(batch, found.theta), fixed.back, fixed.scale, found.pwrss, batch.df)
    result = _assembled(prepared, fixed, found, batch.df, reml=method == "REML")
    for b in np.flatnonzero(~(found.good & fixed.sound)):
        alone = fit_alone(drawn.design(fit.design, int(b), Y[b]), method, theta) if fixed.sound[b] else None
        put(result, int(b), alone)
        errors.put(int(b), None if alone is None else errors_of_fit(alone))
    beta, RX = at_given_theta(batch, begin, shared=False)
    given = fixed.beta + fixed.scale[:, None] * np.einsum("bij,jb->bi", fixed.back, beta)
    return Refits(result, errors, given, vcov_of(RX, fixed.back, np.ones(1)))


def _fixed(X: Array, Y: Array, rows: Array) -> _Fixed:
    Q, back, sound = _orthonormal(X)
    sound &= rows > X.shape[2]
    E, beta = Y, np.zeros((X.shape[0], X.shape[2]))
    for _ in range(2):
        step = np.einsum("bij,bi->bj", Q, E)
        E = E - np.einsum("bij,bj->bi", Q, step)
        beta = beta + np.einsum("bij,bj->bi", back, step)
    # A replicate that is not sound needs some outcome with a length.
    E[~sound] = np.sin(1.0 + np.arange(Y.shape[1]))
    scale = np.linalg.norm(E, axis=1)
    unit = E / np.where(scale > 0.0, scale, 1.0)[:, None]
    return _Fixed(Q, back, beta, unit, scale, sound)


def _orthonormal(X: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return orthonormal bases Q, the matrices from their coefficients to beta, and where X has full rank.

    Two Cholesky factorisations of the cross-products give Q as orthogonal as Householder's method does.
    """
    length = np.sqrt(np.einsum("bij,bij->bj", X, X))
    Q = X / np.where(length > 0.0, length, 1.0)[:, None]
    p = X.shape[2]
    back = np.eye(p) / np.where(length > 0.0, length, 1.0)[:, None]
    sound = (length > 0.0).all(axis=1)
    for _ in range(2):
        with np.errstate(invalid="ignore", divide="ignore"):
            L = cholesky_stack((Q.transpose(0, 2, 1) @ Q).transpose(1, 2, 0)).transpose(2, 0, 1)
            sound &= (np.diagonal(L, axis1=1, axis2=2) > DEPENDENT).all(axis=1)
        usable = np.where(sound[:, None, None], L, np.eye(p))
        upper = forward(usable, np.broadcast_to(np.eye(p), L.shape)).transpose(0, 2, 1)
        Q, back = Q @ upper, back @ upper
    return Q, back, sound


def _batch(
    prepared: PreparedDesign, factor: FactorTerms, drawn: Drawn, fixed: _Fixed, method: Method
) -> Batch | CompiledBatch:
    """Return the criterion of all replicates."""
    p = fixed.Q.shape[2]
    R, G, C = _blocks(factor, _in_bases(prepared, factor, drawn), fixed)
    batch = Batch(
        factor.pattern,
        R=np.ascontiguousarray(R.transpose(2, 3, 1, 0)),
        X=np.ascontiguousarray(G[..., :p].transpose(2, 3, 1, 0)),
        y=np.ascontiguousarray(G[..., p].transpose(2, 1, 0)),
        count=np.ones(factor.J),
        Cxx=np.ascontiguousarray(C[:, :p, :p].transpose(1, 2, 0)),
        Cxy=np.ascontiguousarray(C[:, :p, p].T),
        Cyy=np.ascontiguousarray(C[:, p, p]),
        df=np.maximum(drawn.rows - (p if method == "REML" else 0), 1.0),  # of sound ones it is 1 or more
        reml=method == "REML",
    )
    return fastest(batch)


def _in_bases(prepared: PreparedDesign, factor: FactorTerms, drawn: Drawn) -> Array:
    """Return the columns of the random effects in the bases of the template, shape (B, n, K)."""
    parts = []
    for t in factor.terms:
        z, basis = drawn.z[t], prepared.bases[t]
        flat = z.reshape(-1, z.shape[2])
        parts.append(np.linalg.solve(basis.T, flat.T).T.reshape(z.shape))
    return np.concatenate(parts, axis=2)


def _blocks(factor: FactorTerms, z: Array, fixed: _Fixed) -> tuple[Array, Array, Array]:
    """Return R, G and C of ``Blocks`` per replicate: (B, J, K, K), (B, J, K, p + 1), (B, p + 1, p + 1)."""
    B, n, p = fixed.Q.shape
    if compiled.usable():
        J, K = factor.J, factor.pattern.K
        R, G = np.empty((B, J, K, K)), np.empty((B, J, K, p + 1))
        C, data = np.empty((B, p + 1, p + 1)), np.empty((n, p + 1))
        for b in range(B):
            data[:, :p], data[:, p] = fixed.Q[b], fixed.y[b]
            _, R[b], G[b], E = compiled.split(z[b], data, factor.refs, J, NO_LENGTH)
            C[b] = E.T @ E
        return R, G, C
    data = np.concatenate([fixed.Q, fixed.y[..., None]], axis=2)
    place, whole = rows_by_group(factor)
    # A row of zeros at the end stands for the rows that smaller groups lack.
    pad = ((0, 0), (0, 0 if whole else 1), (0, 0))
    Q, R = _orthogonal(np.pad(z, pad)[:, place])
    rows = np.pad(data, pad)[:, place]
    G = Q.transpose(0, 1, 3, 2) @ rows
    rest = (rows - Q @ G).reshape(B, -1, p + 1)
    return R, G, rest.transpose(0, 2, 1) @ rest


def _orthogonal(z: Array) -> tuple[Array, Array]:
    """Return Q and the upper triangular R of the columns of each group, z of shape (B, J, rows, K)."""
    K = z.shape[3]
    Q, R = np.zeros_like(z), np.zeros((*z.shape[:2], K, K))
    for a in range(K):
        column = z[..., a].copy()
        before = np.sqrt(np.einsum("bjr,bjr->bj", column, column))
        for _ in range(2 if a else 0):
            for c in range(a):
                part = np.einsum("bjr,bjr->bj", Q[..., c], column)
                R[..., c, a] += part
                column -= Q[..., c] * part[..., None]
        length = np.sqrt(np.einsum("bjr,bjr->bj", column, column))
        length = np.where(length > NO_LENGTH * before, length, 0.0)
        R[..., a, a] = length
        Q[..., a] = np.divide(
            column, length[..., None], out=np.zeros_like(column), where=length[..., None] > 0.0
        )
    return Q, R


def _assembled(prepared: PreparedDesign, fixed: _Fixed, found: Found, df: Array, *, reml: bool) -> Replicates:
    """Return the replicates in the design's units."""
    theta = in_design_units(prepared, found.theta)
    beta = fixed.beta + fixed.scale[:, None] * np.einsum("bij,jb->bi", fixed.back, found.beta)
    sigma = fixed.scale * np.sqrt(found.pwrss / df)
    status = np.where(singular_where(prepared, theta), "singular", "converged").astype("<U9")
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = fixed.scale**2 * found.pwrss / df
        criterion = found.log_det_L2 + df * (np.log(2.0 * np.pi * variance) + 1.0)
    if reml:
        criterion = criterion + found.log_det_RX2 - 2.0 * np.linalg.slogdet(fixed.back)[1]
    return Replicates(theta, beta, sigma, criterion, status)
