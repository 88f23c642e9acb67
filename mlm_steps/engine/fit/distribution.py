"""The variance of a family's distribution on the link scale (statistics, section 22.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.fit.generalized import fit_generalized
from mlm_steps.engine.result.mixed_checks import family_of_design
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = [
    "DistributionVariance",
    "constant_variance",
    "distribution_variance",
    "null_design",
    "predictor_variance",
    "replicated_variance",
]

Array = NDArray[np.float64]

INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True)
class DistributionVariance:
    """The variance of the distribution on the link scale, which takes the place of sigma².

    Attributes
    ----------
    value : float
    method : str
        One of the family's ``variance_methods``.
    mean : float or None
        lambda, the marginal mean of the null model; None if the method does not depend on it.
    """

    value: float
    method: str
    mean: float | None


def distribution_variance(
    fit: MixedFit, method: str | None = None, known: Sequence[MixedFit] = ()
) -> DistributionVariance | None:
    """Return the variance of a fit's distribution on the link scale; None for a linear model.

    Parameters
    ----------
    fit : MixedFit
    method : str, optional
        A method of the family; any other word stands for its default.
    known : sequence of MixedFit
        Fits that are taken as the null model if they are that; otherwise it is fitted.
    """
    if fit.design.response.linear:
        return None
    family = family_of_design(fit.design)
    chosen = method if method in family.variance_methods else family.variance_methods[0]
    phi = 1.0 if fit.phi is None else fit.phi
    mean = _null_mean(fit, known) if family.variance_needs_mean(chosen) else None
    value = family.distribution_variance(chosen, 1.0 if mean is None else mean, phi, _mean_trials(fit.design))
    return DistributionVariance(float(value), chosen, mean)


def constant_variance(design: Design, method: str | None = None) -> float | None:
    """Return the variance of a distribution on the link scale if no parameter changes it, else None.

    It is then the same along a profile. That of a linear model is None.
    """
    if design.response.linear:
        return None
    family = family_of_design(design)
    chosen = method if method in family.variance_methods else family.variance_methods[0]
    if family.has_dispersion or family.variance_needs_mean(chosen):
        return None
    return float(family.distribution_variance(chosen, 1.0, 1.0, _mean_trials(design)))


def replicated_variance(
    design: Design, phi: Array | None, replicates: int, method: str | None = None
) -> Array | None:
    """Return the variance of the distribution in each replicate of a bootstrap, shape (replicates,).

    None if it depends on the null model. ``phi`` holds the dispersions, shape (replicates,), if there is one.
    """
    family = family_of_design(design)
    chosen = method if method in family.variance_methods else family.variance_methods[0]
    if family.variance_needs_mean(chosen):
        return None
    dispersions = np.ones(replicates) if phi is None or not family.has_dispersion else phi
    trials = _mean_trials(design)
    return np.array([family.distribution_variance(chosen, 1.0, float(each), trials) for each in dispersions])


def _null_mean(fit: MixedFit, known: Sequence[MixedFit]) -> float:
    """Return the marginal mean of the null model with the same random terms, offset and rows."""
    null = next((each for each in (fit, *known) if _is_null_of(each, fit)), None)
    if null is None:
        null = fit_generalized(null_design(fit.design), agq=fit.agq)
    design = null.design
    offset = np.zeros(design.n) if design.offset is None else design.offset
    means = family_of_design(design).marginal(offset + design.X @ null.beta, predictor_variance(null)).mean
    return float(np.average(means, weights=design.weights))


def predictor_variance(fit: MixedFit) -> Array:
    """Return the variance z'Tz of each row's linear predictor over the groups, shape (n,)."""
    total = np.zeros(fit.design.n)
    for term, T in zip(fit.design.random, fit.covariances, strict=True):
        total += np.einsum("ia,ab,ib->i", term.z, T, term.z)
    return total


def null_design(design: Design) -> Design:
    """Return the design of the null model: the intercept, and the same random terms and offset."""
    return replace(
        design,
        X=np.ones((design.n, 1)),
        columns=(INTERCEPT,),
        assign=(0,),
        term_labels=(),
        term_variables=(),
        all_columns=(INTERCEPT,),
        all_assign=(0,),
        dropped=(),
        full_names={},
        shared_names={},
        aliases={},
    )


def _is_null_of(null: MixedFit, fit: MixedFit) -> bool:
    one, other = null.design, fit.design
    return (
        one.X.shape[1] == 1
        and bool(np.all(one.X == 1.0))
        and one.response == other.response
        and null.agq == fit.agq
        and np.array_equal(one.rows, other.rows)
        and len(one.random) == len(other.random)
        and all(map(_same_term, one.random, other.random))
        and _alike(one.offset, other.offset)
        and _alike(one.weights, other.weights)
        and _alike(one.trials, other.trials)
        and np.array_equal(one.y, other.y)
    )


def _same_term(one: RandomTerm, other: RandomTerm) -> bool:
    return (
        one.group == other.group and np.array_equal(one.refs, other.refs) and np.array_equal(one.z, other.z)
    )


def _alike(one: Array | None, other: Array | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _mean_trials(design: Design) -> float:
    if design.trials is None:
        return 1.0
    return float(np.average(design.trials, weights=design.weights))
