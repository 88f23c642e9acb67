"""Search for the estimates of a prepared design without some rows, from those of the whole fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import solved_lower
from mlm_steps.engine.criterion.lambda_ import unpack
from mlm_steps.engine.influence.deletions import Estimated, component_values
from mlm_steps.engine.result.lmm_fit import BOUNDARY, Control, Method
from mlm_steps.engine.search.convergence import assess
from mlm_steps.engine.search.search import MANY_LEVELS, find_optimum, with_exact_zeros
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["NEARLY_DEPENDENT", "covariances_at", "estimated"]

Array = NDArray[np.float64]

NEARLY_DEPENDENT = 1e-6
"""Eigenvalue of XᵀX without a group, in units with XᵀX = I for all rows, below which its rank is computed."""

RIVALS = 2
"""Number of searches from contrasting starts where another optimum is possible; the first starts close by."""


def estimated(prepared: PreparedDesign, method: Method, start: Array) -> Estimated | None:
    """Return the estimates of a design whose outcome was centred on the fixed effects of the whole fit.

    ``start`` is theta of the whole fit in the engine's units. None if the search fails.
    """
    fewest = min(factor.J for factor in prepared.strategy.factors)
    rivals = RIVALS if fewest < MANY_LEVELS else 0
    found = find_optimum(prepared, method, Control(), start, rivals=rivals)
    if found.ended == "diverged":
        return None
    found = with_exact_zeros(prepared, method, found)
    if assess(prepared, found).status == "failed":
        return None
    terms, units = found.point.criterion_terms, prepared.units
    df = prepared.n - prepared.p if method == "REML" else prepared.n
    sigma2 = units.scale**2 * terms.pwrss / df
    root = solved_lower(terms.RX, units.back.T).T
    theta = prepared.from_internal(found.theta)
    covariances, singular = covariances_at(prepared, theta, sigma2)
    return Estimated(
        units.beta0 + units.scale * (units.back @ terms.beta),
        sigma2 * (root @ root.T),
        component_values(covariances, sigma2),
        singular,
    )


def covariances_at(prepared: PreparedDesign, theta: Array, sigma2: float) -> tuple[list[Array], bool]:
    """Return the covariance matrix of each term at theta, in the design's units; whether one is singular."""
    factors, start = [], 0
    for basis in prepared.bases:
        k = basis.shape[0]
        stop = start + k * (k + 1) // 2
        factors.append(unpack(theta[start:stop], k))
        start = stop
    singular = any(bool((np.abs(np.diag(factor)) < BOUNDARY).any()) for factor in factors)
    return [sigma2 * (factor @ factor.T) for factor in factors], singular
