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
from mlm_steps.engine.profile.constrained import (
    ConstrainedDeviance,
    constrain_coefficient,
    constrain_correlation,
    constrain_deviation,
    constrain_sigma,
    constrain_theta,
)
from mlm_steps.engine.profile.profile import Profile, trace
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["Parameter", "parameters_of", "profile_fit"]

Array = NDArray[np.float64]

Kind = Literal["sd", "correlation", "sigma", "beta", "theta"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a model.

    Attributes
    ----------
    kind : {"sd", "correlation", "sigma", "beta", "theta"}
        ``theta`` is the relative standard deviation of a model with one scalar random term.
    term : int or None
        Position of the random term in the design.
    effects : tuple of int
        Positions of the random coefficients in the term, or of the column in X.
    """

    kind: Kind
    term: int | None = None
    effects: tuple[int, ...] = ()


def parameters_of(design: Design) -> tuple[Parameter, ...]:
    """Return standard deviations and correlations per term, sigma, and the fixed effects."""
    found = []
    for index, term in enumerate(design.random):
        k = len(term.names)
        found += [Parameter("sd", index, (effect,)) for effect in range(k)]
        found += [Parameter("correlation", index, pair) for pair in combinations(range(k), 2)]
    betas = [Parameter("beta", None, (column,)) for column in range(design.p)]
    return (*found, Parameter("sigma"), *betas)


def profile_fit(
    fit: LmmFit, parameters: Sequence[Parameter], *, confidence: float = 0.95, workers: int = 1
) -> tuple[Profile, ...]:
    """Return the profiles of parameters of an ML fit, in their order.

    Parameters
    ----------
    fit : LmmFit
        A fit by ML: the full likelihood is profiled, also for a model that was fitted by REML.
    parameters : sequence of Parameter
    confidence : float
    workers : int
        Number of processes; results do not depend on it.
    """
    if fit.method != "ML":
        raise ValueError("profiles are those of the ML fit")
    doubtful = fit.singular and not fit.prepared.strategy.expensive
    work = partial(trace, confidence=confidence, parameters=fit.npar, doubtful=doubtful)
    deviations = dict.fromkeys(end for parameter in parameters for end in _deviations(parameter))
    first = [*deviations, *(p for p in parameters if p not in deviations and p.kind != "correlation")]
    found = dict(zip(first, _run(work, [_constrained(fit, p, np.inf) for p in first], workers), strict=True))
    ceilings = {p: _ceiling(found[p]) for p in deviations}
    rest = [p for p in parameters if p.kind == "correlation"]
    constrained_parameters = [
        _constrained(fit, p, min(ceilings[end] for end in _deviations(p))) for p in rest
    ]
    found |= dict(zip(rest, _run(work, constrained_parameters, workers), strict=True))
    return tuple(found[parameter] for parameter in parameters)


def _run(
    work: Callable[[ConstrainedDeviance], Profile],
    constrained_parameters: Sequence[ConstrainedDeviance],
    workers: int,
) -> list[Profile]:
    if workers < 2 or len(constrained_parameters) < 2:
        return [work(constrained) for constrained in constrained_parameters]
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(min(workers, len(constrained_parameters))) as pool:
        return list(pool.map(work, constrained_parameters))


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


def _constrained(fit: LmmFit, parameter: Parameter, ceiling: float) -> ConstrainedDeviance:
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
