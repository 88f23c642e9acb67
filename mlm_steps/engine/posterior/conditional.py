"""Variances of random effects given the data, of their prediction errors, and of the modes themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.posterior.henderson import fixed_gains
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.mode_variances import in_units

__all__ = [
    "conditional_variances", "diagonal_sds", "prediction_sds", "prediction_variances", "sampling_variances",
]  # fmt: skip

Array = NDArray[np.float64]


def conditional_variances(fit: MixedFit) -> tuple[Array, ...]:
    """Return the conditional variances of the modes per term, each of shape (J, k, k)."""
    return fit.mode_variances


def prediction_sds(fit: LmmFit) -> tuple[Array, ...]:
    """Return the standard deviations of the errors b_hat - b per term, each of shape (J, k).

    Unlike the conditional standard deviations, they include the uncertainty of the fixed effects (Henderson
    1975). theta is treated as known (statistics, section 10).
    """
    conditional = conditional_variances(fit)
    found: list[Array] = [np.empty(0)] * len(conditional)
    for term, moved in _moved(fit):
        own = np.diagonal(conditional[term], axis1=1, axis2=2)
        found[term] = np.sqrt(np.maximum(own + np.einsum("jap,jap->ja", moved, moved), 0.0))
    return tuple(found)


def prediction_variances(fit: LmmFit) -> tuple[Array, ...]:
    """Return the variances of the errors b_hat - b per term, T - TZᵀ𝒫ZT of each level, shape (J, k, k).

    𝒫 = Σ⁻¹ - Σ⁻¹X Φ XᵀΣ⁻¹ with Φ the variance of beta_hat. Their diagonals are those of ``prediction_sds``.
    """
    conditional = conditional_variances(fit)
    found: list[Array] = [np.empty(0)] * len(conditional)
    for term, moved in _moved(fit):
        found[term] = conditional[term] + moved @ moved.transpose(0, 2, 1)
    return tuple(found)


def sampling_variances(fit: LmmFit) -> tuple[Array, ...]:
    """Return the variances of the modes b_hat themselves per term, TZᵀ𝒫ZT of each level, shape (J, k, k).

    Over repeated outcomes, not given the data: b_hat divided by its standard deviation has the variance 1.
    It is smaller than T, for modes are shrunken.
    """
    pairs = zip(fit.covariances, prediction_variances(fit), strict=True)
    return tuple(T - error for T, error in pairs)


def diagonal_sds(variances: Array) -> Array:
    """Return the square roots of the diagonals, shape (J, k); 0 where rounding made one negative."""
    return np.sqrt(np.maximum(np.diagonal(variances, axis1=1, axis2=2), 0.0))


def _moved(fit: LmmFit) -> Iterator[tuple[int, Array]]:
    """Yield per term its position and D Zᵀ W X RX⁻ᵀ times sigma, in the design's units, shape (J, k, p)."""
    prepared = fit.prepared
    gains = fixed_gains(prepared, prepared.to_internal(fit.theta))
    for factor, gain in zip(prepared.strategy.factors, gains, strict=True):
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            yield term, fit.sigma * in_units(prepared.bases[term], gain[:, span])
