"""The sums over the nodes of adaptive Gauss-Hermite quadrature, in C or in numpy.

The loops in C take one node of one group after the other. In numpy all nodes of some groups are arrays, one
column per node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlm_steps.engine.families import Family, Outcome
from mlm_steps.engine.structures import compiled
from mlm_steps.engine.structures.triangles import backward, forward

__all__ = ["AtModes", "Grid", "NodeSums", "Rows", "node_sums"]

Array = NDArray[np.float64]

ELEMENTS = 1_000_000
"""Largest number of rows times nodes that numpy evaluates at a time, unless one group has more."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one grouping factor, sorted by group.

    Attributes
    ----------
    family : Family
    outcome : Outcome
    refs : ndarray, shape (n,)
        The group of each row; it does not decrease.
    starts : ndarray, shape (J + 1,)
        First row of each group; a group may be empty.
    z : ndarray, shape (n, K)
        Columns of all terms on the factor.
    """

    family: Family
    outcome: Outcome
    refs: NDArray[np.intp]
    starts: NDArray[np.intp]
    z: Array

    @classmethod
    def of(cls, family: Family, outcome: Outcome, refs: NDArray[np.intp], J: int, z: Array) -> Rows:
        """Return the rows of a factor with J groups."""
        return cls(family, outcome, refs, np.searchsorted(refs, np.arange(J + 1)).astype(np.intp), z)

    @property
    def J(self) -> int:
        """Number of groups."""
        return self.starts.size - 1

    def chunks(self, points: int) -> Iterator[tuple[slice, slice]]:
        """Yield slices of groups and of their rows, each of about ``ELEMENTS`` rows times points."""
        width, first = max(1, ELEMENTS // points), 0
        while first < self.J:
            last = int(np.searchsorted(self.starts, self.starts[first] + width, side="right")) - 1
            last = min(max(last, first + 1), self.J)
            yield slice(first, last), slice(int(self.starts[first]), int(self.starts[last]))
            first = last

    def group_sums(self, values: Array, groups: slice) -> Array:
        """Return the sums within groups of values of the groups' rows, shape (groups, …)."""
        starts = self.starts[groups.start : groups.stop + 1]
        total = np.zeros((starts.size - 1, *values.shape[1:]))
        present = np.diff(starts) > 0
        if present.any():
            total[present] = np.add.reduceat(values, (starts[:-1] - starts[0])[present], axis=0)
        return total


class AtModes(NamedTuple):
    """The rows and groups at the modes.

    ``A``, shape (n, K), has the rows of Z Lambda; ``eta``, shape (n,), is the linear predictor; ``u``, shape
    (J, K), are the modes, and L, shape (J, K, K), the Cholesky factors of H.
    """

    A: Array
    eta: Array
    u: Array
    L: Array


class Grid(NamedTuple):
    """Nodes for integrals over a standard normal density: ``x``, shape (m, K), and log(omega) + |x|² / 2."""

    x: Array
    log_weights: Array


class NodeSums(NamedTuple):
    """Sums over nodes with the nodes' shares of the integral as weights.

    Attributes
    ----------
    log_integral : ndarray, shape (J,)
    slope : ndarray, shape (n,)
        Mean of the slope of the log density of each row.
    ascent : ndarray, shape (J, K)
        Mean of the gradient of h in u.
    turned : ndarray, shape (J, K, K)
        Mean of x (L⁻¹ gradient)ᵀ.
    in_Lambda : ndarray, shape (K, K)
        Sum over groups of the mean of Zᵀ slope uᵀ.
    log_phi : float
        Sum of the mean derivative of the log density in log(phi).
    """

    log_integral: Array
    slope: Array
    ascent: Array
    turned: Array
    in_Lambda: Array
    log_phi: float


def node_sums(rows: Rows, at: AtModes, phi: float, grid: Grid) -> NodeSums:
    """Return the sums over the nodes of a grid."""
    kernel = rows.family.kernel
    if kernel is None or not compiled.usable():
        return _in_numpy(rows, at, phi, grid)
    return _in_c(kernel, rows, at, phi, grid)


def _in_c(kernel: int, rows: Rows, at: AtModes, phi: float, grid: Grid) -> NodeSums:
    """Return the sums; the loops omit the part of the log density that does not depend on eta."""
    J, K = at.u.shape
    log_integral, slope, totals = np.empty(J), np.empty(at.eta.size), np.empty(K * K + 1)
    ascent, turned = np.empty((J, K)), np.empty((J, K, K))
    inputs = (grid.x, grid.log_weights, rows.z, at.A, at.eta, at.u, at.L)
    outcome = (rows.outcome.y, rows.outcome.trials, rows.outcome.weights)
    compiled.module().node_sums(
        kernel, phi, K, rows.starts, *map(np.ascontiguousarray, (*inputs, *outcome)), log_integral, slope,
        ascent, turned, totals,
    )  # fmt: skip
    log_phi = float(totals[-1])
    if rows.family.has_dispersion:
        log_phi += float(rows.outcome.weights @ rows.family.constant_slope(rows.outcome, phi))
    return NodeSums(log_integral, slope, ascent, turned, totals[:-1].reshape(K, K), log_phi)


def _in_numpy(rows: Rows, at: AtModes, phi: float, grid: Grid) -> NodeSums:
    """Return the sums, some groups at a time."""
    (J, K), u, (x, log_weights) = at.u.shape, at.u, grid
    log_integral, slope = np.empty(J), np.empty(at.eta.size)
    ascent, turned = np.empty((J, K)), np.empty((J, K, K))
    in_Lambda, log_phi = np.zeros((K, K)), 0.0
    for groups, span in rows.chunks(len(x)):
        own, outcome = rows.refs[span] - groups.start, _part(rows.outcome, span)
        L = at.L[groups]
        spread = backward(L, np.broadcast_to(x.T, (len(L), *x.T.shape))).transpose(0, 2, 1)
        eta = np.repeat(at.eta[span, None], len(x), axis=1)
        for k in range(K):
            eta += at.A[span, k, None] * spread[own, :, k]
        u_q = u[groups, None, :] + spread
        density = outcome.weights * rows.family.log_density(outcome, eta, phi)
        h = rows.group_sums(density, groups) - 0.5 * np.einsum("jqk,jqk->jq", u_q, u_q) + log_weights
        log_integral[groups] = special.logsumexp(h, axis=1)
        share = np.exp(h - log_integral[groups, None])
        slopes = outcome.weights * rows.family.derivatives(outcome, eta, phi).slope
        slope[span] = np.einsum("iq,iq->i", slopes, share[own])
        S = np.stack([rows.group_sums(slopes * rows.z[span, k, None], groups) for k in range(K)], axis=2)
        in_Lambda += np.einsum("jq,jqa,jqb->ab", share, S, u_q)
        R = np.stack([rows.group_sums(slopes * at.A[span, k, None], groups) for k in range(K)], axis=2)
        g = R - u_q
        ascent[groups] = np.einsum("jq,jqk->jk", share, g)
        inner = forward(L, g.transpose(0, 2, 1))
        turned[groups] = np.einsum("jq,qa,jbq->jab", share, x, inner)
        if rows.family.has_dispersion:
            in_phi = outcome.weights * rows.family.in_dispersion(outcome, eta, phi).log_density
            log_phi += float(np.einsum("iq,iq->", in_phi, share[own]))
    return NodeSums(log_integral, slope, ascent, turned, in_Lambda, log_phi)


def _part(outcome: Outcome, span: slice) -> Outcome:
    """Return some rows as columns, so that they combine with arrays of one column per node."""
    return Outcome(outcome.y[span, None], outcome.trials[span, None], outcome.weights[span, None])
