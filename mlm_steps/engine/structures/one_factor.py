"""One grouping factor, any number of terms on it: exact value, gradient and Hessian in one pass.

The levels are computed in C or in numpy (``compiled`` and ``levels``). This module chooses between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.criterion.criterion import CriterionTerms
from mlm_steps.engine.structures import compiled
from mlm_steps.engine.structures.graded import LARGE
from mlm_steps.engine.structures.groups import Blocks, FactorTerms
from mlm_steps.engine.structures.levels import Levels, NumpyLevels

__all__ = ["Moments", "OneFactor"]

Array = NDArray[np.float64]

IN_SPAN = 1e-20
"""Squared residual norm below which a unit column of [X y] lies in the span of the random effects: rounding
leaves about 1e-32 of such a column."""


class Moments(NamedTuple):
    """log|L|², log|RX|² and r² at a theta, and the covariance matrix by the second moments there.

    ``covariance``, shape (K, K), is not always semi-definite; None where the moments do not determine it.
    """

    values: tuple[float, float, float]
    covariance: Array | None


@dataclass(frozen=True, eq=False)
class OneFactor:
    """The strategy for one grouping factor.

    Attributes
    ----------
    factor : FactorTerms
    R, G, C : ndarray
        As in ``Blocks``.
    """

    factor: FactorTerms
    R: Array
    G: Array
    C: Array
    exact_hessian = True
    expensive = False

    @classmethod
    def of(cls, factor: FactorTerms, blocks: Blocks) -> OneFactor:
        """Return the strategy for a factor's blocks; arrays of length n are not kept."""
        return cls(factor, blocks.R, blocks.G, blocks.C)

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """The one factor."""
        return (self.factor,)

    def _levels(self, theta_internal: Array) -> Levels:
        """Return the levels in C where they are narrow enough to be faster and theta is not large."""
        in_c = self._levels_in_c
        if in_c is not None and compiled.usable() and not _is_large(theta_internal):
            return in_c
        return self._levels_in_numpy(theta_internal)

    @cached_property
    def _levels_in_c(self) -> compiled.CompiledLevels | None:
        if self.R.shape[1] * self.C.shape[0] > compiled.WIDEST:
            return None
        return compiled.CompiledLevels(self.factor.pattern, self.R, self.G, self.C)

    def _levels_in_numpy(self, theta_internal: Array) -> NumpyLevels:
        return NumpyLevels(self.factor.pattern, self.R, self.G, self.C, _is_large(theta_internal))

    def value(self, theta_internal: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r², or None where the problem is not positive definite."""
        return self._levels(theta_internal).value(theta_internal)

    def criterion_terms(self, theta_internal: Array, *, hessian: bool = True) -> CriterionTerms | None:
        """Return the three functions with their derivatives, or None where they do not exist."""
        return self._levels(theta_internal).criterion_terms(theta_internal, hessian=hessian)

    def moments(self, theta_internal: Array, n: int) -> Moments | None:
        """Return Lambda Lambdaᵀ by the second moments at theta, or None where the functions do not exist.

        With w_j = Z_jᵀ V⁻¹ (y - X beta) and U_j = Z_jᵀ V⁻¹ Z_j, the expectation of w_j w_jᵀ is
        U_j T U_j + sigma² (U_j - U_j Sigma U_j); it is solved for T summed over the levels, with sigma² from
        the variation within levels.
        """
        pattern, K = self.factor.pattern, self.R.shape[1]
        sums = self._levels(theta_internal).sums(theta_internal)
        if sums is None:
            return None
        U, ww, UU, values = sums
        Lambda = pattern.factor(theta_internal)
        observed = (ww / self._within(n, values[2]) - U).ravel()
        flat = pattern.elements
        excess = _solution(flat @ UU @ flat.T, flat @ observed) @ flat
        moments: Array = excess.reshape(K, K) + Lambda @ Lambda.T
        return Moments(values, moments if np.isfinite(moments).all() else None)

    def _within(self, n: int, pwrss: float) -> float:
        """Return the residual variance within levels, or where there is none, the profiled one."""
        df = n - np.count_nonzero(self.R.diagonal(axis1=1, axis2=2)) - (self.C.shape[0] - 1)
        left = self.least_pwrss
        return left / df if df > 0 and left > 0.0 else pwrss / n

    @cached_property
    def least_pwrss(self) -> float:
        """The residual sum of squares of y on the columns of X and Z: r² exceeds it at every theta."""
        C, p = self.C, self.C.shape[0] - 1
        inside = (C.diagonal()[:p] > IN_SPAN).nonzero()[0]
        slopes = _solution(C[inside[:, None], inside], C[inside, p])
        return float(C[p, p] - slopes @ C[inside, p])

    def curvatures(self, theta_internal: Array, weights: Array) -> tuple[Array, ...] | None:
        """Return per factor the derivative of the weighted sum of the three functions in Sigma."""
        curvatures = self._levels_in_numpy(theta_internal).curvatures(theta_internal, weights)
        return None if curvatures is None else (curvatures,)

    def projections(self, theta_internal: Array) -> list[Array]:
        """Return per factor Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1)."""
        return [_feasible(self._levels(theta_internal).projections(theta_internal))]

    def modes(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return the conditional modes in the engine's units, shape (J, K)."""
        return (_feasible(self._levels(theta_internal).modes(theta_internal)),)

    def RX(self, theta_internal: Array) -> Array:
        """Return RX, lower triangular, shape (p, p)."""
        return _feasible(self._levels_in_numpy(theta_internal).RX(theta_internal))

    def mode_variances(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return Lambda (Lambdaᵀ Z_jᵀ Z_j Lambda + I)⁻¹ Lambdaᵀ per level, shape (J, K, K)."""
        Lambda = self.factor.pattern.factor(theta_internal)
        T = self.R @ Lambda
        inner = np.linalg.solve(T.transpose(0, 2, 1) @ T + np.eye(Lambda.shape[0]), Lambda.T)
        return (Lambda @ inner,)


def _is_large(theta_internal: Array) -> bool:
    """Return whether the random effects are so large that rounding calls for the methods of ``graded``."""
    return float(theta_internal @ theta_internal) > LARGE**2


def _feasible(found: Array | None) -> Array:
    if found is None:
        raise ValueError("theta is not feasible")
    return found


def _solution(matrix: Array, right: Array) -> Array:
    """Return the solution of a positive definite system, or the least-squares one where it is singular."""
    if not right.size:
        return right
    _, solution, singular = lapack.dposv(matrix, right)
    if singular:
        solution = np.linalg.lstsq(matrix, right, rcond=None)[0]
    return np.asarray(solution, dtype=np.float64)
