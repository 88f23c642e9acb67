"""Random effects left out one at a time: what is left, and when there is which p value."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import UsageError

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
).assign(half=lambda d: (d.Days > 4).astype(str), w=lambda d: 1 + d.Days % 2)


def ranova(formula, frame=SLEEP, **options):
    return mlm_steps.fit(formula, frame, **options).ranova()


@pytest.mark.parametrize(
    ("random", "left_out"),
    [
        ("(1 | Subject)", ["(1 | Subject)"]),
        ("(Days | Subject)", ["Days in (Days | Subject)"]),
        ("(Days * half | Subject)", ["Days:half in (Days * half | Subject)"]),
        ("(Days + half | Subject)", ["Days in (Days + half | Subject)", "half in (Days + half | Subject)"]),
        ("(Days || Subject)", ["(1 | Subject)", "Days in (0 + Days | Subject)"]),
        ("(1 | Subject/half)", ["(1 | half:Subject)", "(1 | Subject)"]),
    ],
)
def test_what_no_other_effect_contains_is_left_out(random, left_out):
    assert list(ranova(f"Reaction ~ Days + {random}").index) == ["<none>", *left_out]


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("reml", [True, False])
def test_the_smaller_model_is_the_one_that_would_be_written(reml, weights):
    options = {"reml": reml, "weights": weights}
    table = ranova("Reaction ~ Days + (Days | Subject)", **options)
    smaller = mlm_steps.fit("Reaction ~ Days + (1 | Subject)", SLEEP, **options)
    assert table.loglik.iloc[1] == pytest.approx(-smaller.criterion / 2, rel=1e-10)
    assert table.df.iloc[1] == 2


def test_a_slope_alone_goes_as_a_whole_and_leaves_a_linear_model():
    table = ranova("Reaction ~ Days + (0 + Days | Subject)", reml=False)
    y, X = SLEEP.Reaction.to_numpy(), np.column_stack([np.ones(180), SLEEP.Days])
    rss = np.sum((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2)
    assert table.loglik.iloc[1] == pytest.approx(-90 * (1 + np.log(2 * np.pi * rss / 180)))
    assert (table.df.iloc[1], table.p_boundary.iloc[1]) == (1, pytest.approx(table.p_value.iloc[1] / 2))


def test_a_single_variance_has_an_exact_p_by_reml_alone():
    assert ranova("Reaction ~ Days + (1 | Subject)").p_rlrt.iloc[1] == pytest.approx(1e-4, rel=1e-3)
    assert np.isnan(ranova("Reaction ~ Days + (1 | Subject)", reml=False).p_rlrt.iloc[1])
    assert np.isnan(ranova("Reaction ~ Days + (Days | Subject)").p_rlrt.iloc[1])


def test_the_exact_p_of_a_removal_is_that_of_the_comparison_with_the_smaller_model():
    rows = SLEEP[SLEEP.Days.isin([0, 1, 4])]
    fits = [mlm_steps.fit(f"Reaction ~ Days + {r}", rows) for r in ("(1 | Subject)", "(Days || Subject)")]
    compared = mlm_steps.compare(*fits, names=("a", "b")).p_rlrt
    assert 0.001 < compared < 0.9
    assert ranova("Reaction ~ Days + (Days || Subject)", rows).p_rlrt.iloc[2] == compared


def test_a_variance_of_zero_is_worth_nothing():
    frame = SLEEP.assign(Reaction=SLEEP.Reaction - SLEEP.groupby("Subject").Reaction.transform("mean"))
    table = ranova("Reaction ~ Days + (1 | Subject)", frame)
    assert list(table.iloc[1][["LRT", "p_value", "p_boundary", "p_rlrt"]]) == [0.0, 1.0, 1.0, 1.0]


def test_hlms_test_of_a_null_model_is_a_sum_over_groups():
    fit = mlm_steps.fit("Reaction ~ 1 + (1 | Subject)", SLEEP.iloc[3:])
    groups = SLEEP.iloc[3:].groupby("Subject").Reaction
    expected = (groups.size() * (groups.mean() - fit.beta.iloc[0]) ** 2).sum() / fit.sigma**2
    found = fit.heterogeneity.iloc[0]
    assert (found.statistic, found.df, found.n_groups) == (pytest.approx(expected), 17, 18)


def test_hlms_test_counts_the_groups_whose_rows_determine_the_slope():
    frame = SLEEP[(SLEEP.Subject != "308") | (SLEEP.Days == 3)]
    fit = mlm_steps.fit("Reaction ~ Days + (Days | Subject)", frame)
    statistic = np.zeros(2)
    for _, rows in frame[frame.Subject != "308"].groupby("Subject"):
        X = np.column_stack([np.ones(len(rows)), rows.Days])
        own, variance = np.linalg.lstsq(X, rows.Reaction, rcond=None)[0], np.linalg.inv(X.T @ X)
        statistic += (own - fit.beta) ** 2 / (fit.sigma**2 * np.diag(variance))
    np.testing.assert_allclose(fit.heterogeneity.statistic, statistic, rtol=1e-8)
    assert list(fit.heterogeneity.n_groups) == [17, 17]
    assert list(fit.heterogeneity.df) == [16, 16]


def test_hlms_test_needs_one_grouping_factor():
    found = mlm_steps.fit("Reaction ~ 1 + (1 | Subject/half)", SLEEP).heterogeneity
    assert found.statistic.isna().all()


def test_anova_gives_each_type_and_method():
    fit = mlm_steps.fit("Reaction ~ Days * half + (1 | Subject)", SLEEP)
    assert list(fit.anova().index) == ["Days", "half", "Days:half"]
    assert fit.anova("I").loc["Days", "F"] > fit.anova("III").loc["Days", "F"]
    assert fit.anova(df="z").den_df.tolist() == [np.inf] * 3
    with pytest.raises(UsageError, match="'IV'"):
        fit.anova("IV")


def test_anova_does_not_follow_later_changes_of_the_frame():
    frame = SLEEP.copy()
    fit = mlm_steps.fit("Reaction ~ Days + half + (Days | Subject)", frame)
    before = fit.anova()
    frame["half"] = "same"
    pd.testing.assert_frame_equal(before, fit.anova())


def test_a_singular_fit_has_both_methods_of_testing():
    frame = SLEEP.assign(Reaction=SLEEP.Reaction - SLEEP.groupby("Subject").Reaction.transform("mean"))
    fit = mlm_steps.fit("Reaction ~ Days + (1 | Subject)", frame)
    assert set(fit.other_coefficients) == {"kenward-roger"}
    assert mlm_steps.fit("Reaction ~ Days + (1 | Subject)", SLEEP).other_coefficients == {}
    assert "kenward-roger" in repr(fit)
