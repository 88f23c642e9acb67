"""The design in the engine's units (weighted, centred, orthonormal), and the conversion back.

Nothing here changes the model. Fixed effects are expressed in an orthonormal basis Q of X, the
outcome is replaced by its ordinary least-squares residual of unit length, and the columns of each
random-effects term are orthogonalised when its covariance matrix is unstructured. The search then does
not depend on the scale of the covariates or on constant leading digits of the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.design.matrices import Design
from mlm_steps.errors import Fault, FitError, listing

__all__ = [
    "Fixed",
    "Standardized",
    "gram_schmidt",
    "orthogonal_columns",
    "orthonormal_fixed",
    "standardize",
]

Array = NDArray[np.float64]

RANK_TOLERANCE = 1e-11
"""Residual length of a column, relative to its length, below which it depends on the earlier columns."""
REPRODUCED = 1e-12
"""Residual length of the outcome, relative to its centred length, below which X reproduces it exactly."""
CONSTANT_IN_X = 1e-12
"""Residual length of the constant, relative to its length, below which it lies in the span of X."""
DEPENDENT = 1e-9
"""Diagonal of R, in mean squares, below which the columns of a term are not orthogonalised."""


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """Fixed effects in the orthonormal basis.

    Attributes
    ----------
    Q : ndarray, shape (n, p)
        Orthonormal basis of the weighted X.
    back : ndarray, shape (p, p)
        beta = back @ (coefficients in the basis Q).
    log_det : float
        log|det back|.
    y : ndarray, shape (n,)
        Weighted outcome without offset, minus its projection on X, divided by ``scale``.
    scale : float
        Length of that residual, in outcome units.
    beta : ndarray, shape (p,)
        Coefficients that were subtracted, in outcome units: those of ordinary least squares by default.
    """

    Q: Array
    back: Array
    log_det: float
    y: Array
    scale: float
    beta: Array


@dataclass(frozen=True, slots=True, eq=False)
class Standardized:
    """A design in the engine's units.

    Attributes
    ----------
    fixed : Fixed
        Outcome and fixed effects.
    z : tuple of ndarray, each of shape (n, k)
        Per term, the weighted columns in the engine's units.
    bases : tuple of ndarray, each of shape (k, k)
        Per term, z (unweighted, as given) = z (engine's, unweighted) @ basis, upper triangular.
    sum_log_weights : float
        Sum of the logarithms of the prior weights.
    """

    fixed: Fixed
    z: tuple[Array, ...]
    bases: tuple[Array, ...]
    sum_log_weights: float

    def columns_of(self, terms: Sequence[int]) -> Array:
        """Return the columns of the given terms side by side, shape (n, K)."""
        return self.z[terms[0]] if len(terms) == 1 else np.concatenate([self.z[i] for i in terms], axis=1)


def standardize(design: Design, shift: Array | None = None) -> Standardized:
    """Return the design in the engine's units.

    Parameters
    ----------
    design : Design
    shift : ndarray, shape (p,), optional
        Fixed effects to subtract from the outcome, instead of the ordinary least-squares ones.

    Raises
    ------
    FitError
        If the columns of X are linearly dependent or reproduce the outcome exactly.
    """
    root = None if design.weights is None else np.sqrt(design.weights)
    fixed = _fixed(design, root, shift)
    scaled = [orthogonal_columns(term.z) for term in design.random]
    z = tuple(columns if root is None else columns * root[:, None] for columns, _ in scaled)
    total = 0.0 if design.weights is None else float(np.log(design.weights).sum())
    return Standardized(fixed, z, tuple(basis for _, basis in scaled), total)


def orthonormal_fixed(design: Design) -> tuple[Array, Array]:
    """Return an orthonormal basis Q of X without weights, and the matrix from its coefficients to beta.

    Raises
    ------
    FitError
        If the columns of X are linearly dependent.
    """
    basis, to_beta, _ = _centred_columns(design.X)
    Q, R = _orthonormal(basis, design)
    return Q, to_beta @ lapack.dtrtrs(R, np.eye(design.p))[0] if design.p else to_beta


def _fixed(design: Design, root: Array | None, shift: Array | None) -> Fixed:
    basis, to_beta, log_det = _centred_columns(design.X)
    if root is not None:
        basis = basis * root[:, None]
    Q, R = _orthonormal(basis, design)
    back = to_beta @ lapack.dtrtrs(R, np.eye(design.p))[0] if design.p else to_beta
    log_det -= float(np.log(R.diagonal()).sum())
    y, beta = _residual(design, root, Q, back, shift)
    scale = sqrt(float(y @ y))
    outcome = design.y if design.offset is None else design.y - design.offset
    weighted = outcome - outcome.mean()
    if root is not None:
        weighted *= root
    reference = sqrt(float(weighted @ weighted))
    if (shift is None and scale <= REPRODUCED * reference) or scale == 0.0:
        raise FitError(
            Fault(
                "",
                f"the fixed effects reproduce the outcome {design.outcome!r} exactly",
                "there is no residual variance; leave out a predictor",
            )
        )
    y /= scale
    return Fixed(Q, back, log_det, y, scale, beta)


def _centred_columns(X: Array) -> tuple[Array, Array, float]:
    """Return centred and scaled columns, the matrix that takes their coefficients to beta, its log|det|."""
    p = X.shape[1]
    if p == 0:
        return X, np.zeros((0, 0)), 0.0
    constant = (X == 1.0).all(axis=0).nonzero()[0]
    centre = X.sum(axis=0) / X.shape[0] if constant.size else np.zeros(p)
    centre[constant] = 0.0
    columns = X - centre
    scale = np.sqrt(np.einsum("ij,ij->j", columns, columns) / X.shape[0])
    scale[scale == 0.0] = 1.0
    to_beta = np.zeros((p, p))
    to_beta.flat[:: p + 1] = 1.0 / scale
    if constant.size:
        to_beta[constant[0]] -= centre / scale
    columns /= scale
    return columns, to_beta, -float(np.log(scale).sum())


def _orthonormal(basis: Array, design: Design) -> tuple[Array, Array]:
    Q, R = gram_schmidt(basis)
    dependent = R.diagonal() == 0.0
    if dependent.any():
        names = listing(np.array(design.columns)[dependent])
        raise FitError(
            Fault("", f"columns of X are linear combinations of others: {names}", "leave them out")
        )
    return Q, R


def gram_schmidt(columns: Array) -> tuple[Array, Array]:
    """Return Q with orthonormal columns and the upper triangular R with Q R = ``columns``.

    Each column is orthogonalised twice, which makes Q as orthogonal as Householder's method does; for
    a few columns of many rows it is faster. A dependent column gives a column of zeros. ``dot`` is used in
    place of ``@``, which has a slow loop for matrices of one column.
    """
    Q, k = np.array(columns, order="F"), columns.shape[1]
    R, projection = np.zeros((k, k)), np.empty(len(Q) if k > 1 else 0)
    for a in range(k):
        column = Q[:, a]
        whole = sqrt(column @ column)
        for _ in range(2 if a else 0):
            part = Q[:, :a].T @ column
            R[:a, a] += part
            column -= Q[:, :a].dot(part, out=projection)
        length = sqrt(column @ column)
        if length > RANK_TOLERANCE * whole:
            column /= length
            R[a, a] = length
        else:
            column[:] = 0.0
    return Q, R


def _residual(
    design: Design, root: Array | None, Q: Array, back: Array, shift: Array | None
) -> tuple[Array, Array]:
    """Return the weighted outcome minus X beta, and beta."""
    outcome = design.y if design.offset is None else design.y - design.offset
    ones = np.ones(design.n) if root is None else root
    inside = Q.T @ ones
    beta = np.zeros(design.p)
    # Subtracting a value near the data is exact in floating point; a projection is not.
    left = Q.dot(inside)
    np.subtract(ones, left, out=left)
    if design.p and sqrt(left @ left) <= CONSTANT_IN_X * sqrt(ones @ ones):
        middle = float(outcome.mean())
        outcome = outcome - middle
        beta = back @ (inside * middle)
    if shift is not None:
        outcome = outcome - design.X @ (shift - beta)
        beta = shift
    y = outcome.copy() if root is None else root * outcome
    for _ in range(2 if shift is None else 0):
        step = Q.T @ y
        y -= Q.dot(step)
        beta = beta + back @ step
    return y, beta


def orthogonal_columns(z: Array) -> tuple[Array, Array]:
    """Return columns of unit mean square that span the same space, and the basis that leads back."""
    n, k = z.shape
    if k == 1:
        length = sqrt(z[:, 0] @ z[:, 0] / n) or 1.0
        return z / length, np.array([[length]])
    length = np.sqrt(np.einsum("ij,ij->j", z, z) / n)
    length[length == 0.0] = 1.0
    Q, R = gram_schmidt(z / length)
    if (R.diagonal() <= DEPENDENT * sqrt(n)).any():
        # Dependent columns have no orthogonal basis of full rank: the given columns are only scaled.
        return z / length, np.diag(length)
    Q *= sqrt(n)
    return Q, R / sqrt(n) * length
