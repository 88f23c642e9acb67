"""Random effects by group, residual kinds, predictions of some factors, changed models, dropped terms."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

import mlm_steps
from mlm_steps.errors import FormulaError, UsageError

DATA = Path(__file__).parents[2] / "reference" / "data"
R_DIGITS = 1e-5
"""Relative difference to lme4's printed digits at its own optimum."""


@pytest.fixture(scope="module")
def sleep():
    frame = pd.read_csv(DATA / "sleepstudy.csv", dtype={"Subject": str})
    return mlm_steps.fit("Reaction ~ Days + (Days | Subject)", frame)


@pytest.fixture(scope="module")
def crossed():
    generator = np.random.default_rng(7)
    n = 240
    frame = pd.DataFrame(
        {
            "x": generator.normal(size=n),
            "z": generator.normal(size=n),
            "f": generator.choice(list("abc"), n),
            "g": [f"g{code}" for code in generator.integers(0, 12, n)],
            "h": [f"h{code}" for code in generator.integers(0, 6, n)],
        }
    )
    effects = generator.normal(size=12), generator.normal(size=6)
    codes = frame.g.str[1:].astype(int), frame.h.str[1:].astype(int)
    frame["y"] = frame.x + effects[0][codes[0]] + effects[1][codes[1]] + generator.normal(size=n)
    frame.loc[5, "z"] = np.nan
    return frame


def test_random_effects_are_those_of_lme4(sleep):
    # ranef(m, condVar = TRUE), coef(m), lme4 1.1-31
    found = sleep.ranef()
    expected = [[145.7056, -21.444504], [-21.4445, 5.312283]]
    np.testing.assert_allclose(found.cond_var["Subject"][0], expected, rtol=1e-5)
    assert found.covariances.cond_cov[0] == pytest.approx(-21.4445, rel=1e-5)
    rows = sleep.coef()["Subject"]
    np.testing.assert_allclose(rows.loc["308"], [253.6637, 19.666262], rtol=R_DIGITS)
    np.testing.assert_allclose(rows.loc["310"], [212.4447, 5.018429], rtol=R_DIGITS)
    table = found.table.set_index(["level", "effect"])
    np.testing.assert_allclose(table.coefficient["308"], rows.loc["308"])
    np.testing.assert_allclose(table.cond_sd["308"] ** 2, np.diag(expected), rtol=1e-5)


def test_components_are_those_of_rePCA(sleep):
    table = sleep.pca().table
    np.testing.assert_allclose(table.sd, [0.9668680, 0.2308798], rtol=1e-5)
    np.testing.assert_allclose(table.share, [0.94605, 0.05395], atol=1e-5)
    np.testing.assert_allclose(abs(sleep.pca().loadings[0].loc["Days"]), [0.01663769, 0.99986158], rtol=1e-3)


def test_outcome_shares_do_not_depend_on_units_or_zero_points(sleep):
    frame = sleep._state.source.data.assign(Weeks=lambda d: (d.Days - 3) / 7)
    other = mlm_steps.fit("Reaction ~ Weeks + (Weeks | Subject)", frame)
    mine, theirs = sleep.pca().table, other.pca().table
    np.testing.assert_allclose(mine.outcome_share, theirs.outcome_share, rtol=1e-5)
    assert abs(mine.share[0] - theirs.share[0]) > 0.01


def test_a_range_and_the_share_of_opposite_slopes_have_closed_forms(sleep):
    row = sleep.ranef().summary.set_index("effect").loc["Days"]
    assert row["low"] == pytest.approx(10.4673 - 1.96 * 5.9221, abs=1e-3)
    assert row.share_opposite == pytest.approx(0.03857, abs=1e-4)  # pnorm(-10.4673 / 5.9221)
    assert row.reliability == pytest.approx(0.8154, abs=5e-5)


def test_every_result_shows_itself_in_a_notebook(sleep):
    for found in (sleep, sleep.ranef(), sleep.coef(), sleep.pca(), sleep.confint("wald")):
        assert found._repr_html_().startswith("<pre>")
    assert "Days" in repr(sleep.ranef())


def test_residuals_of_other_kinds_come_from_the_series(sleep):
    assert sleep.residuals.iloc[0] == pytest.approx(-4.103656, rel=R_DIGITS)
    np.testing.assert_array_equal(sleep.residuals, sleep.residuals("conditional"))
    np.testing.assert_array_equal(sleep.residuals("pearson"), sleep.residuals())
    marginal = sleep.residuals("marginal")
    assert marginal.iloc[1] == pytest.approx(258.7047 - 251.40510 - 10.46729, abs=1e-4)
    assert sleep.residuals("scaled").std() == pytest.approx(1.0, abs=0.02)
    assert type(sleep.residuals * 2) is pd.Series
    with pytest.raises(UsageError, match="no residuals are called 'deviance'"):
        sleep.residuals("deviance")


def test_pearson_residuals_of_counts_are_over_the_root_of_the_variance(crossed):
    frame = crossed.assign(count=np.random.default_rng(1).poisson(np.exp(crossed.x / 2)))
    fit = mlm_steps.fit("count ~ x + (1 | g)", frame, family="poisson")
    expected = (frame["count"] - fit.fitted) / np.sqrt(fit.fitted)
    np.testing.assert_allclose(fit.residuals("pearson"), expected)
    with pytest.raises(UsageError, match="linear mixed models only"):
        fit.residuals("scaled")
    assert fit.ranef().table.pred_sd.isna().all()


def test_predictions_take_the_factors_that_are_named(crossed):
    fit = mlm_steps.fit("y ~ x + (x | g) + (1 | h)", crossed)
    new = crossed.head(20)
    modes = {group: frame.reindex(new[group]).to_numpy() for group, frame in fit.modes.items()}
    of_g = modes["g"][:, 0] + modes["g"][:, 1] * new.x
    fixed = fit.predict(new).estimate
    np.testing.assert_allclose(fit.predict(new, random=["g"]).estimate, fixed + of_g)
    np.testing.assert_allclose(fit.predict(new, random="h").estimate, fixed + modes["h"][:, 0])
    both = fit.predict(new, random=["h", "g"], se=True)
    np.testing.assert_array_equal(both.frame, fit.predict(new, random=True, se=True).frame)
    np.testing.assert_allclose(fit.predict(new.drop(columns="h"), random=["g"]).estimate, fixed + of_g)
    with pytest.raises(UsageError, match="no grouping factor G"):
        fit.predict(new, random=["G"])


def test_errors_of_some_factors_follow_the_dense_formula(crossed):
    fit = mlm_steps.fit("y ~ x + (1 | g) + (1 | h)", crossed)
    design, (g, h) = fit.model.design, fit.model.design.random
    Z = [np.eye(len(term.levels))[term.refs] for term in (g, h)]
    T = [fit.varcorr[i].covariance.to_numpy()[0, 0] for i in (0, 1)]
    V = T[0] * Z[0] @ Z[0].T + T[1] * Z[1] @ Z[1].T + fit.sigma**2 * np.eye(design.n)
    inverse = np.linalg.inv(V)
    Phi = np.linalg.inv(design.X.T @ inverse @ design.X)
    P = inverse - inverse @ design.X @ Phi @ design.X.T @ inverse
    x, z = design.X[:5], Z[0][:5]
    gain = T[0] * z @ Z[0].T
    error = x - gain @ inverse @ design.X
    variance = np.diag(T[0] * z @ z.T - gain @ inverse @ gain.T + error @ Phi @ error.T)
    found = fit.predict(random=["g"], se=True).frame.se[:5]
    np.testing.assert_allclose(found, np.sqrt(variance), rtol=1e-7)
    assert np.abs(P @ design.X).max() < 1e-9
    interval = fit.predict(random=["g"], interval="prediction").frame[:5]
    total = variance + T[1] + fit.sigma**2
    half = t.ppf(0.975, interval["df"]) * np.sqrt(total)
    np.testing.assert_allclose(interval.high - interval.estimate, half, rtol=1e-7)


def test_groups_that_the_fit_does_not_know_are_predicted_as_asked(crossed):
    fit = mlm_steps.fit("y ~ x + (1 | g)", crossed)
    new = pd.DataFrame({"x": [0.0, 1.0], "g": ["g1", "elsewhere"]}, index=["first", "second"])
    usual = fit.predict(new, random=True, se=True)
    assert usual.estimate["second"] == pytest.approx(fit.predict(new).estimate["second"])
    missing = fit.predict(new, random=True, se=True, new_levels="missing")
    assert missing.frame.loc["second"].isna().all()
    assert missing.frame.loc["first"].equals(usual.frame.loc["first"])
    assert "are not predicted" in missing.notices[0].text
    with pytest.raises(UsageError, match="1 rows have a level of g that the fit does not know: second"):
        fit.predict(new, random=True, new_levels="error")
    assert not fit.predict(new, new_levels="error").notices


def test_a_changed_model_is_the_model_written_anew(crossed):
    fit = mlm_steps.fit("y ~ x * f + z + (x | g)", crossed, reml=False, confidence=0.9)
    smaller = fit.update(". ~ . - x:f - (x | g) + (1 | g)")
    expected = mlm_steps.fit("y ~ x + f + z + (1 | g)", crossed, reml=False)
    assert smaller.formula == "y ~ x + f + z + (1 | g)"
    assert (smaller.deviance, smaller.confidence, smaller.method) == (expected.deviance, 0.9, "ML")
    assert fit.update(reml=True).method == "REML"
    assert fit.update(data=crossed.iloc[:100]).model.design.n == 99
    assert fit.update("log(. + 20) ~ 1 + (1 | g)").formula == "log(y + 20) ~ 1 + (1 | g)"
    with pytest.raises(FormulaError, match="no such random-effects term"):
        fit.update(". ~ . - (1 | h)")
    with pytest.raises(FormulaError, match="only \\+ and - may follow the dot"):
        fit.update(". ~ . * z")


def test_dropped_terms_are_tested_as_by_compare(crossed):
    fit = mlm_steps.fit("y ~ x * f + z + (1 | g)", crossed)
    tests = fit.drop1("LRT")
    assert list(tests.index) == ["<none>", "z", "x:f"]
    other = mlm_steps.compare(fit.update(". ~ . - x:f"), fit)
    assert tests.LRT["x:f"] == pytest.approx(other.statistic)
    assert (tests.df["x:f"], tests.p_value["x:f"]) == (2, pytest.approx(other.p_value))
    f_tests, all_terms = fit.drop1(), fit.anova("II")
    assert list(f_tests.index) == ["z", "x:f"]
    np.testing.assert_allclose(f_tests, all_terms.loc[f_tests.index], rtol=1e-8)


def test_a_column_that_others_span_is_dropped_without_a_test(crossed):
    fit = mlm_steps.fit("y ~ x + twice + z + (1 | g)", crossed.assign(twice=2 * crossed.x))
    tests = fit.drop1()
    assert tests.num_df.to_dict() == {"x": 0, "twice": 0, "z": 1}
    assert tests.p_value[["x", "twice"]].isna().all()
