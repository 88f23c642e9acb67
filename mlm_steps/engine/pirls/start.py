"""The start of a search: the generalized linear model without random effects, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.pirls.density import density_of
from mlm_steps.engine.pirls.prepared import PreparedGlmm

__all__ = ["GlmStart", "first_psi", "start_of"]

Array = NDArray[np.float64]

MOST_STEPS = 50
"""Largest number of Newton steps; more are needed only where an estimate has no bound."""
MOST_HALVINGS = 30
"""Largest number of times that a step is halved."""
SETTLED = 1e-8
"""Decrement of the log density at which the fixed effects are near enough for a start."""
RIDGE = 1e-10
"""Share of the largest diagonal element that is added to the information, which may be singular."""
FIRST = 0.5
"""Standard deviation of every random effect from which a search starts, on the scale of the link."""


@dataclass(frozen=True, slots=True, eq=False)
class GlmStart:
    """The model without random effects.

    Attributes
    ----------
    fixed : ndarray, shape (p,)
        Fixed effects in the engine's units.
    phi : float
    eta : ndarray, shape (n,)
        The linear predictor of the sorted rows.
    settled : bool
        Whether the estimates are finite, as far as the iterations show.
    """

    fixed: Array
    phi: float
    eta: Array
    settled: bool


def start_of(model: PreparedGlmm) -> GlmStart:
    """Return the generalized linear model without random effects; phi is that of the moments."""
    family, outcome, X = model.family, model.outcome, model.X
    initial = family.initial_eta(outcome)
    phi = family.initial_phi(outcome, initial)
    fixed = _step(X, density_of(model, initial, phi)[2], initial - model.offset)
    eta, settled = model.offset + X @ fixed, False
    value, slope, curvature = density_of(model, eta, phi)
    for _ in range(MOST_STEPS):
        gradient = X.T @ slope
        step = _solved(X, curvature, gradient)
        if float(gradient @ step) < SETTLED:
            settled = True
            break
        for _ in range(MOST_HALVINGS):
            eta = model.offset + X @ (fixed + step)
            after = density_of(model, eta, phi)
            if after[0] >= value:
                break
            step = 0.5 * step
        fixed, (value, slope, curvature) = fixed + step, after
    return GlmStart(fixed, family.initial_phi(outcome, eta), eta, settled)


def _step(X: Array, weights: Array, working: Array) -> Array:
    """Return the weighted least-squares coefficients."""
    return _solved(X, weights, X.T @ (weights * working))


def _solved(X: Array, weights: Array, right: Array) -> Array:
    if not right.size:
        return right
    information = X.T @ (X * weights[:, None])
    information.flat[:: right.size + 1] += RIDGE * float(information.diagonal().max())
    return np.asarray(lapack.dposv(information, right)[1])


def first_psi(model: PreparedGlmm, start: GlmStart, scale: float | None = None) -> Array:
    """Return the first parameter vector: independent random effects of one standard deviation."""
    psi = np.zeros(model.size)
    for factor in model.factors:
        diagonal = factor.pattern.rows == factor.pattern.columns
        psi[factor.theta[diagonal]] = FIRST if scale is None else scale
    psi[model.n_theta : model.n_theta + model.p] = start.fixed
    if model.family.has_dispersion:
        psi[-1] = np.log(start.phi)
    return psi
