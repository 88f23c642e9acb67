"""The notebook's view: what a fit offers, how it prints, how two compare."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import DesignError, UsageError


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(4)
    g = np.repeat(np.arange(15), 8)
    x = generator.normal(size=120)
    y = (
        5
        + x
        + generator.normal(size=15)[g]
        + 0.5 * generator.normal(size=15)[g] * x
        + generator.normal(size=120)
    )
    frame = pd.DataFrame({"y": y, "x": x, "g": [f"g{code}" for code in g]}, index=np.arange(120) + 1000)
    frame.loc[1003, "x"] = np.nan
    return frame


@pytest.mark.parametrize(
    ("contrasts", "words"),
    [
        ({"h": "sum"}, "the formula has no variable 'h'"),
        ({"X": "sum"}, "did you mean x"),
        ({"x": "sum"}, "'x' holds numbers and is no factor"),
    ],
)
def test_contrasts_of_what_is_no_factor_of_the_formula_are_refused(frame, contrasts, words):
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        mlm_steps.fit("y ~ x + (x | g)", frame, contrasts=contrasts)


def test_data_that_are_no_frame_are_refused(frame):
    with pytest.raises(UsageError, match="a dict is no pandas DataFrame"):
        mlm_steps.fit("y ~ x + (x | g)", frame.to_dict())


@pytest.fixture(scope="module")
def slope(frame):
    return mlm_steps.fit("y ~ x + (x | g)", frame)


def test_everything_is_indexed_by_rs_names(slope):
    assert list(slope.beta.index) == list(slope.p_value.index) == ["(Intercept)", "x"]
    assert list(slope.theta.index) == ["g.(Intercept)", "g.x.(Intercept)", "g.x"]
    assert list(slope.modes["g"].columns) == ["(Intercept)", "x"]
    assert slope.vcov.loc["x", "x"] == pytest.approx(slope.se["x"] ** 2)
    assert slope.varcorr[0].correlation.loc["x", "x"] == pytest.approx(1.0)
    assert slope.coefficients.loc["x", "ci_low"] < slope.beta["x"] < slope.coefficients.loc["x", "ci_high"]


def test_fitted_values_keep_the_index_of_the_frame_without_incomplete_rows(frame, slope):
    assert list(slope.fitted.index) == [row for row in frame.index if row != 1003]
    assert slope.lmm.design.n == 119


def test_the_deviance_is_that_of_the_ml_fit(frame, slope):
    ml = mlm_steps.fit("y ~ x + (x | g)", frame, reml=False)
    assert slope.deviance == pytest.approx(ml.criterion, abs=1e-7)
    assert slope.criterion != pytest.approx(ml.criterion)
    assert slope.aic == pytest.approx(ml.criterion + 12)


def test_two_terms_on_one_factor_have_names_of_their_own(frame):
    assert list(mlm_steps.fit("y ~ x + (x || g)", frame).modes) == ["g", "g.1"]


def test_the_summary_has_what_an_lme4_user_looks_for(slope):
    text = repr(slope)
    headings = ("Scaled residuals", "Random effects", "Fixed effects", "Correlation of fixed effects")
    cells = ("REML criterion at convergence", "Corr", "groups: g, 15", "Std. Error", "Pr(>|t|)")
    for words in headings + cells:
        assert words in text
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(("df", "words"), [("z", "Pr(>|z|)"), ("residual", "residual df")])
def test_the_summary_names_the_method_of_the_tests(frame, df, words):
    assert words in repr(mlm_steps.fit("y ~ x + (1 | g)", frame, df=df))


def test_a_singular_fit_says_so_in_print(frame):
    flat = frame.assign(y=np.random.default_rng(1).normal(size=120))
    flat["y"] -= flat.groupby("g")["y"].transform("mean")
    fit = mlm_steps.fit("y ~ 1 + (1 | g)", flat)
    assert fit.singular
    assert fit.converged
    assert "singular" in repr(fit)


def test_nested_models_are_compared_as_anova_does(frame, slope):
    smaller = mlm_steps.fit("y ~ x + (1 | g)", frame)
    comparison = mlm_steps.compare(smaller, slope)
    assert comparison.statistic == pytest.approx(smaller.criterion - slope.criterion, abs=1e-6)
    assert comparison.df == 2
    assert comparison.p_boundary < comparison.p_value
    assert "Chisq" in repr(comparison)


def test_models_that_are_not_nested_get_no_test(frame):
    other = frame.assign(v=np.sin(np.arange(120.0)), x=frame["x"].fillna(0.0))
    comparison = mlm_steps.compare(
        mlm_steps.fit("y ~ v + (1 | g)", other), mlm_steps.fit("y ~ x + (1 | g)", other)
    )
    assert comparison.p_value is None
    assert "No test" in repr(comparison)


@pytest.mark.parametrize("options", [{"df": "kenward"}, {"confidence": 95}])
def test_wrong_options_are_refused(frame, options):
    with pytest.raises(UsageError):
        mlm_steps.fit("y ~ x + (1 | g)", frame, **options)


def test_a_formula_without_random_effects_is_refused(frame):
    with pytest.raises(DesignError):
        mlm_steps.fit("y ~ x", frame)


def test_an_outcome_of_two_values_is_a_caution(frame):
    passed = frame.dropna().assign(passed=lambda d: (d["y"] > d["y"].median()).astype(int))
    fit = mlm_steps.fit("passed ~ x + (1 | g)", passed)
    notice = fit.notices[0]
    assert (notice.code, notice.severity) == ("two_valued_outcome", "warning")
    assert notice.text.startswith("passed has two values, 0 (60 rows) and 1 (59 rows).")
    assert f"Warning: {notice.text}" in repr(fit)
    assert not any(n.code == notice.code for n in mlm_steps.fit("y ~ x + (1 | g)", frame).notices)


def test_an_outcome_of_the_groups_is_named():
    generator = np.random.default_rng(3)
    groups = np.repeat(np.arange(20), 6)
    frame = pd.DataFrame({"g": groups, "x": generator.normal(size=120)})
    frame["y"] = generator.normal(size=20)[groups]
    pairs = mlm_steps.fit("y ~ x + (1 | h)", frame.assign(h=groups // 2))
    assert not any(n.code == "level_2_outcome" for n in pairs.notices)
    fit = mlm_steps.fit("y ~ x + (0 + x | g)", frame)
    (notice,) = [n for n in fit.notices if n.code == "level_2_outcome"]
    assert "a level-2 outcome (or higher) that describes g, of which there are 20" in notice.text
