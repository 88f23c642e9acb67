"""Leverages and Cook's distances, against dense matrices and closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at, fit_lmm
from mlm_steps.engine.posterior import henderson, posterior
from mlm_steps.engine.posterior.leverage import cooks_distances, leverages
from mlm_steps.errors import FitError


def hat_matrix(fit):
    """Return d fitted / d y = I - W⁻¹ P with P = V⁻¹ - V⁻¹X (XᵀV⁻¹X)⁻¹ XᵀV⁻¹, by n by n matrices."""
    design, blocks, covariances = fit.design, [], []
    for term, Lambda in zip(design.random, fit.Lambda, strict=True):
        J, k = len(term.levels), len(term.names)
        Z = np.zeros((design.n, J, k))
        Z[np.arange(design.n), term.refs] = term.z
        blocks.append(Z.reshape(design.n, J * k))
        covariances.append(np.kron(np.eye(J), Lambda @ Lambda.T))
    Z, weights = np.hstack(blocks), np.ones(design.n) if design.weights is None else design.weights
    inverse = np.linalg.inv(np.diag(1 / weights) + Z @ block_diag(*covariances) @ Z.T)
    P, X = inverse, design.X
    if design.p:
        P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    return np.eye(design.n) - P / weights[:, None]


@pytest.fixture
def fit(design, theta):
    return evaluate_at(design, theta)


def test_leverages_are_the_diagonal_of_the_hat_matrix(fit):
    np.testing.assert_allclose(leverages(fit), np.diag(hat_matrix(fit)), rtol=1e-7)


def test_the_hat_matrix_is_what_the_fit_does_to_the_outcome(fit):
    design = fit.design
    y = design.y - (0.0 if design.offset is None else design.offset)
    fitted = fit.fitted - (0.0 if design.offset is None else design.offset)
    np.testing.assert_allclose(hat_matrix(fit) @ y, fitted, atol=1e-7 * np.abs(y).max())


@pytest.mark.parametrize("share", [0.0, 2.0], ids=["dense", "sparse"])
def test_small_chunks_and_either_storage_give_the_same(fit, monkeypatch, share):
    whole = leverages(fit)
    monkeypatch.setattr(posterior, "CHUNK", 50)
    monkeypatch.setattr(henderson, "SPARSE", share)
    np.testing.assert_allclose(leverages(fit), whole, rtol=1e-11)


def test_without_variances_the_leverages_are_those_of_the_regression(design):
    fit = evaluate_at(design, np.zeros(design.n_theta))
    root = np.ones(design.n) if design.weights is None else np.sqrt(design.weights)
    Q = np.linalg.qr(design.X * root[:, None])[0]
    np.testing.assert_allclose(leverages(fit), (Q**2).sum(axis=1), atol=1e-10)


def test_balanced_groups_have_the_closed_form():
    J, m = 6, 4
    generator = np.random.default_rng(3)
    frame = pd.DataFrame({"g": np.repeat(list("abcdef"), m), "y": generator.normal(size=J * m)})
    fit = evaluate_at(build_design("y ~ 1 + (1 | g)", frame), [0.7])
    weight = m * 0.49 / (1 + m * 0.49)
    np.testing.assert_allclose(leverages(fit), weight / m + (1 - weight) / (J * m))


def test_huge_variances_give_each_group_a_mean_of_its_own():
    frame = pd.DataFrame({"g": list("aabbbcccc"), "y": np.arange(9.0) ** 2})
    fit = evaluate_at(build_design("y ~ 1 + (1 | g)", frame), [1e7])
    np.testing.assert_allclose(leverages(fit), [1 / 2] * 2 + [1 / 3] * 3 + [1 / 4] * 4, rtol=1e-9)


def test_cooks_distance_is_the_formula(fit):
    design, h = fit.design, np.diag(hat_matrix(fit))
    if not design.p:
        assert np.isnan(cooks_distances(fit)).all()
        return
    weights = 1.0 if design.weights is None else design.weights
    expected = fit.residuals**2 * weights * h / ((1 - h) ** 2 * fit.sigma**2 * design.p)
    np.testing.assert_allclose(cooks_distances(fit), expected, rtol=1e-6)
    np.testing.assert_array_equal(cooks_distances(fit, leverages(fit)), cooks_distances(fit))


def test_a_leverage_of_one_has_no_cooks_distance():
    frame = pd.DataFrame(
        {"g": list("abcabcabc"), "x": [1.0, *[0.0] * 8], "y": np.random.default_rng(1).normal(size=9)}
    )
    fit = fit_lmm(build_design("y ~ x + (1 | g)", frame))
    assert leverages(fit)[0] == pytest.approx(1.0, abs=1e-12)
    assert np.isnan(cooks_distances(fit)).tolist() == [True, *[False] * 8]


def stable_leverages(fit):
    """Return the leverages from the QR decomposition of [W½ [Z Lambda, X]; I, 0], X centred."""
    design, parts = fit.design, []
    for term, Lambda in zip(design.random, fit.Lambda, strict=True):
        block = np.zeros((design.n, len(term.levels), len(term.names)))
        block[np.arange(design.n), term.refs] = term.z @ Lambda
        parts.append(block.reshape(design.n, -1))
    Z = np.hstack(parts)
    X = design.X - np.where((design.X == 1).all(axis=0), 0.0, design.X.mean(axis=0))
    weights = np.ones(design.n) if design.weights is None else design.weights
    top = np.hstack([Z, X]) * np.sqrt(weights)[:, None]
    Q = np.linalg.qr(np.vstack([top, np.eye(Z.shape[1], top.shape[1])]))[0]
    return (Q[: design.n] ** 2).sum(axis=1)


def extreme(frame, formula, size):
    design = build_design(formula, frame)
    return evaluate_at(design, size * np.random.default_rng(5).uniform(0.2, 1.2, design.n_theta))


@pytest.mark.parametrize(
    ("formula", "largest"),
    [("y ~ x + (x | g)", 1e6), ("y ~ x + (x | h) + (x | g)", 1e3), ("y ~ x + (1 | g/h)", 1e6)],
)
def test_leverages_of_extreme_variances_are_right(frame, formula, largest):
    for size in (1e-3, 1e2, largest):
        fit = extreme(frame, formula, size)
        np.testing.assert_allclose(leverages(fit), stable_leverages(fit), atol=2e-5)


@pytest.mark.parametrize("formula", ["y ~ x + (1 | g) + (1 | h)", "y ~ x + (x | g:k) + (1 | g)"])
def test_leverages_that_rounding_would_falsify_are_refused(frame, formula):
    with pytest.raises(FitError, match="lost to rounding"):
        leverages(extreme(frame, formula, 1e6))
