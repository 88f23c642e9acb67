"""What is true of the population in a planned study, in the columns that the model analyses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.lambda_ import lower_factor, pack
from mlm_steps.errors import Fault, UsageError

__all__ = ["Truth"]

Array = NDArray[np.float64]

PAIR = 2
"""Rows of a matrix with one covariance, of which the largest possible one can be told."""
ROUNDING = 1e-9
"""Asymmetry and negative eigenvalues of a covariance matrix by rounding, relative to the largest number."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The parameters of the model that a planned study would fit.

    Attributes
    ----------
    beta : ndarray, shape (p,)
        Fixed effects, of the analysed columns.
    covariances : tuple of ndarray, each of shape (k, k)
        Per random-effects term, the covariance matrix of its coefficients, in the term's order.
    sigma : float
        Residual standard deviation.
    """

    beta: Array
    covariances: tuple[Array, ...]
    sigma: float

    def roots(self) -> tuple[Array, ...]:
        """Return per term the lower triangular F with F Fᵀ = its covariance matrix.

        Raises
        ------
        UsageError
            If a matrix is not symmetric and positive semidefinite.
        """
        return tuple(_root(T) for T in self.covariances)

    def theta(self) -> Array:
        """Return the relative covariance parameters of all terms, shape (m,)."""
        return np.concatenate([pack(root / self.sigma) for root in self.roots()])


def _root(T: Array) -> Array:
    if not np.allclose(T, T.T, rtol=ROUNDING, atol=ROUNDING * abs(T).max()):
        raise UsageError(Fault("random", f"the covariance matrix {_written(T)} is not symmetric"))
    roots, vectors = np.linalg.eigh(T)
    if roots[0] < -ROUNDING * max(roots[-1], 0.0):
        what = f"the covariance matrix {_written(T)} has the negative eigenvalue {roots[0]:.4g}"
        raise UsageError(Fault("random", f"{what}, which no data can have", _possible(T)))
    return lower_factor(vectors * np.sqrt(np.maximum(roots, 0.0)))


def _written(T: Array) -> str:
    rows = (", ".join(f"{value:.4g}" for value in row) for row in T)
    return "[" + ", ".join(f"[{row}]" for row in rows) + "]"


def _possible(T: Array) -> str:
    """Return which values would be possible in place of those of a matrix with a negative eigenvalue."""
    if T.diagonal().min() < 0.0:
        return "a variance is at least 0"
    if len(T) == PAIR:
        return f"with these variances the covariance is at most {np.sqrt(T[0, 0] * T[1, 1]):.4g} in size"
    return "a covariance may be at most the product of the two standard deviations"
