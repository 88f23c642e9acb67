"""Slopes of functions of a predictor: where the data are, and never where the function has no value."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.design.predictors import Predictors

FOLDER = Path(__file__).parent / "emmeans"
RESULTS = json.loads((FOLDER / "transformed.json").read_text())
DATA = pd.read_csv(FOLDER / "transformed.csv")
SECANT = {"rtol": 1e-4}
"""emtrends takes a secant over a millionth of the range, of fits by an optimiser that stops at 1e-8 or so."""
FUNCTIONS = [name for name in RESULTS if name not in ("moderator", "means")]
DERIVATIVES = {
    "log(x)": lambda x: 1 / x,
    "log2(x)": lambda x: 1 / (x * np.log(2)),
    "log10(x)": lambda x: 1 / (x * np.log(10)),
    "log(x, base = 3)": lambda x: 1 / (x * np.log(3)),
    "log1p(x)": lambda x: 1 / (1 + x),
    "exp(x)": np.exp,
    "expm1(x)": np.exp,
    "sqrt(x)": lambda x: 0.5 / np.sqrt(x),
    "sin(x)": np.cos,
    "cos(x)": lambda x: -np.sin(x),
    "I(1/x)": lambda x: -1 / x**2,
    "I(x^3)": lambda x: 3 * x**2,
    "I(log(x)^2)": lambda x: 2 * np.log(x) / x,
    "abs(x)": np.sign,
    "center(x)": np.ones_like,
}
POSITIONS = ["{f} * b + (1 | g)", "{f} * w + (1 | g)", "{f} * a * b + (1 | g)", "{f} * log(w) + (1 | g)"]


def agree(ours, rows, estimate):
    theirs = pd.DataFrame(rows)
    names = {"estimate": estimate, "se": "SE", "df": "df", "ci_low": "lower.CL", "ci_high": "upper.CL"}
    for own, name in names.items():
        np.testing.assert_allclose(ours[own], theirs[name], **SECANT, err_msg=own)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_slope_of_a_transformed_predictor_is_the_tangent_at_its_mean(function):
    found = mlm_steps.fit(f"y ~ {function} * b + (1 | g)", DATA)
    agree(found.slopes("x", "b").table, RESULTS[function], "x.trend")


def test_the_slope_at_values_of_a_transformed_moderator():
    found = mlm_steps.fit("y ~ x * log(w) + (1 | g)", DATA)
    agree(found.slopes("x", "w", at=[0.5, 1, 3]).table, RESULTS["moderator"], "x.trend")


def test_means_beside_functions_that_have_no_value_at_zero():
    found = mlm_steps.fit("y ~ log(x) * b + I(1/x) + (1 | g)", DATA)
    agree(found.means("b").table, RESULTS["means"], "emmean")


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("function", DERIVATIVES)
def test_each_function_of_the_language_has_its_derivative_in_each_position(function, position):
    found = mlm_steps.fit("y ~ " + position.format(f=function), DATA)
    beta, x = found.coefficients["estimate"], DATA["x"].mean()
    moderator = "w" if "w" in position else "b"
    value = DATA["w"].median() if moderator == "w" else "ctl"
    slope = found.slopes("x", moderator, at=[value]).table.iloc[0]
    expected = beta[function]
    if moderator == "w":
        scaled = np.log(value) if "log(w)" in position else value
        expected += scaled * beta[f"{function}:{'log(w)' if 'log(w)' in position else 'w'}"]
    assert slope["estimate"] == pytest.approx(expected * DERIVATIVES[function](x), rel=1e-8)


@pytest.mark.parametrize("function", ["log(x)", "I(1/x)", "sqrt(x)", "log1p(x)", "ns(x, 3)", "poly(x, 2)"])
def test_the_intercept_of_a_curve_is_the_outcome_where_its_slope_is_taken(function):
    found = mlm_steps.fit(f"y ~ {function} * b + (1 | g)", DATA)
    by_slopes, by_means = found.slopes("x", "b").intercepts, found.means("b").table
    np.testing.assert_allclose(by_slopes["estimate"], by_means["estimate"], rtol=1e-10)
    assert [row.intercept.code for row in found.slopes("x", "b").records[0].slopes] == [None, None]


@pytest.mark.parametrize("function", ["log(w)", "I(1/w)", "sqrt(w)"])
def test_a_slope_at_a_bound_of_its_region_is_just_significant(function):
    found = mlm_steps.fit(f"y ~ x * {function} + (x | g)", DATA.assign(y=DATA["y"] + DATA["x"] * DATA["w"]))
    region = found.johnson_neyman("x", "w").records[0].region
    assert len(region.curve) == 61
    assert all(DATA["w"].min() <= bound <= DATA["w"].max() for bound in region.bounds)
    if region.bounds:
        at = found.slopes("x", "w", at=list(region.bounds)).table
        np.testing.assert_allclose(at["p"], 0.05, rtol=1e-8)


def both_signs():
    rng = np.random.default_rng(5)
    v = np.round(np.where(rng.random(len(DATA)) < 0.5, -1, 1) * (rng.random(len(DATA)) + 0.2), 2)
    return DATA.assign(v=v - 0.0, s=np.where(np.arange(len(DATA)) % 2, v, -v))


def test_a_predictor_without_value_at_its_mean_is_held_at_the_nearest_observed_one():
    data = both_signs()
    data = pd.concat([data, data.assign(v=-data["v"])])  # the mean of v is 0, where 1/v has no value
    found = mlm_steps.fit("y ~ I(1/v) * b + (1 | g)", data)
    held = found.means("b").records[0].held[0]
    assert abs(held.value) == data["v"].abs().min()
    assert not held.at_mean
    slope = found.slopes("v", "b").records[0]
    assert slope.focal_at == held.value
    expected = -found.coefficients["estimate"]["I(1/v)"] / held.value**2
    assert slope.slopes[0].slope.estimate == pytest.approx(expected, rel=1e-8)


def test_a_region_along_a_moderator_with_a_pole_is_sought_where_there_are_values():
    data = both_signs()
    data = pd.concat([data, data.assign(v=-data["v"])])
    found = mlm_steps.fit("y ~ x * I(1/v) + (1 | g)", data)
    assert {point.place for point in found.slopes("x", "v").records[0].slopes} == {"mean - SD", "mean + SD"}
    record = found.johnson_neyman("x", "v").records[0]
    assert np.isfinite(np.array(record.region.curve)).all()
    assert np.isfinite(record.region.bounds).all()


def test_outside_a_domain_there_are_no_numbers_and_the_reason_is_said():
    found = mlm_steps.fit("y ~ x * log(w) + (1 | g)", DATA)
    row = found.slopes("x", "w", at=[-1.0, 1.0], extrapolate=True).records[0].slopes
    assert [each.slope.code for each in row] == ["outside_domain", None]
    factor = mlm_steps.fit("y ~ b * log(w) + (1 | g)", DATA)
    means = factor.means("b", at={"w": 0.0}).records[0]
    assert [each.test.code for each in (*means.means, *means.differences)] == ["outside_domain"] * 3


def test_a_skewed_predictor_has_its_tangent_although_a_usual_step_leaves_the_domain():
    x = np.exp(4 * np.random.default_rng(2).normal(size=len(DATA)))
    found = mlm_steps.fit("y ~ log(x) * b + (1 | g)", DATA.assign(x=x))
    slope = found.slopes("x", "b").records[0].slopes[0].slope
    assert slope.estimate == pytest.approx(found.coefficients["estimate"]["log(x)"] / x.mean(), rel=1e-6)


def test_a_factor_of_two_columns_is_held_at_values_that_occur():
    data = DATA.assign(p=np.arange(len(DATA)) % 4, q=np.arange(len(DATA)) % 5)
    found = mlm_steps.fit("y ~ x * b + factor(p + q) + (1 | g)", data)
    means = found.means("b").records[0]
    assert {mean.test.code for mean in means.means} == {None}
    assert [(each.variable, each.at_mean) for each in means.held] == [("x", True), ("p", False), ("q", True)]
    assert found.slopes("x", "b").records[0].slopes[0].slope.code is None


def test_a_number_of_two_values_has_the_slope_between_them():
    data = DATA.assign(two=np.where(np.arange(len(DATA)) % 2, 1.0, 10.0))
    found = mlm_steps.fit("y ~ log(two) * b + (1 | g)", data)
    slope = found.slopes("two", "b").records[0]
    assert slope.focal_at is None
    assert slope.slopes[0].slope.estimate == pytest.approx(
        found.coefficients["estimate"]["log(two)"] * np.log(10) / 9, rel=1e-9
    )


def test_predictors_say_where_a_function_has_a_value():
    found = mlm_steps.fit("y ~ log(x) * b + (1 | g)", DATA)
    predictors = Predictors(found.lmm.design, DATA)
    assert [predictors.has_value("x", value) for value in (-1.0, 0.0, 1e-30, 2.0)] == [
        False,
        False,
        False,
        True,
    ]
