"""New outcomes from the fit's own residuals at each level (Carpenter, Goldstein & Rasbash 2003).

Conditional modes and residuals are shrunk: their variances are smaller than the estimated parameters. They
are therefore centred and reflated by the linear map that gives their empirical covariance matrix the
estimated value. Then they are drawn with replacement.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.replicates import Replicates, refit_many
from mlm_steps.engine.bootstrap.simulate import population_outcomes
from mlm_steps.engine.criterion.lambda_ import lower_factor
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import Fault, FitError

__all__ = ["reflated_effects", "reflated_residuals", "residual"]

Array = NDArray[np.float64]

NO_RANK = 1e-8
"""Singular value, relative to the largest, below which the effects do not vary in a direction."""


def residual(fit: MixedFit, generators: Sequence[np.random.Generator]) -> Replicates:
    """Return the refits to outcomes made of resampled group effects and residuals.

    Raises
    ------
    FitError
        For a generalized model, whose outcomes are not sums of a mean and a residual.
    """
    if not isinstance(fit, LmmFit):
        what = f"the outcomes of a {fit.family} model are no sums of a mean and a residual to resample"
        raise FitError(Fault("bootstrap.kind", what, "choose parametric or cases"))
    effects, rows, design = reflated_effects(fit), reflated_residuals(fit), fit.design
    drawn = [np.empty((len(generators), *b.shape)) for b in effects]
    e = np.empty((len(generators), design.n))
    for b, generator in enumerate(generators):
        for own, each in zip(drawn, effects, strict=True):
            own[b] = each[generator.integers(len(each), size=len(each))]
        e[b] = rows[generator.integers(design.n, size=design.n)]
    if design.weights is not None:
        e /= np.sqrt(design.weights)
    return refit_many(fit, population_outcomes(design, fit.beta, drawn, e).T)


def reflated_effects(fit: LmmFit) -> tuple[Array, ...]:
    """Return the conditional modes per term, with mean 0 and covariance matrix T, shape (J, k).

    A direction in which the modes do not vary, as in a singular fit, keeps variance 0.
    """
    reflated = []
    for modes, Lambda in zip(fit.modes, fit.Lambda, strict=True):
        centred = modes - modes.mean(axis=0)
        own = lower_factor(centred.T / np.sqrt(len(centred)))
        reflated.append(centred @ np.linalg.pinv(own, rcond=NO_RANK).T @ (fit.sigma * Lambda).T)
    return tuple(reflated)


def reflated_residuals(fit: LmmFit) -> Array:
    """Return the residuals times the square roots of their weights, with mean 0 and variance sigma²."""
    weights = fit.design.weights
    e = fit.residuals if weights is None else fit.residuals * np.sqrt(weights)
    centred = e - e.mean()
    reflated: Array = centred * (fit.sigma / np.sqrt(np.mean(centred**2)))
    return reflated
