"""New outcomes from a model without random effects, and its refits to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.replicates import Replicates
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.single_level import fit_single_level
from mlm_steps.engine.result.single_level import SingleLevelFit
from mlm_steps.errors import FitError

__all__ = ["draw_without_groups", "refit_without_groups"]

Array = NDArray[np.float64]


def draw_without_groups(fit: SingleLevelFit, generators: Sequence[np.random.Generator]) -> Array:
    """Return one outcome per generator, drawn from the model at its estimates, shape (B, rows of the fit)."""
    return np.stack([_draw(fit, generator) for generator in generators])


def _draw(fit: SingleLevelFit, generator: np.random.Generator) -> Array:
    design = fit.design
    if fit.sigma is not None:
        e = fit.sigma * generator.standard_normal(design.n)
        return fit.fitted + (e if design.weights is None else e / np.sqrt(design.weights))
    trials = np.ones(design.n) if design.trials is None else design.trials
    eta = design.X @ fit.beta + (0.0 if design.offset is None else design.offset)
    phi = 1.0 if fit.phi is None else fit.phi
    return np.asarray(family_of(fit.family, fit.link).draw(eta, phi, trials, generator))


def refit_without_groups(fit: SingleLevelFit, Y: Array) -> Replicates:
    """Return the refits to outcomes, given as columns, shape (n, B)."""
    B, p = Y.shape[1], fit.design.p
    beta, sigma, criterion = np.full((B, p), np.nan), np.full(B, np.nan), np.full(B, np.nan)
    phi = None if fit.phi is None else np.full(B, np.nan)
    status = np.full(B, "failed", dtype="<U9")
    for b, y in enumerate(Y.T):
        try:
            found = fit_single_level(replace(fit.design, y=y), fit.method)
        except FitError:
            continue  # the replicate is recorded as failed
        beta[b], sigma[b], criterion[b], status[b] = found.beta, found.scale, found.criterion, "converged"
        if phi is not None and found.phi is not None:
            phi[b] = found.phi
    return Replicates(np.zeros((B, 0)), beta, sigma, criterion, status, phi)
