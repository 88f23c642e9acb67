"""The conditional AIC against refits to outcomes that are moved row by row, and dense matrices."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.posterior.conditional_aic import conditional_aic
from mlm_steps.engine.posterior.leverage import leverages

MOVE = 1e-3
"""Change of an outcome for a central difference: its error is 1e-6, that of searches 1e-7 / MOVE."""


def by_differences(fit):
    """Return the sum of the derivatives of the fitted values in their outcomes."""
    design, total = fit.design, 0.0
    for row in range(design.n):
        fitted = []
        for sign in (1.0, -1.0):
            y = design.y.copy()
            y[row] += sign * MOVE
            fitted.append(fit_lmm(replace(design, y=y), method=fit.method, start=fit.theta).fitted[row])
        total += (fitted[0] - fitted[1]) / (2.0 * MOVE)
    return total


FEW = {
    "intercepts": ("y ~ x + (1 | g)", None),
    "slopes": ("y ~ x + (x | g)", "w"),
    "uncorrelated slopes": ("y ~ x + (x || g)", None),
    "offset": ("y ~ x + offset(v) + (1 | g)", None),
    "crossed": ("y ~ x + (1 | g) + (1 | h)", "w"),
    "nested": ("y ~ x + (1 | g/k)", None),
}
"""Formula and weights of models that are fitted twice for every row."""


@pytest.mark.parametrize("name", FEW)
def test_effective_parameters_are_the_derivatives_of_the_fitted_values(frame, method, name):
    formula, weights = FEW[name]
    fit = fit_lmm(build_design(formula, frame[:30], weights=weights), method=method)
    assert conditional_aic(fit).effective == pytest.approx(by_differences(fit), abs=2e-4)


def test_with_theta_known_they_are_the_sum_of_the_leverages(design, method):
    fit = fit_lmm(design, method=method)
    assert conditional_aic(fit).known == pytest.approx(leverages(fit).sum(), rel=1e-9)


def dense(fit):
    """Return the effective parameters by the n by n matrices of statistics, section 15."""
    design, n = fit.design, fit.design.n
    (term,), Lambda = design.random, fit.Lambda[0]
    J, k = len(term.levels), len(term.names)
    Z = np.zeros((n, J, k))
    Z[np.arange(n), term.refs] = term.z
    Z = Z.reshape(n, J * k)
    V = np.eye(n) + Z @ np.kron(np.eye(J), Lambda @ Lambda.T) @ Z.T
    Vi, X = np.linalg.inv(V), design.X
    A = Vi - Vi @ X @ np.linalg.solve(X.T @ Vi @ X, X.T @ Vi)
    M, N = (A, n - design.p) if fit.method == "REML" else (Vi, n)
    e = A @ design.y
    omega = design.y @ e
    W = []
    for a in range(k):
        for b in range(a + 1):
            E = np.zeros((k, k))
            E[a, b] = E[b, a] = 1.0
            W.append(Z @ np.kron(np.eye(J), E) @ Z.T)
    forms = [e @ each @ e for each in W]
    B = np.array(
        [
            [
                e @ Wk @ A @ Wj @ e - fj * fk / (2 * omega) - omega / (2 * N) * np.trace(Wj @ M @ Wk @ M)
                for Wk, fk in zip(W, forms, strict=True)
            ]
            for Wj, fj in zip(W, forms, strict=True)
        ]
    )
    C = np.array([e @ Wj @ A - fj / omega * e for Wj, fj in zip(W, forms, strict=True)])
    moved = np.array([A @ Wj @ e for Wj in W])
    return n - np.trace(A) + np.sum(np.linalg.solve(B, C) * moved)


@pytest.mark.parametrize("formula", ["y ~ x + (1 | g)", "y ~ x + (x | g)"])
def test_effective_parameters_are_the_formula_in_full_matrices(frame, method, formula):
    fit = fit_lmm(build_design(formula, frame), method=method)
    assert not fit.singular
    assert conditional_aic(fit).effective == pytest.approx(dense(fit), rel=1e-7)


def test_a_model_without_variances_counts_its_coefficients():
    generator = np.random.default_rng(3)
    g = np.repeat(np.arange(30), 8)
    y = generator.normal(size=240)
    y -= np.bincount(g, y)[g] / 8  # without differences between groups
    frame = pd.DataFrame({"y": y, "x": generator.normal(size=240), "g": g})
    fit = fit_lmm(build_design("y ~ x + (1 | g)", frame), method="ML")
    found = conditional_aic(fit)
    assert (found.known, found.effective) == pytest.approx((2.0, 2.0))
    assert found.value == pytest.approx(fit.criterion + 2.0 * 3.0)


def test_the_conditional_likelihood_is_that_of_independent_rows(frame):
    fit = fit_lmm(build_design("y ~ x + (x | g)", frame, weights="w"))
    spread = fit.sigma / np.sqrt(fit.design.weights)
    logs = -0.5 * (fit.residuals / spread) ** 2 - np.log(spread * np.sqrt(2 * np.pi))
    found = conditional_aic(fit)
    assert found.loglik == pytest.approx(logs.sum())
    assert found.value == pytest.approx(-2 * logs.sum() + 2 * (found.effective + 1))
    assert found.value_known == pytest.approx(-2 * logs.sum() + 2 * (found.known + 1))
