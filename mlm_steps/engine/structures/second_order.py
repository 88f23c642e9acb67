"""Second derivatives of the three functions with several grouping factors.

With U = Zᵀ V⁻¹ Z of all random effects, W = Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] and E_r the derivative of Sigma in
theta_r (block-diagonal, the same for all levels of a factor), D_r = E_r W and

    log|V|:             -tr(U E_r U E_s)
    log|Xᵀ V⁻¹ X|:      2 Σ D_rᵀ U D_s over the columns of X, less tr((Wᵀ D_r)(Wᵀ D_s))
    r²:                 2 (D_rᵀ U D_s - (D_rᵀ W)(Wᵀ D_s)) for the column of the residual,

each plus the part from the curvature of Sigma in theta. The Hessian of r² needs only products with U. The
average information replaces the first two by their expectations (Gilmour, Thompson and Cullis 1995).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures.block_diagonal import rows_of
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["bends_of", "hessians_of", "moved_by", "residual_moved"]

Array = NDArray[np.float64]


def bends_of(
    factors: Sequence[FactorTerms], theta_internal: Array, logs: Sequence[Array], data: Sequence[Array]
) -> Array:
    """Return what the curvature of Sigma in theta adds to the three Hessians, shape (3, m, m).

    Parameters
    ----------
    factors : sequence of FactorTerms
    theta_internal : ndarray, shape (m,)
    logs : sequence of ndarray, each of shape (K, K)
        Per factor Σ Z_jᵀ V⁻¹ Z_j.
    data : sequence of ndarray, each of shape (J, K, p + 1)
        Per factor W.
    """
    bends = np.zeros((3, theta_internal.size, theta_internal.size))
    for factor, log, W in zip(factors, logs, data, strict=True):
        fixed = W[:, :, :-1].transpose(1, 0, 2).reshape(factor.pattern.K, -1)
        residual = W[:, :, -1]
        P = np.stack([log, -fixed @ fixed.T, -residual.T @ residual])
        bends[:, factor.theta[:, None], factor.theta] = factor.pattern.bend(P)
    return bends


def moved_by(factors: Sequence[FactorTerms], theta_internal: Array, data: Sequence[Array]) -> Array:
    """Return D_r for all elements of theta, shape (m, p + 1, random effects)."""
    width, total = data[0].shape[2], sum(factor.q for factor in factors)
    moved = np.zeros((theta_internal.size, width, total))
    for (factor, rows), W in zip(rows_of(factors), data, strict=True):
        tangents = factor.pattern.tangents(factor.pattern.factor(theta_internal[factor.theta]))
        own = np.einsum("rab,jbc->rcja", tangents, W, optimize=True)
        moved[factor.theta, :, rows] = own.reshape(factor.pattern.m, width, factor.q)
    return moved


def residual_moved(
    factors: Sequence[FactorTerms], theta_internal: Array, data: Sequence[Array]
) -> tuple[Array, Array]:
    """Return D_r of the residual, shape (m, random effects), and its products with W, shape (m, p)."""
    moved = moved_by(factors, theta_internal, [W[:, :, -1:] for W in data])[:, 0]
    fixed = np.concatenate([W[:, :, :-1].reshape(-1, W.shape[2] - 1) for W in data])
    return moved, moved @ fixed


def hessians_of(
    factors: Sequence[FactorTerms], theta_internal: Array, U: Array, data: Sequence[Array]
) -> Array:
    """Return the Hessians of the three functions, shape (3, m, m), from U of all random effects."""
    m, p = theta_internal.size, data[0].shape[2] - 1
    moved = moved_by(factors, theta_internal, data)
    forward = (moved.reshape(-1, U.shape[0]) @ U).reshape(moved.shape)
    flat = np.concatenate([W.reshape(-1, p + 1) for W in data])
    products = moved @ flat
    square, cross = products[:, :p, :p].reshape(m, p * p), products[:, :p, p]
    second = np.empty((3, m, m))
    second[0] = -_traces(factors, theta_internal, U)
    second[1] = 2.0 * moved[:, :p].reshape(m, -1) @ forward[:, :p].reshape(m, -1).T - square @ square.T
    second[2] = 2.0 * (moved[:, p] @ forward[:, p].T - cross @ cross.T)
    logs = []
    for factor, rows in rows_of(factors):
        K = factor.pattern.K
        logs.append(np.einsum("jajb->ab", U[rows, rows].reshape(factor.J, K, factor.J, K)))
    return (second + second.transpose(0, 2, 1)) / 2 + bends_of(factors, theta_internal, logs, data)


def _traces(factors: Sequence[FactorTerms], theta_internal: Array, U: Array) -> Array:
    """Return tr(U E_r U E_s), shape (m, m)."""
    traces = np.empty((theta_internal.size, theta_internal.size))
    flat = [_flat_tangents(factor, theta_internal) for factor in factors]
    for (one, rows), left in zip(rows_of(factors), flat, strict=True):
        for (other, columns), right in zip(rows_of(factors), flat, strict=True):
            if columns.start > rows.start:
                continue
            K, k = one.pattern.K, other.pattern.K
            block = U[rows, columns].reshape(one.J, K, other.J, k).transpose(1, 3, 0, 2).reshape(K * k, -1)
            forms = (block @ block.T).reshape(K, k, K, k).transpose(0, 2, 1, 3).reshape(K * K, k * k)
            own = left @ forms @ right.T
            traces[np.ix_(one.theta, other.theta)] = own
            traces[np.ix_(other.theta, one.theta)] = own.T
    return traces


def _flat_tangents(factor: FactorTerms, theta_internal: Array) -> Array:
    tangents = factor.pattern.tangents(factor.pattern.factor(theta_internal[factor.theta]))
    return tangents.reshape(factor.pattern.m, -1)
