"""Factor the covariance matrices of all levels of a grouping factor at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures.graded import triangle_of
from mlm_steps.engine.structures.triangles import forward

__all__ = ["transposed_times", "whiten"]

Array = NDArray[np.float64]

FEW = 4
"""Number of coefficients per level up to which sums of products are faster than numpy's matmul."""


def whiten(R: Array, Lambda: Array, rest: Array, *, large: bool = False) -> tuple[float, Array, Array] | None:
    """Return Σ log|M_j|, L_j⁻¹ R_j and L_j⁻¹ rest_j for M_j = I + R_j Lambda (R_j Lambda)ᵀ = L_j L_jᵀ.

    Return None where rounding makes some M_j indefinite. With ``large``, M_j is not formed.
    """
    K = R.shape[1]
    T = (R.reshape(-1, K) @ Lambda).reshape(R.shape)
    right = np.concatenate([R, rest], axis=2)
    if K == 1:
        M = 1.0 + T[:, 0, 0] ** 2
        right /= np.sqrt(M)[:, None, None]
        return float(np.log(M).sum()), right[:, :, :1], right[:, :, 1:]
    if K == 2:
        log_det, out = _whiten_two(T, right)
    else:
        try:
            L = triangle_of(T) if large else _cholesky(T)
        except np.linalg.LinAlgError:
            return None
        log_det = 2.0 * float(np.log(np.diagonal(L, axis1=1, axis2=2)).sum())
        out = forward(L, right)
    return log_det, out[:, :, :K], out[:, :, K:]


def _cholesky(T: Array) -> Array:
    return np.asarray(np.linalg.cholesky(T @ T.transpose(0, 2, 1) + np.eye(T.shape[1])), dtype=np.float64)


def _whiten_two(T: Array, right: Array) -> tuple[float, Array]:
    """Return Σ log|M_j| and L_j⁻¹ right_j for K = 2; |M_j| = 1 + |T_j|² + det(T_j)² never cancels."""
    a, b, c, d = np.ascontiguousarray(T.reshape(-1, 4).T)
    M11 = 1.0 + a * a + b * b
    determinant = M11 + c * c + d * d + (a * d - b * c) ** 2
    L11 = np.sqrt(M11)
    out = np.empty_like(right)
    out[:, 0] = right[:, 0] / L11[:, None]
    slope = (a * c + b * d) / L11
    out[:, 1] = (right[:, 1] - slope[:, None] * out[:, 0]) * (L11 / np.sqrt(determinant))[:, None]
    return float(np.log(determinant).sum()), out


def transposed_times(left: Array, right: Array) -> Array:
    """Return left_jᵀ right_j for all levels; numpy's matmul is slow for many tiny matrices."""
    if left.shape[1] > FEW:
        return left.transpose(0, 2, 1) @ right
    product = left[:, 0, :, None] * right[:, 0, None, :]
    for c in range(1, left.shape[1]):
        product += left[:, c, :, None] * right[:, c, None, :]
    return product
