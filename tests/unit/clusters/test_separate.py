"""Least squares within each group: rank failures, weights, and the columns that are used."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import UsageError


def groups(J=12, size=5, seed=2):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(J), size)
    frame = pd.DataFrame({"x": rng.normal(size=J * size), "z": rng.normal(size=J)[g]})
    frame["g"] = [f"g{each:02}" for each in g]
    frame["y"] = 1 + 2 * frame.x + rng.normal(size=J)[g] + rng.normal(size=J * size)
    frame["w"] = rng.uniform(0.5, 2, size=J * size)
    frame["c"] = np.where(rng.normal(size=J * size) > 0, "a", "b")
    return frame


def own_fit(frame, level, columns=("x",), weights=None):
    own = frame[frame.g == level]
    X = np.column_stack([np.ones(len(own)), *(own[name] for name in columns)])
    root = np.ones(len(own)) if weights is None else np.sqrt(own[weights].to_numpy())
    return np.linalg.lstsq(root[:, None] * X, root * own.y.to_numpy(), rcond=None)[0]


@pytest.mark.parametrize("weights", [None, "w"])
def test_each_group_has_its_own_fit(weights):
    frame = groups()
    found = mlm_steps.lm_list("y ~ x | g", frame, weights=weights)
    for level in found.table.index:
        np.testing.assert_allclose(found.table.loc[level], own_fit(frame, level, weights=weights), rtol=1e-9)
    assert found.df == 12 * 3
    assert found.failures == ()


def test_a_group_without_variation_keeps_what_its_rows_determine():
    frame = groups()
    frame.loc[frame.g == "g03", "x"] = 1.5
    frame.loc[frame.g == "g04", "x"] = 0.0
    frame = frame.drop(frame.index[frame.g == "g05"][1:])
    found = mlm_steps.lm_list("y ~ x | g", frame)
    assert found.table.loc["g03"].isna().all()
    assert found.table.loc["g04", "(Intercept)"] == pytest.approx(frame[frame.g == "g04"].y.mean())
    assert np.isnan(found.table.loc["g04", "x"])
    assert found.failures == (
        "g03: x constant in 5 rows",
        "g04: x constant in 5 rows",
        "g05: 1 row for 2 coefficients",
    )
    assert found.df == 9 * 3 + 2 * 4
    assert "g05: 1 row for 2 coefficients" in repr(found)
    assert found.record.n_estimable == (10, 9)


def test_a_slope_is_estimated_where_a_category_is_constant():
    frame = groups()
    frame.loc[frame.g == "g02", "c"] = "b"
    found = mlm_steps.lm_list("y ~ x + c | g", frame)
    assert found.table.loc["g02", "x"] == pytest.approx(own_fit(frame, "g02")[1])
    assert found.table.loc["g02", ["(Intercept)", "cb"]].isna().all()


def test_pooled_and_own_standard_errors_differ_by_the_residual_sds():
    frame = groups()
    found = mlm_steps.lm_list("y ~ x | g", frame)
    own = frame[frame.g == "g07"]
    X = np.column_stack([np.ones(5), own.x])
    rest = own.y - X @ found.table.loc["g07"].to_numpy()
    s = np.sqrt(rest @ rest / 3)
    expected = s * np.sqrt(np.diag(np.linalg.inv(X.T @ X)))
    np.testing.assert_allclose(found.own_se.loc["g07"], expected)
    np.testing.assert_allclose(found.se.loc["g07"], expected * found.sigma / s)


def test_a_year_keeps_its_digits():
    frame = groups()
    plain = mlm_steps.lm_list("y ~ x | g", frame).table.x
    shifted = mlm_steps.lm_list("y ~ x | g", frame.assign(x=frame.x + 2015)).table.x
    np.testing.assert_allclose(shifted, plain, rtol=1e-8)


def test_a_fit_uses_the_columns_that_vary_within_groups():
    frame = groups()
    fit = mlm_steps.fit("y ~ x * z + (x | g)", frame)
    found = fit.lm_list()
    assert list(found.table) == ["(Intercept)", "x"]
    pd.testing.assert_frame_equal(found.table, mlm_steps.lm_list("y ~ x | g", frame).table)
    with pytest.raises(UsageError, match="linear mixed models only"):
        mlm_steps.fit("I(y > 1) ~ x + (1 | g)", frame, family="binomial").lm_list()


def test_one_group_and_groups_of_one_row_are_fitted():
    frame = groups(J=1, size=8)
    found = mlm_steps.lm_list("y ~ x | g", frame.assign(g=["a"] * 7 + ["b"]))
    assert (found.df, len(found.failures)) == (5, 1)
    single = frame.assign(g=[f"g{each}" for each in range(8)])
    assert mlm_steps.lm_list("y ~ 1 | g", single.assign(g=[*single.g[:7], "g0"])).sigma is not None


@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x | g/c", "y ~ (x | g) + (1 | c)"])
def test_formulas_of_another_form_are_refused(formula):
    with pytest.raises(UsageError, match=r"outcome ~ predictors \| groups"):
        mlm_steps.lm_list(formula, groups())
