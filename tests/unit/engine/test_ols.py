"""Least squares with R's conventions."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.ols import fit_ols
from mlm_steps.errors import FitError


def frame(n=60):
    rng = np.random.default_rng(11)
    data = pd.DataFrame(
        {"x": rng.normal(size=n), "f": rng.choice(list("abc"), n), "w": rng.uniform(0.5, 2, n)}
    )
    data["g"] = np.arange(n) % 12
    data["y"] = 1 + data.x + rng.normal(size=12)[data.g] + rng.normal(size=n)
    return data


DATA = frame()


def ols(formula, **options):
    design = build_design(formula, DATA, mixed=False, **options)
    return fit_ols(design, {"g": DATA.g.to_numpy()[design.rows]})


def test_weighted_fits_follow_the_textbook():
    fit, X, w = ols("y ~ x + f", weights="w"), None, DATA.w.to_numpy()
    X, y = fit.design.X, fit.design.y
    beta = np.linalg.solve(X.T @ (w[:, None] * X), X.T @ (w * y))
    residuals = y - X @ beta
    rss, mean = w @ residuals**2, np.average(y, weights=w)
    assert fit.beta == pytest.approx(beta)
    assert fit.sigma == pytest.approx(np.sqrt(rss / 56))
    assert fit.r_squared == pytest.approx(1 - rss / (w @ (y - mean) ** 2))
    assert fit.loglik == pytest.approx(0.5 * (np.log(w).sum() - 60 * (np.log(2 * np.pi * rss / 60) + 1)))
    assert fit.aic == pytest.approx(-2 * fit.loglik + 10)


def test_cluster_robust_errors_are_cr1():
    fit = ols("y ~ x", weights="w")
    X, w, e, g = fit.design.X, DATA.w.to_numpy(), fit.residuals, DATA.g.to_numpy()
    bread = np.linalg.inv(X.T @ (w[:, None] * X))
    scores = np.array([(X[g == j] * (w * e)[g == j, None]).sum(axis=0) for j in range(12)])
    covariance = bread @ scores.T @ scores @ bread * (12 / 11) * (59 / 58)
    assert fit.se_cluster["g"] == pytest.approx(np.sqrt(np.diag(covariance)))


def test_r_squared_without_an_intercept_is_about_zero():
    fit = ols("y ~ 0 + x")
    assert fit.r_squared == pytest.approx(1 - fit.rss / np.sum(fit.design.y**2))
    assert fit.f_df == (1, 59)


def test_an_intercept_alone_has_no_f_test():
    fit = ols("y ~ 1")
    assert (fit.r_squared, fit.adj_r_squared, fit.f_statistic, fit.f_p) == (0.0, 0.0, None, None)


def test_an_offset_is_taken_from_the_outcome_and_back_in_the_fitted_values():
    plain, shifted = ols("y ~ x"), ols("y ~ x + offset(x)")
    assert shifted.beta[1] == pytest.approx(plain.beta[1] - 1)
    assert shifted.fitted == pytest.approx(plain.fitted)


def test_a_dropped_column_has_a_row_without_numbers():
    rows = ols("y ~ x + I(2 * x)").rows()
    assert [(row["column"], row["dropped"], row["estimate"] is None) for row in rows] == [
        ("(Intercept)", False, False),
        ("x", False, False),
        ("I(2 * x)", True, True),
    ]
    assert (rows[2]["term"], rows[2]["se_cluster"]) == ("I(2 * x)", {})
    assert rows[1]["df"] == 58


def test_a_factor_of_one_level_has_no_robust_errors():
    design = build_design("y ~ x", DATA, mixed=False)
    assert fit_ols(design, {"one": np.zeros(60, dtype=np.intp)}).se_cluster == {}


def test_a_perfect_fit_is_refused():
    design = build_design("y ~ I(2 * y)", DATA, mixed=False)
    with pytest.raises(FitError, match="no residual variance"):
        fit_ols(design, {})


def test_a_model_without_coefficients_leaves_the_outcome_as_it_is():
    fit = ols("y ~ 0")
    assert (fit.design.p, fit.se_cluster, fit.f_p) == (0, {}, None)
    assert fit.residuals == pytest.approx(DATA.y)
