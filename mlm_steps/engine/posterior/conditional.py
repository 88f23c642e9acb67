"""Conditional variances of the random effects given the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import solved_lower
from mlm_steps.engine.posterior.henderson import fixed_gains
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["conditional_variances", "prediction_sds"]

Array = NDArray[np.float64]


def conditional_variances(fit: LmmFit) -> tuple[Array, ...]:
    """Return the conditional variances of the modes per term, each of shape (J, k, k).

    sigma² Lambda (Lambdaᵀ Zᵀ W Z Lambda + I)⁻¹ Lambdaᵀ, in squared outcome units: lme4's ``condVar``
    (statistics, section 10).
    """
    prepared = fit.prepared
    per_factor = prepared.strategy.mode_variances(prepared.to_internal(fit.theta))
    variances: list[Array] = [np.empty(0)] * len(prepared.bases)
    for factor, blocks in zip(prepared.strategy.factors, per_factor, strict=True):
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            # basis⁻¹ block basis⁻ᵀ: the block is symmetric, so one half gives the other.
            half = _divided(prepared.bases[term], blocks[:, span, span])
            variances[term] = fit.sigma**2 * _divided(prepared.bases[term], half.transpose(0, 2, 1))
    return tuple(variances)


def prediction_sds(fit: LmmFit) -> tuple[Array, ...]:
    """Return the standard deviations of the errors b_hat - b per term, each of shape (J, k).

    Unlike the conditional standard deviations, they include the uncertainty of the fixed effects (Henderson
    1975). theta is treated as known (statistics, section 10).
    """
    prepared = fit.prepared
    gains = fixed_gains(prepared, prepared.to_internal(fit.theta))
    conditional = conditional_variances(fit)
    found: list[Array] = [np.empty(0)] * len(prepared.bases)
    for factor, gain in zip(prepared.strategy.factors, gains, strict=True):
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            moved = fit.sigma * _divided(prepared.bases[term], gain[:, span])
            own = np.diagonal(conditional[term], axis1=1, axis2=2)
            found[term] = np.sqrt(np.maximum(own + np.einsum("jap,jap->ja", moved, moved), 0.0))
    return tuple(found)


def _divided(upper: Array, blocks: Array) -> Array:
    """Return upper⁻¹ block for each block, shape (J, k, c)."""
    J, k, c = blocks.shape
    flat = np.ascontiguousarray(blocks.transpose(1, 0, 2)).reshape(k, J * c)
    return solved_lower(upper.T, flat, transposed=True).reshape(k, J, c).transpose(1, 0, 2)
