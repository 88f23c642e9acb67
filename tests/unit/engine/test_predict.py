"""Predictions and the variance of their errors, against best linear prediction with dense matrices."""

import numpy as np
import pytest
from scipy.linalg import block_diag

from mlm_steps.design.apply import apply_design
from mlm_steps.engine import evaluate_at, fit_lmm
from mlm_steps.engine.posterior.predict import PredictionError, estimates

KINDS = [(False, False), (False, True), (True, False), (True, True)]


@pytest.fixture
def fit(design, theta):
    return evaluate_at(design, theta)


@pytest.fixture
def rows(design, frame):
    """Return new rows: known groups, then groups that the fit does not know in one factor or in all."""
    new = frame.sample(25, random_state=2, ignore_index=True).assign(x=lambda d: d.x + 1.0)
    new.loc[10:14, "g"] = "nobody"
    new.loc[15:19, "h"] = "nobody"
    new.loc[20:, ["g", "h", "k"]] = "nobody", None, "nobody"
    return apply_design(design.transforms, new)


def dense(fit, rows):
    """Return Z of the fit and of new rows over the same levels, unknown ones last, and Var(b) over sigma²."""
    old, new, covariances = [], [], []
    m = rows.X.shape[0]
    for term, other, Lambda in zip(fit.design.random, rows.random, fit.Lambda, strict=True):
        J, k = len(term.levels), len(term.names)
        Z, N = np.zeros((fit.design.n, J + m, k)), np.zeros((m, J + m, k))
        Z[np.arange(fit.design.n), term.refs] = term.z
        N[np.arange(m), np.where(other.refs < 0, J + np.arange(m), other.refs)] = other.z
        old.append(Z.reshape(fit.design.n, -1))
        new.append(N.reshape(m, -1))
        covariances.append(np.kron(np.eye(J + m), Lambda @ Lambda.T))
    return np.hstack(old), np.hstack(new), block_diag(*covariances)


def textbook(fit, rows, *, random):
    """Return C with prediction = C (y - o), and the variance of its error about x'beta (+ z'b)."""
    design = fit.design
    Z, N, G = dense(fit, rows)
    weights = np.ones(design.n) if design.weights is None else design.weights
    V = np.diag(1 / weights) + Z @ G @ Z.T
    inverse, X = np.linalg.inv(V), design.X
    to_beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    C = rows.X @ to_beta
    if not random:
        return C, fit.sigma**2 * np.einsum("ij,jk,ik->i", C, V, C)
    C = C + N @ G @ Z.T @ inverse @ (np.eye(design.n) - X @ to_beta)
    error = C @ V @ C.T - 2 * C @ Z @ G @ N.T + N @ G @ N.T
    return C, fit.sigma**2 * np.diag(error)


@pytest.mark.parametrize("random", [False, True])
def test_predictions_are_the_best_linear_ones(fit, rows, random):
    C, _ = textbook(fit, rows, random=random)
    offset = 0.0 if rows.offset is None else rows.offset
    y = fit.design.y - (0.0 if fit.design.offset is None else fit.design.offset)
    ours = estimates(fit, rows, random=random)
    np.testing.assert_allclose(ours, offset + C @ y, atol=1e-7 * np.abs(y).max())


@pytest.mark.parametrize(("random", "outcome"), KINDS)
def test_variances_of_the_errors_are_the_textbooks(fit, rows, random, outcome):
    _, expected = textbook(fit, rows, random=random)
    weights = None if fit.design.weights is None else np.linspace(0.5, 3, rows.X.shape[0])
    if outcome:
        _, N, G = dense(fit, rows)
        between = 0.0 if random else np.einsum("ij,jk,ik->i", N, G, N)
        expected = expected + fit.sigma**2 * (between + (1.0 if weights is None else 1 / weights))
    ours = PredictionError(fit, rows, random, outcome, weights).variance()
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-8 * fit.sigma**2)


def test_the_rows_of_the_fit_are_predicted_as_fitted(fit):
    np.testing.assert_allclose(estimates(fit, fit.design, random=True), fit.fitted, atol=1e-10)


def test_the_variance_of_a_fitted_mean_is_its_leverage(fit):
    from mlm_steps.engine.posterior.leverage import leverages

    weights = 1.0 if fit.design.weights is None else fit.design.weights
    error = PredictionError(fit, fit.design, random=True, outcome=False).variance()
    np.testing.assert_allclose(error * weights / fit.sigma**2, leverages(fit))


def test_a_population_mean_has_the_variance_of_its_contrast(design, rows):
    fit = fit_lmm(design)
    ours = PredictionError(fit, rows, random=False, outcome=False).variance()
    np.testing.assert_allclose(ours, np.einsum("ij,jk,ik->i", rows.X, fit.vcov, rows.X), rtol=1e-6)
