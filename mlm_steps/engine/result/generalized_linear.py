"""The deviance of a generalized linear model: a generalized mixed model without random effects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Family, Outcome

__all__ = ["GeneralizedLinear", "generalized_linear", "generalized_linear_deviance"]

Array = NDArray[np.float64]

FLAT = 1e-7
"""Largest element of the gradient, in orthonormal columns, at which the search ends; the deviance is then
within about 1e-10 of its minimum, or of its limit where coefficients are infinite."""
MOST_STEPS = 500
"""Largest number of steps; a search has a few dozen, and some hundreds where coefficients are infinite."""


class GeneralizedLinear(NamedTuple):
    """The minimum of -2 log-likelihood, the fixed effects, shape (p,), and the dispersion, 1 without one."""

    deviance: float
    beta: Array
    phi: float


def generalized_linear_deviance(design: Design, family: Family) -> float:
    """Return the minimum of -2 log-likelihood over the fixed effects and the dispersion."""
    return generalized_linear(design, family).deviance


def generalized_linear(design: Design, family: Family) -> GeneralizedLinear:
    """Return the generalized linear model of a design, whose random terms are not used."""
    from scipy.optimize import minimize

    outcome = Outcome.of(design.y, design.trials, design.weights)
    offset = np.zeros(design.n) if design.offset is None else design.offset
    Q, R = np.linalg.qr(design.X)
    Q = np.sqrt(design.n) * Q
    p = design.p

    def deviance(parameters: Array) -> tuple[float, Array]:
        phi = float(np.exp(parameters[p])) if family.has_dispersion else 1.0
        eta = offset + Q @ parameters[:p]
        each = family.log_density(outcome, eta, phi) + family.constant(outcome, phi)
        slopes = [Q.T @ (outcome.weights * family.derivatives(outcome, eta, phi).slope)]
        if family.has_dispersion:
            slopes.append([outcome.weights @ family.in_dispersion(outcome, eta, phi).log_density])
        return float(-2.0 * outcome.weights @ each) / design.n, -2.0 * np.concatenate(slopes) / design.n

    initial = family.initial_eta(outcome)
    start = [*(Q.T @ (initial - offset) / design.n)]
    if family.has_dispersion:
        start.append(np.log(family.initial_phi(outcome, initial)))
    found = minimize(
        deviance,
        np.array(start, dtype=np.float64),
        jac=True,
        method="BFGS",
        options={"gtol": FLAT / design.n, "maxiter": MOST_STEPS},
    )
    beta = solve_triangular(R, np.sqrt(design.n) * found.x[:p]) if p else np.zeros(0)
    phi = float(np.exp(found.x[p])) if family.has_dispersion else 1.0
    return GeneralizedLinear(float(found.fun) * design.n, beta, phi)
