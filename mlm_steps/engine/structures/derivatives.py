"""Derivatives of the three functions for several factors, from the products that a strategy computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import CriterionTerms, Solution
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["curvatures_of", "differences", "gathered"]

Array = NDArray[np.float64]

STEP = 1e-4
"""Step of central differences in theta, relative to its size; the error is of the order of its square."""
SMALL = 0.1
"""Size of an element of theta below which the step no longer shrinks with it."""


def gathered(
    factors: Sequence[FactorTerms],
    theta_internal: Array,
    solution: tuple[float, Solution],
    data: Sequence[Array],
    log_gradients: Sequence[Array],
) -> CriterionTerms:
    """Return the three functions with their gradients.

    Parameters
    ----------
    factors : sequence of FactorTerms
    theta_internal : ndarray, shape (m,)
    solution : tuple
        log|V| and the fixed effects.
    data : sequence of ndarray, each of shape (J, K, p + 1)
        Per factor Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta].
    log_gradients : sequence of ndarray, each of shape (K, K)
        Per factor Σ Z_jᵀ V⁻¹ Z_j Lambda: half the gradient of log|V|.
    """
    log_det, fixed = solution
    m, p = theta_internal.size, fixed.beta.size
    gradients, information = np.empty((3, m)), np.empty((m, p, p))
    for factor, W, log_gradient in zip(factors, data, log_gradients, strict=True):
        pattern = factor.pattern
        Lambda = pattern.factor(theta_internal[factor.theta])
        flat = W.reshape(W.shape[0], -1)
        pairs = (flat.T @ flat).reshape(pattern.K, p + 1, pattern.K, p + 1)
        P = -np.stack([np.einsum("aibi->ab", pairs[:, :p, :, :p]), pairs[:, p, :, p]])
        gradients[0, factor.theta] = pattern.gradient(log_gradient)
        gradients[1:, factor.theta] = pattern.gradient(P @ Lambda)
        tangents = pattern.tangents(Lambda)
        information[factor.theta] = -np.einsum("rab,aibj->rij", tangents, pairs[:, :p, :, :p])
    return CriterionTerms(
        log_det, fixed.log_det_RX2, fixed.pwrss, gradients, None, fixed.beta, fixed.RX, information
    )


def differences(
    criterion_terms: Callable[[Array], CriterionTerms | None], theta_internal: Array
) -> Array | None:
    """Return the Hessians of the three functions by central differences of their exact gradients."""
    m = theta_internal.size
    second = np.empty((3, m, m))
    for r in range(m):
        step = np.zeros(m)
        step[r] = STEP * max(abs(theta_internal[r]), SMALL)
        above, below = criterion_terms(theta_internal + step), criterion_terms(theta_internal - step)
        if above is None or below is None:
            return None
        second[:, r] = (above.gradients - below.gradients) / (2.0 * step[r])
    return (second + second.transpose(0, 2, 1)) / 2


def curvatures_of(weights: Array, logs: Sequence[Array], data: Sequence[Array]) -> tuple[Array, ...]:
    """Return per factor the derivative in Sigma of the weighted sum of the three functions.

    Parameters
    ----------
    weights : ndarray, shape (3,)
    logs : sequence of ndarray, each of shape (K, K)
        Per factor Σ Z_jᵀ V⁻¹ Z_j.
    data : sequence of ndarray, each of shape (J, K, p + 1)
        As for ``gathered``.
    """
    p = data[0].shape[2] - 1
    shares = np.append(np.full(p, weights[1]), weights[2])
    return tuple(
        weights[0] * log - np.einsum("jai,i,jbi->ab", W, shares, W) for log, W in zip(logs, data, strict=True)
    )
