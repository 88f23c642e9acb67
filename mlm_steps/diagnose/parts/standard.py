"""Conditional modes over their standard deviations (statistics, section 10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.diagnose.parts.subject import Factor, Model
from mlm_steps.diagnose.parts.variables import constant_within
from mlm_steps.engine.posterior.conditional import prediction_sds
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["StandardModes", "standard_modes"]

Array = NDArray[np.float64]

LEAST = 1e-6
"""Share of an effect's variance that its mode must have; a mode with less is 0 whatever the outcome."""


@dataclass(frozen=True, slots=True, eq=False)
class StandardModes:
    """The modes of one term.

    Attributes
    ----------
    values : ndarray, shape (J, k)
        Modes over the square root of T - Var(b_hat - b); NaN for an effect without variance, and for a level
        whose rows say nothing.
    free : float
        Number of levels less the fixed effects that are constant within them.
    """

    values: Array
    free: float


def standard_modes(model: Model) -> list[StandardModes]:
    """Return the standardised modes of each term; none for a model without random effects.

    For a generalized model, Var(b_hat - b) is the conditional variance at the modes.
    """
    fit = model.fit
    if isinstance(fit, LmmFit):
        errors = [sd**2 for sd in prediction_sds(fit)]
    elif isinstance(fit, GlmmFit):
        errors = [np.diagonal(each, axis1=1, axis2=2) for each in fit.mode_variances]
    else:
        return []
    found = []
    for term, modes, T, error in zip(fit.design.random, fit.modes, fit.covariances, errors, strict=True):
        prior = np.diag(T)
        variance = prior - error
        usable = (prior > 0) & (variance > LEAST * np.maximum(prior, np.finfo(float).tiny))
        values = np.where(usable, modes / np.sqrt(np.where(usable, variance, 1.0)), np.nan)
        found.append(StandardModes(values, _free(model, Factor(term.group, term.levels, term.refs))))
    return found


def _free(model: Model, factor: Factor) -> float:
    columns = model.design.X.T
    return factor.J - sum(constant_within(column, factor.refs, factor.J) for column in columns)
