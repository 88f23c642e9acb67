"""New outcomes from a generalized model, and its refits to them (statistics, section 22.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.bootstrap.replicates import Replicates, of_fits
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.errors import FitError

__all__ = ["draw_from", "parameters_of_fit", "refit_design", "refit_each"]

Array = NDArray[np.float64]


def draw_from(fit: GlmmFit, generators: Sequence[np.random.Generator], *, conditional: bool = False) -> Array:
    """Return one outcome per generator, shape (B, rows of the fit).

    The random effects are drawn first, term by term, and then the outcome of every row given them, with the
    trials and the offset of the data. ``conditional`` keeps the random effects at their modes. In rows that
    are predicted exactly, because a coefficient is infinite, the outcome is always the same.
    """
    design = fit.design
    trials = np.ones(design.n) if design.trials is None else design.trials
    phi = 1.0 if fit.phi is None else fit.phi
    fixed = fit.eta - _random_part(fit, fit.modes)
    drawn = np.empty((len(generators), design.n))
    for row, generator in enumerate(generators):
        eta = fit.eta
        if not conditional:
            b = [generator.standard_normal(m.shape) @ L.T for m, L in zip(fit.modes, fit.Lambda, strict=True)]
            eta = fixed + _random_part(fit, b)
        drawn[row] = fit.distribution.draw(eta, phi, trials, generator)
    return drawn


def _random_part(fit: GlmmFit, b: Sequence[Array]) -> Array:
    """Return Z b, shape (n,)."""
    total = np.zeros(fit.design.n)
    for term, effects in zip(fit.design.random, b, strict=True):
        total += np.einsum("ij,ij->i", term.z, effects[term.refs])
    return total


def refit_each(fit: GlmmFit, Y: Array) -> Replicates:
    """Return the refits to outcomes, given as columns, shape (n, B)."""
    return of_fits(fit.design, [refit_design(fit, replace(fit.design, y=y)) for y in Y.T])


def refit_design(fit: GlmmFit, design: Design, start: Array | None = None) -> GlmmFit | None:
    """Return the model of a fit for another design with the same columns, or None where it has no optimum.

    The search starts at the parameters of the fit, or at ``start``: theta, beta and log(phi) in the units of
    the design.
    """
    begin = parameters_of_fit(fit) if start is None else start
    try:
        found = fit_glmm(design, fit.distribution, agq=fit.agq, start=begin)
    except FitError:
        return None  # the caller records the replicate as failed
    return None if found.convergence is None or found.convergence.status == "failed" else found


def parameters_of_fit(fit: GlmmFit) -> Array:
    """Return theta, beta and log(phi) in the units of the design; finite values where beta is infinite."""
    beta = np.where(np.isfinite(fit.beta), fit.beta, 0.0)
    log_phi = [] if fit.phi is None else [np.log(fit.phi)]
    return np.concatenate([fit.theta, beta, log_phi])
