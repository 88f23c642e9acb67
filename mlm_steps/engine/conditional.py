"""How precisely the random effects are known given the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.values import LmmFit

__all__ = ["conditional_variances"]

Array = NDArray[np.float64]


def conditional_variances(fit: LmmFit) -> tuple[Array, ...]:
    """Return the conditional variances of the modes per term, each of shape (J, k, k).

    sigma² Lambda (Lambdaᵀ Zᵀ W Z Lambda + I)⁻¹ Lambdaᵀ, in squared outcome units: lme4's ``condVar``
    (statistics, section 10).
    """
    kernel = fit.kernel
    per_factor = kernel.strategy.mode_variances(kernel.convert(fit.theta, inverse=False))
    variances: list[Array] = [np.empty(0)] * len(kernel.bases)
    for factor, blocks in zip(kernel.strategy.factors, per_factor, strict=True):
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            inverse = np.linalg.inv(kernel.bases[term])
            variances[term] = fit.sigma**2 * (inverse @ blocks[:, span, span] @ inverse.T)
    return tuple(variances)
