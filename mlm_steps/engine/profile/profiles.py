"""Profiles of the parameters of a fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import family_of
from mlm_steps.engine.profile.base import Constrained
from mlm_steps.engine.profile.constrained import (
    ConstrainedDeviance,
    constrain_coefficient,
    constrain_correlation,
    constrain_deviation,
    constrain_sigma,
    constrain_theta,
)
from mlm_steps.engine.profile.generalized import (
    GeneralizedDeviance,
    Optimum,
    hold_coefficient,
    hold_correlation,
    hold_deviation,
    hold_infinite,
    hold_log_phi,
)
from mlm_steps.engine.profile.profile import Profile, trace
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit

__all__ = ["Parameter", "parameters_of", "profile_fit"]

Array = NDArray[np.float64]

Kind = Literal["sd", "correlation", "sigma", "phi", "beta", "theta"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a model.

    Attributes
    ----------
    kind : {"sd", "correlation", "sigma", "phi", "beta", "theta"}
        ``theta`` is the relative standard deviation of a linear model with one scalar random term, ``phi``
        the dispersion of a generalized model.
    term : int or None
        Position of the random term in the design.
    effects : tuple of int
        Positions of the random coefficients in the term, or of the column in X.
    """

    kind: Kind
    term: int | None = None
    effects: tuple[int, ...] = ()


Held = tuple[Parameter, float]
"""A parameter to hold fixed, and the largest rise of the deviance as it moves away from its estimate."""


def parameters_of(design: Design) -> tuple[Parameter, ...]:
    """Return standard deviations and correlations per term, sigma or phi, and the fixed effects."""
    found = []
    for index, term in enumerate(design.random):
        k = len(term.names)
        found += [Parameter("sd", index, (effect,)) for effect in range(k)]
        found += [Parameter("correlation", index, pair) for pair in combinations(range(k), 2)]
    betas = [Parameter("beta", None, (column,)) for column in range(design.p)]
    return (*found, *_of_rows(design), *betas)


def _of_rows(design: Design) -> tuple[Parameter, ...]:
    """Return the parameter of the outcome's distribution given the mean, if there is one."""
    response = design.response
    if response.linear:
        return (Parameter("sigma"),)
    family = family_of(response.family, response.link)
    return (Parameter("phi"),) if family.has_dispersion else ()


def profile_fit(
    fit: MixedFit, parameters: Sequence[Parameter], *, confidence: float = 0.95, workers: int = 1
) -> tuple[Profile, ...]:
    """Return the profiles of parameters of an ML fit, in their order.

    Parameters
    ----------
    fit : MixedFit
        A fit by ML: the full likelihood is profiled, also for a model that was fitted by REML.
    parameters : sequence of Parameter
    confidence : float
    workers : int
        Number of processes; results do not depend on it.
    """
    if fit.method != "ML":
        raise ValueError("profiles are those of the ML fit")
    work = partial(_traced, fit, confidence)
    deviations = dict.fromkeys(end for parameter in parameters for end in _deviations(parameter))
    first = [*deviations, *(p for p in parameters if p not in deviations and p.kind != "correlation")]
    found = dict(zip(first, _run(work, [(p, np.inf) for p in first], workers), strict=True))
    ceilings = {p: _ceiling(found[p]) for p in deviations}
    rest = [p for p in parameters if p.kind == "correlation"]
    held = [(p, min(ceilings[end] for end in _deviations(p))) for p in rest]
    found |= dict(zip(rest, _run(work, held, workers), strict=True))
    return tuple(found[parameter] for parameter in parameters)


def _run(work: Callable[[Held], Profile], held: Sequence[Held], workers: int) -> list[Profile]:
    if workers < 2 or len(held) < 2:
        return [work(each) for each in held]
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(min(workers, len(held))) as pool:
        return list(pool.map(work, held))


def _traced(fit: MixedFit, confidence: float, held: Held) -> Profile:
    """Return the profile of one parameter, given the largest possible rise of the deviance."""
    parameter, ceiling = held
    doubtful = fit.singular and not (isinstance(fit, LmmFit) and fit.prepared.strategy.expensive)
    return trace(
        _constrained(fit, parameter, ceiling), confidence=confidence, parameters=fit.npar, doubtful=doubtful
    )


def _deviations(parameter: Parameter) -> tuple[Parameter, ...]:
    """Return the two standard deviations of a correlation, or a standard deviation itself."""
    if parameter.kind not in ("sd", "correlation"):
        return ()
    return tuple(Parameter("sd", parameter.term, (effect,)) for effect in parameter.effects)


def _ceiling(deviation: Profile) -> float:
    """Return the rise of the deviance to a standard deviation of 0.

    There the deviance does not depend on its correlations, so that none of their profiles rises higher. The
    value is infinite if 0 is outside the interval.
    """
    return float(deviation.zeta[0] ** 2) if deviation.low == 0.0 else np.inf


def _constrained(fit: MixedFit, parameter: Parameter, ceiling: float) -> Constrained:
    if isinstance(fit, GlmmFit):
        return _of_generalized(fit, parameter, ceiling)
    return _of_linear(linear_fit(fit), parameter, ceiling)


def _of_generalized(fit: GlmmFit, parameter: Parameter, ceiling: float) -> GeneralizedDeviance:
    optimum = Optimum(fit.prepared, fit.psi_internal, fit.agq, fit.u)
    if parameter.kind == "phi":
        return hold_log_phi(optimum)
    if parameter.kind == "beta":
        return _coefficient(fit, optimum, parameter.effects[0])
    if parameter.term is None:
        raise ValueError(f"a generalized model has no {parameter.kind} to profile")
    if parameter.kind == "sd":
        return hold_deviation(optimum, parameter.term, parameter.effects[0])
    one, other = parameter.effects
    return hold_correlation(optimum, parameter.term, one, other, ceiling)


def _coefficient(fit: GlmmFit, optimum: Optimum, column: int) -> GeneralizedDeviance:
    """Return the deviance with a coefficient fixed, which may be infinite at the optimum."""
    if fit.separation is None:
        return hold_coefficient(optimum, column)
    if fit.separation.infinite[column]:
        return hold_infinite(fit, column)
    return hold_coefficient(optimum, int(np.flatnonzero(fit.separation.kept == column)[0]))


def _of_linear(fit: LmmFit, parameter: Parameter, ceiling: float) -> ConstrainedDeviance:
    prepared = fit.prepared
    theta = prepared.to_internal(fit.theta)
    sigma = fit.sigma / prepared.units.scale
    if parameter.kind == "sigma":
        return constrain_sigma(prepared, theta, sigma)
    if parameter.kind == "theta":
        return constrain_theta(prepared, theta)
    first = parameter.effects[0]
    if parameter.kind == "beta":
        return constrain_coefficient(prepared, theta, first, float(fit.beta[first]), float(fit.se[first]))
    if parameter.term is None:
        raise ValueError(f"a {parameter.kind} needs its term")
    if parameter.kind == "sd":
        return constrain_deviation(prepared, theta, sigma, parameter.term, first)
    return constrain_correlation(prepared, theta, parameter.term, first, parameter.effects[1], ceiling)
