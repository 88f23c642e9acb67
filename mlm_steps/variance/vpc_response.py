"""The variance partition coefficient on the scale of the outcome (statistics, section 22.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import Predictors
from mlm_steps.engine.families.marginal import spread_of_mean
from mlm_steps.engine.result.mixed_checks import family_of_design
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import VarianceParts
from mlm_steps.records import Icc
from mlm_steps.variance.vpc import grid

__all__ = ["vpc_response"]

Array = NDArray[np.float64]


def vpc_response(fit: MixedFit, parts: VarianceParts, predictors: Predictors | None = None) -> list[Icc]:
    """Return the share of the outcome's variance between groups at the mean of the predictors.

    With the predictors of the fit, there is also a row for each value of the predictor of a random slope, at
    the values of ``vpc``; other numbers are at their means, and categories averaged over their levels.

    It is Var(mu) / (Var(mu) + E V(mu)) over the random effects of the groups, where V is the variance of one
    trial or of an outcome at exposure 1; a term with a level per row is part of the variance within groups.
    Linear models, whose outcome has the scale of the predictor, have no such row.
    """
    if fit.design.response.linear:
        return []
    if not np.isfinite(fit.beta).all():
        return [Icc(group=None, kind="vpc_response", value=None, code="separation")]
    return [_at_means(fit, parts), *(() if predictors is None else _over_slopes(fit, parts, predictors))]


def _at_means(fit: MixedFit, parts: VarianceParts) -> Icc:
    x = np.average(fit.design.X, axis=0, weights=fit.design.weights)
    z = [np.average(term.z, axis=0, weights=fit.design.weights) for term in fit.design.random]
    return Icc(group=None, kind="vpc_response", value=_share(fit, parts, float(x @ fit.beta), z))


def _over_slopes(fit: MixedFit, parts: VarianceParts, predictors: Predictors) -> Iterator[Icc]:
    """Yield the rows at values of the predictors of random slopes; a function of a predictor has none."""
    slopes = {name for term in fit.design.random for name in term.names} & predictors.by_name.keys()
    categories = [name for name, each in predictors.by_name.items() if each.levels]
    for name in sorted(slopes):
        predictor = predictors.by_name[name]
        if predictor.category:
            continue
        values = grid(predictor.values)
        others = [each for each in categories if each != name]
        try:
            settings = [predictors.weighted({name: float(x)}, others) for x in values]
        except ValueError:  # too many combinations of levels
            continue
        rows = predictors.averages(settings)
        L, possible = predictors.contrasts(rows)
        for i, x in enumerate(values):
            if possible[i]:
                eta = float(L[i] @ fit.beta + rows.offset[i])
                value = _share(fit, parts, eta, [z[i] for z in rows.random])
                yield Icc(group=None, kind="vpc_response", value=value, x=float(x), effect=name)


def _share(fit: MixedFit, parts: VarianceParts, eta: float, z: Sequence[Array]) -> float:
    """Return the share at a linear predictor and the columns of the random terms."""
    between = within = 0.0
    for position, (own, T) in enumerate(zip(z, fit.covariances, strict=True)):
        variance = float(own @ T @ own)
        if position in parts.dispersion:
            within += variance
        else:
            between += variance
    return response_share(fit, eta, between, within)


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
