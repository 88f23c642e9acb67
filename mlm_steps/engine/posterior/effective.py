"""The effective number of parameters of a generalized model at its modes (statistics, section 22.8)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import solved_lower
from mlm_steps.engine.pirls.laplace import modes_at
from mlm_steps.engine.pirls.modes import summed
from mlm_steps.engine.result.glmm_fit import GlmmFit

__all__ = ["effective_parameters"]

Array = NDArray[np.float64]


def effective_parameters(fit: GlmmFit) -> float:
    """Return ρ = tr{(AᵀWA + P)⁻¹ AᵀWA} with A = [Z Lambda, X] and P = diag(I, 0).

    It is the number of fixed effects plus what the random effects, which are shrunken, count for; NaN where
    the modes or the factor of the matrix do not exist. Rows that are predicted exactly have weight 0.
    """
    model = fit.prepared
    state = modes_at(model, fit.psi_internal, fit.u)
    if state is None:
        return float("nan")
    weighted = model.X * state.derivatives.curvature[:, None]
    # With C = LambdaᵀZᵀWX, the block of the random effects in the inverse is H⁻¹ + H⁻¹ C S⁻¹ Cᵀ H⁻¹.
    across = [summed(model, state.A, column) for column in weighted.T]
    solved = [state.factorised.solve(right) for right in across]
    flat, right = _rows(solved, model.p), _rows(across, model.p)
    complement = model.X.T @ weighted - right @ flat.T
    try:
        factor = np.asarray(np.linalg.cholesky(0.5 * (complement + complement.T)), dtype=np.float64)
    except np.linalg.LinAlgError:
        return float("nan")
    q = sum(each.size for each in state.u)
    shrunken = sum(float(np.einsum("jkk->", block)) for block in state.factorised.variances())
    return q + model.p - shrunken - float(np.sum(solved_lower(factor, flat) ** 2))


def _rows(vectors: Sequence[Sequence[Array]], p: int) -> Array:
    """Return one row per vector, whose parts have shape (J, K) per factor; shape (p, q)."""
    return np.array([np.concatenate([part.ravel() for part in each]) for each in vectors]).reshape(p, -1)
