"""The variance partition coefficient on the scale of the outcome (statistics, section 22.6)."""

from __future__ import annotations

import numpy as np

from mlm_steps.engine.families.marginal import spread_of_mean
from mlm_steps.engine.fit.generalized import family_of_design
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import VarianceParts
from mlm_steps.records import Icc

__all__ = ["vpc_response"]


def vpc_response(fit: MixedFit, parts: VarianceParts) -> list[Icc]:
    """Return the share of the outcome's variance between groups at the mean of the predictors.

    It is Var(mu) / (Var(mu) + E V(mu)) over the random effects of the groups, where V is the variance of one
    trial or of an outcome at exposure 1; a term with a level per row is part of the variance within groups.
    Linear models, whose outcome has the scale of the predictor, have no such row.
    """
    if fit.design.response.linear:
        return []
    if not np.isfinite(fit.beta).all():
        return [Icc(group=None, kind="vpc_response", value=None, code="separation")]
    x = np.average(fit.design.X, axis=0, weights=fit.design.weights)
    between = within = 0.0
    for position, (term, T) in enumerate(zip(fit.design.random, fit.covariances, strict=True)):
        z = np.average(term.z, axis=0, weights=fit.design.weights)
        share = float(z @ T @ z)
        if position in parts.dispersion:
            within += share
        else:
            between += share
    return [
        Icc(group=None, kind="vpc_response", value=response_share(fit, float(x @ fit.beta), between, within))
    ]


def response_share(fit: MixedFit, eta: float, between: float, within: float) -> float:
    """Return the share at a linear predictor without random effects.

    Parameters
    ----------
    fit : MixedFit
        A generalized model.
    eta : float
    between, within : float
        Variances of the linear predictor between groups, and within groups by terms with a level per row.
    """
    family = family_of_design(fit.design)
    phi = 1.0 if fit.phi is None else fit.phi
    ones = np.ones(1)
    inner = np.array([within])

    def mean(at: np.ndarray) -> np.ndarray:
        return family.marginal(at, np.broadcast_to(inner, at.shape)).mean

    def spread(at: np.ndarray) -> np.ndarray:
        rows = spread_of_mean(at, inner, family.mean, lambda each: family.variance(each, phi, ones))
        return rows.between + rows.within

    found = spread_of_mean(np.array([eta]), np.array([between]), mean, spread)
    return float(found.between[0] / (found.between[0] + found.within[0]))
