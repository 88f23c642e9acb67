"""Conditional variances of the random effects given the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import solved_lower
from mlm_steps.engine.pirls.laplace import modes_at
from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["generalized_mode_variances", "in_units", "mode_variances"]

Array = NDArray[np.float64]


def mode_variances(prepared: PreparedDesign, theta: Array, sigma: float) -> tuple[Array, ...]:
    """Return the conditional variances of the modes per term, each of shape (J, k, k).

    sigma² Lambda (Lambdaᵀ Zᵀ W Z Lambda + I)⁻¹ Lambdaᵀ, in squared outcome units: lme4's ``condVar``
    (statistics, section 10).
    """
    per_factor = prepared.strategy.mode_variances(prepared.to_internal(theta))
    variances: list[Array] = [np.empty(0)] * len(prepared.bases)
    for factor, blocks in zip(prepared.strategy.factors, per_factor, strict=True):
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            # basis⁻¹ block basis⁻ᵀ: the block is symmetric, so one half gives the other.
            half = in_units(prepared.bases[term], blocks[:, span, span])
            variances[term] = sigma**2 * in_units(prepared.bases[term], half.transpose(0, 2, 1))
    return tuple(variances)


def generalized_mode_variances(prepared: PreparedGlmm, psi: Array, u: Sequence[Array]) -> tuple[Array, ...]:
    """Return the conditional variances Lambda H⁻¹ Lambdaᵀ of a generalized model per term, (J, k, k).

    Parameters
    ----------
    prepared : PreparedGlmm
    psi : ndarray
        Parameters in the engine's units.
    u : sequence of ndarray
        The modes of the spherical random effects, or values near them.
    """
    state = modes_at(prepared, psi, u)
    if state is None:
        raise ValueError("the conditional modes are not found")
    variances: list[Array] = [np.empty(0)] * len(prepared.bases)
    for factor, block in zip(prepared.factors, state.factorised.variances(), strict=True):
        Lambda = factor.pattern.factor(psi[factor.theta])
        own = Lambda @ block @ Lambda.T
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            half = in_units(prepared.bases[term], own[:, span, span])
            variances[term] = in_units(prepared.bases[term], half.transpose(0, 2, 1))
    return tuple(variances)


def in_units(upper: Array, blocks: Array) -> Array:
    """Return upper⁻¹ block for each block, shape (J, k, c): from the engine's units to the design's."""
    J, k, c = blocks.shape
    flat = np.ascontiguousarray(blocks.transpose(1, 0, 2)).reshape(k, J * c)
    return solved_lower(upper.T, flat, transposed=True).reshape(k, J, c).transpose(1, 0, 2)
