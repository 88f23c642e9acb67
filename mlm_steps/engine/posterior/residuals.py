"""Residuals of several kinds (statistics, section 13)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.posterior.population import mean_outcomes
from mlm_steps.engine.posterior.whitened import whitened
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit, response_residuals

__all__ = ["LINEAR_KINDS", "RESIDUALS", "marginal_residuals", "pearson_residuals", "scaled_residuals"]

Array = NDArray[np.float64]


def marginal_residuals(fit: MixedFit) -> Array:
    """Return the outcome minus its mean over the groups, shape (n,), in outcome units.

    y - o - X beta for a linear model. For a generalized model the mean is the population average, which
    integrates the random effects; of a binomial outcome, numbers of events.
    """
    design = fit.design
    if isinstance(fit, GlmmFit):
        at = mean_outcomes(fit, design.X, design.offset, [term.z for term in design.random])
        return np.asarray(design.y - (1.0 if design.trials is None else design.trials) * at.population)
    found = design.y - design.X @ fit.beta
    return np.asarray(found if design.offset is None else found - design.offset)


def pearson_residuals(fit: MixedFit) -> Array:
    """Return the residuals given the random effects, times √w and over √V(μ), shape (n,).

    V is the variance function of the family without a dispersion parameter: 1 for a linear model, whose
    residuals keep the unit of the outcome, μ² for gamma outcomes; for a negative binomial it is μ + μ²/phi.
    These are lme4's Pearson residuals. A row that is predicted exactly has the residual 0.
    """
    design, found = fit.design, response_residuals(fit)
    if isinstance(fit, GlmmFit):
        family = fit.distribution
        trials = np.ones(design.n) if design.trials is None else design.trials
        phi = 1.0 if family.divides or fit.phi is None else fit.phi
        variance = family.variance(fit.eta, phi, trials)
        found = np.divide(found, np.sqrt(variance), out=np.zeros(design.n), where=variance > 0.0)
    return found if design.weights is None else np.asarray(found * np.sqrt(design.weights))


def scaled_residuals(fit: LmmFit) -> Array:
    """Return L⁻¹ (y - o - X beta) with L Lᵀ = Σ, shape (n,), without a unit.

    Under the model they are uncorrelated with variance 1, apart from the estimation of beta.
    """
    return whitened(fit, marginal_residuals(fit))


def _scaled(fit: MixedFit) -> Array:
    return scaled_residuals(linear_fit(fit))


RESIDUALS: dict[str, Callable[[MixedFit], Array]] = {
    "response": response_residuals,
    "conditional": response_residuals,
    "marginal": marginal_residuals,
    "pearson": pearson_residuals,
    "scaled": _scaled,
}
"""The kinds of residuals by their words; ``conditional`` is another word for ``response``."""
LINEAR_KINDS = ("scaled",)
"""Kinds that exist for linear models only."""
