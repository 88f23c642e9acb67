"""Cluster-robust tests, models without groups and the cost of ignoring clusters, as a notebook has them."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import DesignError, UsageError


@pytest.fixture
def pupils():
    rng = np.random.default_rng(8)
    school = np.repeat(np.arange(20), 6)
    frame = pd.DataFrame({"x": rng.normal(size=120), "z": rng.normal(size=20)[school]})
    frame["school"] = [f"s{each:02}" for each in school]
    frame["class"] = [f"c{each}" for each in rng.integers(0, 2, size=120)]
    frame["district"] = [f"d{each // 4}" for each in school]
    frame["row"] = [f"r{each % 7}" for each in range(120)]
    frame["y"] = frame.x + rng.normal(size=20)[school] + rng.normal(size=120)
    return frame


def test_clusters_are_named_or_given_by_row(pupils):
    fit = mlm_steps.fit("y ~ x + z + (1 | school)", pupils)
    by_name, by_values = fit.robust("school"), fit.robust(pupils["school"])
    pd.testing.assert_frame_equal(by_name.table, by_values.table)
    pd.testing.assert_frame_equal(fit.robust().table, by_name.table)
    wider = fit.robust(pupils["district"])
    assert (wider.cluster, wider.n_clusters, by_name.n_clusters) == ("district", 5, 20)
    assert (wider.table.df < by_name.table.df).all()


def test_rows_that_the_fit_leaves_out_are_left_out_of_the_clusters(pupils):
    missing = pupils.copy()
    missing.loc[[3, 50], "x"] = np.nan
    fit = mlm_steps.fit("y ~ x + z + (1 | school)", missing)
    whole = mlm_steps.fit("y ~ x + z + (1 | school)", missing.dropna())
    np.testing.assert_allclose(fit.robust(missing["school"]).table, whole.robust().table, rtol=1e-9)


def test_results_print_and_show_as_html(pupils):
    fit, lm = mlm_steps.fit("y ~ x + (1 | school)", pupils), mlm_steps.lm("y ~ x", pupils)
    for result in (fit.robust(), fit.cluster_cost(), lm, lm.robust("school")):
        assert "x" in repr(result)
        assert "<table" in result._repr_html_()
        assert "school" in repr(result) or result is lm
    assert "design effect" in repr(fit.cluster_cost())


def test_the_cost_has_the_standard_errors_of_each_method(pupils):
    fit, lm = mlm_steps.fit("y ~ x + z + (x | school)", pupils), mlm_steps.lm("y ~ x + z", pupils)
    table = fit.cluster_cost().table
    np.testing.assert_allclose(table.ols_se, lm.se)
    np.testing.assert_allclose(table.cr1_se, lm.robust("school", kind="CR1").table.se)
    np.testing.assert_allclose(table.cr2_se, lm.robust("school").table.se)
    np.testing.assert_allclose(table.mixed_se, fit.se)
    np.testing.assert_allclose(table.mixed_cr2_se, fit.robust().table.se)
    np.testing.assert_allclose(table.mixed_p, fit.p_value)


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ("scool", "did you mean 'school'"),
        ("class", "correlated in this model"),
        ([1, 2, 3], "3 values and 120 rows"),
        (3, "this is an int"),
        ([None] * 120, "have no value"),
        (["one"] * 120, "one cluster"),
    ],
)
def test_clusters_that_cannot_be_used_are_refused(pupils, cluster, message):
    fit = mlm_steps.fit("y ~ x + (1 | school) + (0 + x | school) + (1 | school:class)", pupils)
    with pytest.raises(UsageError, match=message):
        fit.robust(cluster if cluster != "class" else pupils["class"])


def test_crossed_factors_have_no_robust_tests_but_those_of_least_squares(pupils):
    fit = mlm_steps.fit("y ~ x + (1 | school) + (1 | row)", pupils)
    with pytest.raises(UsageError, match="correlated in this model"):
        fit.robust("school")
    assert fit.cluster_cost("school").table.mixed_cr2_se.isna().all()
    assert "correlated" in repr(fit.cluster_cost())
    assert mlm_steps.lm("y ~ x", pupils).robust("row").n_clusters == 7


def test_a_generalized_fit_has_no_robust_tests(pupils):
    pupils["y"] = (pupils.y > 0).astype(int)
    fit = mlm_steps.fit("y ~ x + (1 | school)", pupils, family="binomial")
    for method in (fit.robust, fit.cluster_cost):
        with pytest.raises(UsageError, match="linear mixed models only"):
            method()


def test_a_formula_without_bars_takes_the_rows_and_the_weights_of_the_fit(pupils):
    pupils.loc[[3, 50], "z"] = np.nan
    pupils["w"] = np.linspace(1, 2, 120)
    fit = mlm_steps.fit("y ~ x + z + (1 | school)", pupils, weights="w")
    found = mlm_steps.compare("y ~ x", fit, names=("alone", "grouped"))
    assert (found.record.smaller, found.record.changed, found.df) == ("alone", "both", 2)
    assert found.record.refused is None
    refused = mlm_steps.compare(mlm_steps.lm("y ~ x", pupils, weights="w"), fit)
    assert refused.record.refused == "sample_mismatch"
    unweighted = mlm_steps.compare(mlm_steps.lm("y ~ x", pupils.dropna()), fit)
    assert unweighted.record.refused == "sample_mismatch"


def test_a_model_that_is_not_nested_is_not_tested(pupils):
    fit = mlm_steps.fit("y ~ x + (1 | school)", pupils)
    found = mlm_steps.compare("y ~ z", fit)
    assert (found.record.refused, found.statistic) == ("not_nested", None)
    assert "No test" in repr(found)
    with pytest.raises(DesignError, match="no random-effects term"):
        mlm_steps.compare("y ~ x + (1 | school)", fit)
    with pytest.raises(UsageError, match="not a fit"):
        mlm_steps.compare(fit, mlm_steps.lm("y ~ x", pupils))


def test_a_block_of_random_effects_is_bootstrapped(pupils):
    fit = mlm_steps.fit("y ~ x + (x | school)", pupils)
    found = mlm_steps.compare("y ~ x", fit, bootstrap="where_needed", replicates=40)
    assert (found.record.p_boundary, found.record.p_boundary_code) == (None, "no_closed_weights")
    assert found.p_boot == pytest.approx(1 / 41)


def test_the_bootstrap_of_one_variance_agrees_with_its_mixture():
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"y": rng.normal(size=60), "g": [f"g{each}" for each in np.repeat(range(15), 4)]})
    frame["y"] += 0.45 * np.repeat(rng.normal(size=15), 4)
    fit = mlm_steps.fit("y ~ 1 + (1 | g)", frame)
    found = mlm_steps.compare("y ~ 1", fit, bootstrap="always", replicates=400, seed=3)
    assert found.record.failed == 0
    assert found.p_boot == pytest.approx(found.p_rlrt, abs=0.06)


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "gamma"])
def test_the_smaller_model_has_the_family_of_the_larger(family):
    rng = np.random.default_rng(12)
    frame = pd.DataFrame({"x": rng.normal(size=200), "g": [f"g{each}" for each in np.repeat(range(40), 5)]})
    mean = np.exp(1 + 0.3 * frame.x + 0.5 * np.repeat(rng.normal(size=40), 5))
    frame["y"] = rng.gamma(3, mean / 3) + 0.01 if family == "gamma" else rng.poisson(mean)
    fit = mlm_steps.fit("y ~ x + (1 | g)", frame, family=family)
    found = mlm_steps.compare("y ~ x", fit, bootstrap="always", replicates=20)
    assert found.smaller.family == family
    assert found.smaller.npar == fit.npar - 1
    assert (found.record.criterion, found.df, found.record.failed) == ("ML", 1, 0)
    assert [part.df for part in found.record.mixture] == [0, 1]
    assert found.statistic == pytest.approx(found.smaller.deviance - fit.deviance)
