"""The profiled and the unprofiled criterion, composed of three functions of theta.

With V = I + Z Lambda Lambdaᵀ Zᵀ (weighted), the three are log|L|² = log|V|, log|RX|² = log|Xᵀ V⁻¹ X|
and r², the penalised weighted residual sum of squares. Each strategy gives their values and
derivatives. This module derives what REML, ML and Satterthwaite's method need (statistics, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

__all__ = [
    "AverageInformation",
    "CriterionTerms",
    "Point",
    "Solution",
    "TracePoint",
    "additive_constant",
    "profiled",
    "profiled_value",
    "solve_fixed",
    "solved_lower",
    "whitener",
]

Array = NDArray[np.float64]


class AverageInformation(NamedTuple):
    """The parts of the average information.

    ``bends``, shape (3, m, m), is the part of the three Hessians from the curvature of Sigma in theta;
    ``forms``, shape (m, m), has yᵀ P V_r P V_s P y for the derivatives V_r of V.
    """

    bends: Array
    forms: Array


@dataclass(frozen=True, slots=True, eq=False)
class CriterionTerms:
    """The three functions at one theta.

    Attributes
    ----------
    log_det_L2, log_det_RX2, pwrss : float
        Their values.
    gradients : ndarray, shape (3, m)
        Their gradients, in this order.
    hessians : ndarray, shape (3, m, m), or None
        Their Hessians.
    beta : ndarray, shape (p,)
        Fixed effects.
    RX : ndarray, shape (p, p)
        Lower triangular; RX RXᵀ = Xᵀ V⁻¹ X.
    information : ndarray, shape (m, p, p)
        Derivatives of RXᵀ⁻¹-whitened Xᵀ V⁻¹ X: RX⁻¹ (∂ Xᵀ V⁻¹ X / ∂ theta) RX⁻ᵀ.
    average_information : AverageInformation or None
        For an approximation of the Hessian where the exact one is expensive.
    """

    log_det_L2: float
    log_det_RX2: float
    pwrss: float
    gradients: Array
    hessians: Array | None
    beta: Array
    RX: Array
    information: Array
    average_information: AverageInformation | None = None


class Point(NamedTuple):
    """The profiled criterion: value, gradient (m,), Hessian (m, m) where it is known, and its terms.

    ``average_information`` approximates the Hessian where the exact one is expensive.
    """

    value: float
    gradient: Array
    hessian: Array | None
    criterion_terms: CriterionTerms
    average_information: Array | None = None


class TracePoint(NamedTuple):
    """One evaluation of a search: its number, the criterion, the largest slope if it is known."""

    evaluation: int
    criterion: float
    max_gradient: float | None


class Solution(NamedTuple):
    """The fixed-effects part of the penalised least-squares problem."""

    beta: Array
    RX: Array
    log_det_RX2: float
    pwrss: float


def solve_fixed(S: Array) -> Solution | None:
    """Return the solution for S = [X y]ᵀ V⁻¹ [X y], or None when it is not positive definite."""
    L, info = lapack.dpotrf(S, lower=1, clean=1)
    if info != 0:
        return None
    p = S.shape[0] - 1
    diagonal = L.diagonal()
    RX = L[:p, :p]
    beta = solved_lower(RX, L[p, :p], transposed=True)
    return Solution(beta, RX, 2.0 * float(np.log(diagonal[:p]).sum()), float(diagonal[p] ** 2))


def solved_lower(L: Array, right: Array, *, transposed: bool = False) -> Array:
    """Return L⁻¹ right, or L⁻ᵀ right, for a lower triangular L of full rank."""
    if not right.size:
        return right
    solution: Array = lapack.dtrtrs(L, right, lower=1, trans=int(transposed))[0]
    return solution


def whitener(fixed: Solution) -> Array:
    """Return the matrix that takes [X y] to [X RX⁻ᵀ, y - X beta], shape (p + 1, p + 1)."""
    p = fixed.beta.size
    matrix = np.zeros((p + 1, p + 1))
    matrix[:p, :p] = solved_lower(fixed.RX, np.eye(p), transposed=True)
    matrix[:p, p] = -fixed.beta
    matrix[p, p] = 1.0
    return matrix


def profiled(criterion_terms: CriterionTerms, n: int, p: int, method: Literal["REML", "ML"]) -> Point:
    """Return the profiled criterion, without the terms that do not depend on theta."""
    reml = float(method == "REML")
    df = n - p if reml else n
    shares = np.array([1.0, reml, df / criterion_terms.pwrss])
    relative = criterion_terms.gradients[2] / criterion_terms.pwrss
    value = criterion_terms.log_det_L2 + reml * criterion_terms.log_det_RX2 + df * log(criterion_terms.pwrss)
    gradient = shares @ criterion_terms.gradients
    from_pwrss = df * relative[:, None] * relative
    hessian = average_information = None
    if criterion_terms.hessians is not None:
        hessian = _combined(shares, criterion_terms.hessians) - from_pwrss
    if criterion_terms.average_information is not None:
        forms = shares[2] * criterion_terms.average_information.forms
        average_information = (
            _combined(shares, criterion_terms.average_information.bends) + forms - from_pwrss
        )
    return Point(value, gradient, hessian, criterion_terms, average_information)


def _combined(shares: Array, hessians: Array) -> Array:
    combined: Array = (shares @ hessians.reshape(3, -1)).reshape(hessians.shape[1:])
    return combined


def profiled_value(
    values: tuple[float, float, float], n: int, p: int, method: Literal["REML", "ML"]
) -> float:
    """Return the value of the profiled criterion from log|L|², log|RX|² and r²."""
    log_det_L2, log_det_RX2, pwrss = values
    if method == "REML":
        return float(log_det_L2 + log_det_RX2 + (n - p) * np.log(pwrss))
    return float(log_det_L2 + n * np.log(pwrss))


def additive_constant(n: int, p: int, method: Literal["REML", "ML"]) -> float:
    """Return the constant of the profiled criterion: df (1 + log(2 pi / df))."""
    df = n - p if method == "REML" else n
    return float(df * (1.0 + np.log(2.0 * np.pi / df)))
