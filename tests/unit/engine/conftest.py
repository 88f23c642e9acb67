"""A textbook solver to check the engine against, and data of every structure to check it on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag

from mlm_steps.design.build import build_design

STRUCTURES = {
    "intercepts": ("y ~ x + (1 | g)", None),
    "slopes": ("y ~ x + (x | g)", None),
    "slopes of a covariate far from zero": ("y ~ year + (year | g)", None),
    "uncorrelated slopes": ("y ~ x + (x || g)", None),
    "slopes without intercepts": ("y ~ x + (0 + x | g)", None),
    "three coefficients": ("y ~ x + v + (x + v | g)", None),
    "two correlated terms on one factor": ("y ~ x + (1 + x | g) + (0 + v | g)", None),
    "weights": ("y ~ x + (x | g)", "w"),
    "offset": ("y ~ x + offset(v) + (1 | g)", None),
    "no fixed effects": ("y ~ 0 + (1 | g)", None),
    "crossed": ("y ~ x + (1 | g) + (1 | h)", None),
    "crossed slopes": ("y ~ x + (x | g) + (x | h)", "w"),
    "nested": ("y ~ x + (1 | g/h)", None),
    "nested slopes, inner larger": ("y ~ x + (x | g:k) + (1 | g)", None),
    "three levels": ("y ~ x + (1 | g/h/k)", None),
    "three levels with slopes": ("y ~ x + (1 | g:k:h) + (x || g:k) + (v | g)", "w"),
    "crossed within": ("y ~ x + (1 | g) + (1 | g:h) + (1 | g:k)", None),
    "three factors": ("y ~ x + (1 | g) + (x || h) + (1 | k)", None),
}
"""Name to formula and weights."""


@dataclass(frozen=True)
class Textbook:
    """A linear mixed model solved with the n by n covariance matrix, at given theta."""

    criterion: float
    beta: np.ndarray
    vcov: np.ndarray
    sigma: float
    modes: list[np.ndarray]
    variances: list[np.ndarray]


def textbook(design, theta, method):
    """Return the model by generalised least squares on V = W⁻¹ + Z Lambda Lambdaᵀ Zᵀ (in units of sigma²)."""
    n, p = design.n, design.p
    weights = np.ones(n) if design.weights is None else design.weights
    y = design.y - (0.0 if design.offset is None else design.offset)
    indicators, covariances, start = [], [], 0
    for term in design.random:
        J, k = len(term.levels), len(term.names)
        factor = np.zeros((k, k))
        factor[np.triu_indices(k)[::-1]] = theta[start : start + term.n_theta]
        start += term.n_theta
        Z = np.zeros((n, J, k))
        Z[np.arange(n), term.refs] = term.z
        indicators.append(Z.reshape(n, J * k))
        covariances.append(np.kron(np.eye(J), factor @ factor.T))
    Z, G = np.hstack(indicators), block_diag(*covariances)
    V = np.diag(1.0 / weights) + Z @ G @ Z.T
    inverse = np.linalg.inv(V)
    XVX = design.X.T @ inverse @ design.X
    beta = np.linalg.solve(XVX, design.X.T @ inverse @ y)
    residual = y - design.X @ beta
    quadratic = residual @ inverse @ residual
    df = n - p if method == "REML" else n
    criterion = np.linalg.slogdet(V)[1] + df * (1 + np.log(2 * np.pi * quadratic / df))
    if method == "REML":
        criterion += np.linalg.slogdet(XVX)[1]
    b = G @ Z.T @ inverse @ residual
    spread = quadratic / df * (G - G @ Z.T @ inverse @ Z @ G)
    modes, variances, start = [], [], 0
    for term in design.random:
        J, k = len(term.levels), len(term.names)
        modes.append(b[start : start + J * k].reshape(J, k))
        own = spread[start : start + J * k, start : start + J * k].reshape(J, k, J, k)
        variances.append(np.einsum("jajb->jab", own))
        start += J * k
    vcov = quadratic / df * np.linalg.inv(XVX)
    return Textbook(criterion, beta, vcov, np.sqrt(quadratic / df), modes, variances)


def simulate(seed=1, J=12, size=7):
    """Return a frame with two crossed factors, one nested, a third one, covariates and weights."""
    generator = np.random.default_rng(seed)
    g = np.repeat(np.arange(J), generator.integers(1, 2 * size, J))
    n = g.size
    h, k = generator.integers(0, 5, n), generator.integers(0, 3, n)
    x, v = generator.normal(size=(2, n))
    effects = generator.normal(size=(J, 2)) * [1.0, 0.5]
    y = (
        3
        + 0.5 * x
        + effects[g, 0]
        + effects[g, 1] * x
        + generator.normal(size=5)[h]
        + generator.normal(size=n)
    )
    frame = pd.DataFrame(
        {"y": y, "x": x, "v": v, "year": 2000 + 5 * x, "w": 10 ** generator.uniform(-1, 1, n)}
    )
    for name, codes in {"g": g, "h": h, "k": k}.items():
        frame[name] = [f"{name}{code}" for code in codes]
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


@pytest.fixture(params=STRUCTURES)
def design(request):
    """Return a design of each structure in turn."""
    formula, weights = STRUCTURES[request.param]
    return build_design(formula, simulate(), weights=weights)


@pytest.fixture
def solve():
    return textbook


@pytest.fixture
def frame():
    return simulate()


@pytest.fixture(params=["REML", "ML"])
def method(request):
    return request.param


@pytest.fixture
def theta(design):
    """Return covariance parameters that are nobody's optimum."""
    return np.random.default_rng(5).uniform(0.2, 1.2, design.n_theta) * np.where(design.n_theta > 2, 0.7, 1)
