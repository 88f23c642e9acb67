"""Conditional variances of the random effects given the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.posterior.henderson import fixed_gains
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.mode_variances import in_units

__all__ = ["conditional_variances", "prediction_sds"]

Array = NDArray[np.float64]


def conditional_variances(fit: MixedFit) -> tuple[Array, ...]:
    """Return the conditional variances of the modes per term, each of shape (J, k, k)."""
    return fit.mode_variances


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
            moved = fit.sigma * in_units(prepared.bases[term], gain[:, span])
            own = np.diagonal(conditional[term], axis1=1, axis2=2)
            found[term] = np.sqrt(np.maximum(own + np.einsum("jap,jap->ja", moved, moved), 0.0))
    return tuple(found)
