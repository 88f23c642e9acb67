"""What is true of the population in a planned study, in the columns that the model analyses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.lambda_ import lower_factor, pack
from mlm_steps.errors import Fault, UsageError

__all__ = ["Truth"]

Array = NDArray[np.float64]

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
        raise UsageError(Fault("random", "a covariance matrix must be symmetric"))
    roots, vectors = np.linalg.eigh(T)
    if roots[0] < -ROUNDING * max(roots[-1], 0.0):
        raise UsageError(
            Fault(
                "random",
                f"a covariance matrix has the negative eigenvalue {roots[0]:.4g}, which no data can have",
                "a covariance may be at most the product of the two standard deviations",
            )
        )
    return lower_factor(vectors * np.sqrt(np.maximum(roots, 0.0)))
