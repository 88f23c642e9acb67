"""The log density of all rows with two derivatives, in C where it is compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.structures import compiled

__all__ = ["density_of"]

Array = NDArray[np.float64]


def density_of(model: PreparedGlmm, eta: Array, phi: float) -> tuple[float, Array, Array]:
    """Return Σ a ℓ without the family's constant, a ℓ' and a w at a linear predictor of the sorted rows."""
    family, outcome, kernel = model.family, model.outcome, model.family.kernel
    if kernel is None or not compiled.usable():
        slope, curvature, _ = family.derivatives(outcome, eta, phi)
        value = float(outcome.weights @ family.log_density(outcome, eta, phi))
        return value, outcome.weights * slope, outcome.weights * curvature
    slope, curvature, bend = np.empty_like(eta), np.empty_like(eta), np.empty_like(eta)
    given = outcome.y, outcome.trials, outcome.weights
    value = compiled.module().family_rows(kernel, phi, eta, *given, slope, curvature, bend)
    return value, slope, curvature
