"""Residuals of each kind and variances of modes, against dense matrices and closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag, solve_triangular

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at, fit_lmm
from mlm_steps.engine.posterior import whitened
from mlm_steps.engine.posterior.conditional import (
    conditional_variances,
    prediction_sds,
    prediction_variances,
    sampling_variances,
)
from mlm_steps.engine.posterior.residuals import RESIDUALS, scaled_residuals

EXACT = 1e-9
"""Rounding of dense matrices of a hundred rows, relative to the largest value."""
SHIFTED = 1e-7
"""The same for variances of a covariate near 2000, of which digits cancel in the dense formula."""


def dense(fit):
    """Return Z, T of all levels and Σ of the outcome as n by n matrices."""
    design, blocks, covariances = fit.design, [], []
    for term, T in zip(design.random, fit.covariances, strict=True):
        Z = np.zeros((design.n, len(term.levels), len(term.names)))
        Z[np.arange(design.n), term.refs] = term.z
        blocks.append(Z.reshape(design.n, -1))
        covariances.append(np.kron(np.eye(len(term.levels)), T))
    Z, T = np.hstack(blocks), block_diag(*covariances)
    weights = np.ones(design.n) if design.weights is None else design.weights
    return Z, T, Z @ T @ Z.T + np.diag(fit.sigma**2 / weights)


def close(found, expected, tolerance=EXACT):
    np.testing.assert_allclose(found, expected, atol=tolerance * np.abs(expected).max())


@pytest.fixture
def fit(design, theta):
    return evaluate_at(design, theta)


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_scaled_residuals_are_those_of_the_dense_cholesky_factor(fit, chunk, monkeypatch):
    monkeypatch.setattr(whitened, "CHUNK", chunk)
    order = whitened.row_order(fit)
    Sigma = dense(fit)[2][np.ix_(order, order)]
    expected = solve_triangular(np.linalg.cholesky(Sigma), RESIDUALS["marginal"](fit)[order], lower=True)
    close(scaled_residuals(fit)[order], expected)


def test_scaled_residuals_without_variances_are_residuals_over_sigma(design):
    fit = evaluate_at(design, np.zeros(design.n_theta))
    close(RESIDUALS["scaled"](fit), RESIDUALS["pearson"](fit) / fit.sigma)


def test_scaled_residuals_are_uncorrelated_in_outcomes_of_the_model(frame):
    fit = evaluate_at(build_design("y ~ x + (x | g) + (1 | h)", frame), [1.0, 0.3, 0.5, 0.8])
    root = np.linalg.cholesky(dense(fit)[2])
    back = np.column_stack([whitened.whitened(fit, column) for column in root.T])
    close(back @ back.T, np.eye(fit.design.n))


def test_rows_of_one_factor_keep_the_order_of_the_data(frame):
    fit = evaluate_at(build_design("y ~ x + (1 | g)", frame), [1.0])
    Sigma = dense(fit)[2]
    expected = solve_triangular(np.linalg.cholesky(Sigma), RESIDUALS["marginal"](fit), lower=True)
    close(scaled_residuals(fit), expected)


def test_the_second_row_of_a_group_is_compared_with_the_first():
    """With ρ the correlation in a group, the second residual is (r2 - ρ r1) / SD √(1 - ρ²)."""
    frame = pd.DataFrame({"g": list("aabb"), "y": [1.0, 3.0, 2.0, -4.0]})
    fit = evaluate_at(build_design("y ~ 1 + (1 | g)", frame), [1.0])
    r, total = frame.y.to_numpy() - fit.beta[0], fit.sigma * np.sqrt(2)
    second = (r[1::2] - r[::2] / 2) / (total * np.sqrt(0.75))
    close(scaled_residuals(fit), np.column_stack([r[::2] / total, second]).ravel())


def test_the_other_kinds_are_their_definitions(fit):
    design = fit.design
    offset = 0.0 if design.offset is None else design.offset
    weights = 1.0 if design.weights is None else design.weights
    np.testing.assert_array_equal(RESIDUALS["response"](fit), RESIDUALS["conditional"](fit))
    np.testing.assert_allclose(RESIDUALS["marginal"](fit), design.y - offset - design.X @ fit.beta)
    np.testing.assert_allclose(RESIDUALS["pearson"](fit), np.sqrt(weights) * fit.residuals)


def test_variances_of_modes_are_the_dense_formulas(fit):
    Z, T, Sigma = dense(fit)
    X, inverse = fit.design.X, np.linalg.inv(Sigma)
    P = inverse
    if fit.design.p:
        P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    start = 0
    found = (conditional_variances(fit), prediction_variances(fit), sampling_variances(fit))
    for index, term in enumerate(fit.design.random):
        J, k = len(term.levels), len(term.names)
        stop = start + J * k
        own, to_data = slice(start, stop), (T @ Z.T)[start:stop]
        for given, middle in zip(found, (inverse, P, P), strict=True):
            full = to_data @ middle @ to_data.T
            whole = full if given is found[2] else T[own, own] - full
            close(given[index], np.einsum("jajb->jab", whole.reshape(J, k, J, k)), SHIFTED)
        start = stop
    for sds, variances in zip(prediction_sds(fit), found[1], strict=True):
        close(sds**2, np.diagonal(variances, axis1=1, axis2=2))


def test_a_balanced_one_way_design_has_the_closed_forms():
    """λ = τ / (τ + σ²/n): condVar τ(1 - λ), of the error + λ²(τ + σ²/n)/J, of the mode τλ(1 - 1/J)."""
    J, n = 6, 4
    y = np.random.default_rng(3).normal(size=J * n)
    frame = pd.DataFrame({"g": np.repeat(list("abcdef"), n), "y": y + np.repeat(np.arange(J), n)})
    fit = fit_lmm(build_design("y ~ 1 + (1 | g)", frame))
    tau, mean = fit.covariances[0][0, 0], fit.covariances[0][0, 0] + fit.sigma**2 / n
    shrinkage = tau / mean
    error = tau * (1 - shrinkage) + shrinkage**2 * mean / J
    for variances, expected in (
        (conditional_variances(fit), tau * (1 - shrinkage)),
        (prediction_variances(fit), error),
        (sampling_variances(fit), tau * shrinkage * (1 - 1 / J)),
    ):
        np.testing.assert_allclose(variances[0].ravel(), expected)
