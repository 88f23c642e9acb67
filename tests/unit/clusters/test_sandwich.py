"""CR2 against the formula of statistics, section 7, with whole matrices, and its edge cases."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.clusters import mixed_sandwich, ols_sandwich
from mlm_steps.clusters.factors import default_clusters
from mlm_steps.clusters.sandwich import is_block_diagonal
from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.lmm import evaluate_at, fit_lmm
from mlm_steps.engine.fit.ols import fit_ols


def data(seed=3, sizes=(1, 2, 3, 5, 5, 8, 13, 4)):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(len(sizes)), sizes)
    n = g.size
    frame = pd.DataFrame({"x": rng.normal(2010, 3, size=n), "z": rng.normal(size=len(sizes))[g]})
    frame["w"] = rng.uniform(0.5, 3, size=n)
    frame["c"] = [f"c{each}" for each in rng.integers(0, 3, size=n)]
    frame["y"] = 0.2 * frame.x + rng.normal(size=len(sizes))[g] + rng.normal(size=n)
    frame["g"] = [f"g{each}" for each in g]
    return frame


def covariance(design, Lambda):
    """Return the covariance of all rows over sigma²."""
    V = np.diag(np.ones(design.n) if design.weights is None else 1 / design.weights)
    for term, factor in zip(design.random, Lambda, strict=True):
        same = term.refs[:, None] == term.refs[None, :]
        V += same * (term.z @ factor @ factor.T @ term.z.T)
    return V


def dense(design, V, beta, refs):
    """Return CR2 and its df as section 7 has them, with a Cholesky factor of each cluster's covariance."""
    X, n = design.X, design.n
    W = np.linalg.inv(V)
    M = np.linalg.inv(X.T @ W @ X)
    left = np.eye(n) - X @ M @ X.T @ W
    between = left @ V @ left.T
    e = design.y - X @ beta - (0 if design.offset is None else design.offset)
    scores, g = [], []
    for cluster in np.unique(refs):
        own = np.flatnonzero(refs == cluster)
        D = np.linalg.cholesky(V[np.ix_(own, own)]).T
        values, vectors = np.linalg.eigh(D @ between[np.ix_(own, own)] @ D.T)
        powers = np.where(values > 1e-9 * values.max(), np.abs(values) ** -0.5, 0)
        A = D.T @ (vectors * powers) @ vectors.T @ D
        part = np.zeros((n, X.shape[1]))
        part[own] = A @ W[np.ix_(own, own)] @ X[own] @ M
        scores.append(part.T @ e)
        g.append(part)
    df = []
    for column in range(X.shape[1]):
        G = np.stack([part[:, column] for part in g])
        P = G @ between @ G.T
        df.append(np.trace(P) ** 2 / np.sum(P**2))
    return sum(np.outer(score, score) for score in scores), np.array(df)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("formula", ["y ~ x + z", "y ~ x * c", "y ~ z + offset(w)", "y ~ 0 + x"])
def test_least_squares_is_the_formula_with_whole_matrices(formula, weights):
    frame = data()
    design = build_design(formula, frame, weights=weights, mixed=False)
    refs = np.unique(frame.g, return_inverse=True)[1]
    beta = fit_ols(design, {}).beta
    found = ols_sandwich(design, beta, refs)
    vcov, df = dense(design, covariance(design, ()), beta, refs)
    np.testing.assert_allclose(found.vcov, vcov, rtol=1e-5, atol=1e-9 * np.abs(vcov).max())
    np.testing.assert_allclose(found.df, df, rtol=1e-5)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    ("formula", "theta"),
    [
        ("y ~ I(x - 2010) + z + (1 | g)", [0.7]),
        ("y ~ I(x - 2010) + z + (1 | g)", [0.0]),
        ("y ~ z * c + (1 + z | g)", [0.7, 0.2, 0.5]),
        ("y ~ z + (1 | g/c)", [0.6, 0.9]),
        ("y ~ z + (1 | g) + (0 + z | g)", [0.6, 0.9]),
    ],
)
def test_the_mixed_model_is_the_formula_with_whole_matrices(formula, theta, weights):
    design = build_design(formula, data(), weights=weights)
    fit = evaluate_at(design, np.array(theta))
    clusters = default_clusters(fit)
    assert clusters.name == "g"
    found = mixed_sandwich(fit, clusters.refs)
    vcov, df = dense(design, covariance(design, fit.Lambda), fit.beta, clusters.refs)
    np.testing.assert_allclose(found.vcov, vcov, rtol=1e-6, atol=1e-9 * np.abs(vcov).max())
    np.testing.assert_allclose(found.df, df, rtol=1e-6)


def test_clusters_of_one_row_are_hc2():
    frame = data()
    design = build_design("y ~ z", frame, mixed=False)
    fit = fit_ols(design, {})
    found = ols_sandwich(design, fit.beta, np.arange(design.n))
    Q = np.linalg.qr(design.X)[0]
    leverage = np.sum(Q**2, axis=1)
    M = np.linalg.inv(design.X.T @ design.X)
    scores = design.X * (fit.residuals / np.sqrt(1 - leverage))[:, None]
    np.testing.assert_allclose(found.vcov, M @ scores.T @ scores @ M, rtol=1e-9)


def test_balanced_groups_have_the_t_test_of_their_means():
    """With an intercept alone and equal sizes CR2 is the standard error of the mean of means, on J - 1."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=24), "g": [f"g{each}" for each in np.repeat(range(6), 4)]})
    design = build_design("y ~ 1", frame, mixed=False)
    found = ols_sandwich(design, fit_ols(design, {}).beta, np.repeat(np.arange(6), 4))
    means = frame.groupby("g").y.mean()
    assert found.se[0] == pytest.approx(means.std(ddof=1) / np.sqrt(6))
    assert found.df[0] == pytest.approx(5)


def test_one_cluster_has_no_robust_error():
    design = build_design("y ~ z", data(), mixed=False)
    found = ols_sandwich(design, fit_ols(design, {}).beta, np.zeros(design.n, dtype=int))
    assert found.code == "one_cluster"
    assert np.isnan(found.vcov).all()


def test_a_large_cluster_of_unequal_weights_is_refused():
    rng = np.random.default_rng(2)
    n = 3000
    frame = pd.DataFrame({"y": rng.normal(size=n), "w": rng.uniform(1, 2, size=n)})
    refs = np.repeat([0, 1], n // 2)
    weighted = build_design("y ~ 1", frame, weights="w", mixed=False)
    assert ols_sandwich(weighted, np.zeros(1), refs).code == "too_large"
    assert ols_sandwich(build_design("y ~ 1", frame, mixed=False), np.zeros(1), refs).code is None


def test_crossed_factors_are_not_block_diagonal():
    frame = data()
    frame["h"] = [f"h{each % 4}" for each in range(len(frame))]
    fit = fit_lmm(build_design("y ~ 1 + (1 | g) + (1 | h)", frame))
    clusters = default_clusters(fit)
    assert "crossed" in clusters.reason
    assert not is_block_diagonal(fit.design, clusters.refs)
    nested = fit_lmm(build_design("y ~ 1 + (1 | g/c)", frame))
    assert is_block_diagonal(nested.design, default_clusters(nested).refs)
    inner = next(term for term in nested.design.random if term.group != "g")
    assert not is_block_diagonal(nested.design, inner.refs)


def test_names_of_clusters_and_the_order_of_rows_do_not_matter():
    frame = data()
    shuffled = frame.sample(frac=1, random_state=5)
    results = []
    for each in (frame, shuffled):
        design = build_design("y ~ I(x - 2010) + (1 | g)", each)
        fit = evaluate_at(design, np.array([0.8]))
        results.append(mixed_sandwich(fit, 7 * fit.design.random[0].refs + 3))
    np.testing.assert_allclose(results[0].se, results[1].se, rtol=1e-9)
    np.testing.assert_allclose(results[0].df, results[1].df, rtol=1e-9)


def test_a_coefficient_without_residuals_in_any_cluster_has_no_error():
    """One cluster alone has c = a, which leaves no residual; the others are as in clubSandwich."""
    rng = np.random.default_rng(0)
    refs = np.repeat(np.arange(4), [1, 2, 30, 3])
    frame = pd.DataFrame({"y": rng.normal(size=36), "x": rng.normal(size=36)})
    frame["c"] = np.where(refs == 2, "a", "b")
    design = build_design("y ~ x * c", frame, mixed=False)
    found = ols_sandwich(design, fit_ols(design, {}).beta, refs)
    assert np.isnan(found.se[:2]).all()
    assert np.isnan(found.df[:2]).all()
    np.testing.assert_allclose(found.se[2:], [0.04973823843, 0.178483985], rtol=1e-9)
    np.testing.assert_allclose(found.df[2:], [1.561081472, 1.132779533], rtol=1e-9)
