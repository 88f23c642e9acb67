"""Find the columns of a matrix that are linear combinations of earlier ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["collinear_with", "independent_columns", "outside_span"]

TOLERANCE = 1e-7
"""A column is dependent if its residual on earlier columns is below this share of its length, as in R."""

_CLEARLY_NEW = 1e-8
"""A column is independent if its squared residual exceeds this share of its squared length.

Cross-products have a relative rounding error of 1e-16, which is far smaller."""

_Array = NDArray[np.float64]


def independent_columns(X: _Array) -> NDArray[np.intp]:
    """Return the positions of the columns that R's pivoting QR keeps (LINPACK's dqrdc2).

    Parameters
    ----------
    X : ndarray, shape (n, p)

    Returns
    -------
    ndarray of int, shape (rank,)
        Positions in ascending order; the earliest of linearly dependent columns are kept.
    """
    if _clearly_full_rank(X):
        return np.arange(X.shape[1], dtype=np.intp)
    return _by_orthogonalisation(X)


def _clearly_full_rank(X: _Array) -> bool:
    """Return whether all pivots of the Cholesky factorization of the scaled cross-products are far from 0."""
    if X.shape[1] > X.shape[0]:
        return False
    gram = X.T @ X
    length = np.sqrt(gram.diagonal())
    if not (length > 0).all():
        return False
    try:
        triangle = np.linalg.cholesky(gram / (length[:, None] * length))
    except np.linalg.LinAlgError:
        return False
    return bool((triangle.diagonal() ** 2 > _CLEARLY_NEW).all())


def _by_orthogonalisation(X: _Array) -> NDArray[np.intp]:
    """Orthogonalise each column twice against the kept columns and drop columns without a residual.

    The R factor of X replaces X, because its columns have the same lengths and angles in only p rows.
    """
    length = np.linalg.norm(X, axis=0)
    X = np.asarray(np.linalg.qr(X / np.where(length > 0, length, 1.0), mode="r"))
    n, p = X.shape
    basis = np.empty((n, min(n, p)), order="F")
    kept: list[int] = []
    for j in range(p):
        column = X[:, j].copy()
        length = float(np.linalg.norm(column))
        found = basis[:, : len(kept)]
        for _ in range(2):
            column -= found @ (found.T @ column)
        left = float(np.linalg.norm(column))
        if len(kept) < n and length > 0 and left >= TOLERANCE * length:
            basis[:, len(kept)] = column / left
            kept.append(j)
    return np.array(kept, dtype=np.intp)


def collinear_with(kept: _Array, dropped: _Array) -> NDArray[np.bool_]:
    """Return which kept columns have nonzero weights in the linear combination for each dropped column.

    Parameters
    ----------
    kept : ndarray, shape (n, p)
        Linearly independent columns.
    dropped : ndarray, shape (n, d)
        Linear combinations of the kept columns.

    Returns
    -------
    ndarray of bool, shape (p, d)
    """
    smallest = np.finfo(float).tiny
    length = np.maximum(np.linalg.norm(kept, axis=0), smallest)
    scaled = dropped / np.maximum(np.linalg.norm(dropped, axis=0), smallest)
    weights = np.linalg.lstsq(kept / length, scaled, rcond=None)[0]
    return np.asarray(np.abs(weights) > TOLERANCE)


def outside_span(columns: _Array, X: _Array) -> NDArray[np.bool_]:
    """Return which columns are not linear combinations of the columns of X.

    Parameters
    ----------
    columns : ndarray, shape (n, k)
    X : ndarray, shape (n, p)

    Returns
    -------
    ndarray of bool, shape (k,)
    """
    if X.shape[1] == 0:
        return np.ones(columns.shape[1], dtype=bool)
    length = np.linalg.norm(X, axis=0)
    Q, _ = np.linalg.qr(X / np.where(length > 0, length, 1.0))
    rest = columns - Q @ (Q.T @ columns)
    share = np.linalg.norm(rest, axis=0) / np.maximum(np.linalg.norm(columns, axis=0), np.finfo(float).tiny)
    return np.asarray(share > TOLERANCE)
