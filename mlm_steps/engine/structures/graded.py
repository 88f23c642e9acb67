"""Random effects far larger than the residual: coordinates and factorisations that keep the small digits.

Where Lambda is 1e5, the information about its large directions is 1e-10 of that about the others. The two are
never added in coordinates along the large directions, so that the smaller one is not lost to rounding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from mlm_steps.engine.criterion.criterion import Solution, solved_lower

__all__ = ["LARGE", "along_large", "solve_stacked", "triangle_of"]

Array = NDArray[np.float64]

LARGE = 1e3
"""Length of theta above which rounding in ordinary coordinates changes the criterion's curvature."""
NO_RANK = 1e-14
"""Relative residual length below which a whitened column of [X y] depends on the others."""
ROUNDING = 1e-15
"""Eigenvalue of a correlation matrix, per column and relative to the largest, that is zero up to rounding."""
TINY = 1e-300
"""Smallest divisor, so that no division is by zero."""


def along_large(Lambda: Array) -> tuple[Array, Array]:
    """Return an orthogonal Q, and Qᵀ Lambda with rows of decreasing size.

    Examples
    --------
    >>> Q, rotated = along_large(np.array([[3e5, 0.0], [4e5, 0.5]]))
    >>> np.abs(rotated).round(1).tolist()
    [[500000.0, 0.4], [0.0, 0.3]]
    """
    Q, S, order = qr(Lambda, pivoting=True, check_finite=False)
    rotated = np.empty_like(Lambda)
    rotated[:, order] = S
    return np.asarray(Q, dtype=np.float64), rotated


def triangle_of(T: Array) -> Array:
    """Return the lower triangular L_j with L_j L_jᵀ = I + T_j T_jᵀ, shape (J, K, K).

    It uses the modified Gram-Schmidt method on the columns of [T_j I]ᵀ, so that the product is not formed.
    """
    J, K = T.shape[:2]
    columns = np.concatenate([T, np.broadcast_to(np.eye(K), (J, K, K))], axis=2)
    L = np.zeros((J, K, K))
    for a in range(K):
        length = np.sqrt(np.einsum("jr,jr->j", columns[:, a], columns[:, a]))
        unit = columns[:, a] / length[:, None]
        L[:, a, a] = length
        L[:, a + 1 :, a] = np.einsum("jr,jbr->jb", unit, columns[:, a + 1 :])
        columns[:, a + 1 :] -= L[:, a + 1 :, a, None] * unit[:, None]
    return L


def solve_stacked(C: Array, rows: Array) -> Solution | None:
    """Return the fixed effects for S = C + rowsᵀ rows, which is never formed; None where it is singular.

    Parameters
    ----------
    C : ndarray, shape (p + 1, p + 1)
        Positive semi-definite.
    rows : ndarray, shape (…, p + 1)
    """
    scale = np.sqrt(np.maximum(C.diagonal(), 0.0))
    roots, vectors = np.linalg.eigh(C / np.maximum(np.outer(scale, scale), TINY))
    roots[roots <= ROUNDING * roots.size * roots[-1]] = 0.0
    half = np.sqrt(roots)[:, None] * vectors.T * scale
    stacked = np.concatenate([half, rows])
    if not np.isfinite(stacked).all():
        return None
    R = np.asarray(np.linalg.qr(stacked, mode="r"), dtype=np.float64)
    diagonal = R.diagonal()
    if (np.abs(diagonal) <= NO_RANK * np.sqrt(np.einsum("ij,ij->j", R, R))).any():
        return None
    L = R.T * np.sign(diagonal)
    p = L.shape[0] - 1
    RX = np.asfortranarray(L[:p, :p])
    beta = solved_lower(RX, L[p, :p], transposed=True)
    return Solution(beta, RX, 2.0 * float(np.log(RX.diagonal()).sum()), float(L[p, p] ** 2))
