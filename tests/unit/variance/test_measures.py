"""Shares of variance; the numbers are those of sleepstudy (statistics, section 19) or closed forms."""

import math
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates, evaluate_at
from mlm_steps.engine.result.components import reductions
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.spec.variance import MeasureWord
from mlm_steps.variance import MEASURES, Explained, explain
from mlm_steps.variance.icc import profiled_rows
from mlm_steps.variance.icc_profile import share_interval

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
SLOPE = "Reaction ~ Days + (Days | Subject)"


def estimates(formula, frame=SLEEP, **options):
    return Estimates(build_design(formula, frame, **options))


def record(formula, frame=SLEEP, null=None, previous=None, method="REML", **options):
    def reference(text):
        return None if text is None else (text, estimates(text, frame).under(method))

    given = estimates(formula, frame, **options)
    return explain(
        Explained(
            model="m",
            fit=given.under(method),
            null=reference(null),
            previous=reference(previous),
        )
    )


def shares(found, kind):
    return {(row.group, row.effect): row.value for row in found.icc if row.kind == kind}


def values(found, measure):
    return {row.scope: row.value for row in found.measures if row.measure == measure}


def crossed():
    rng = np.random.default_rng(3)
    n = 400
    data = pd.DataFrame({"a": rng.integers(0, 20, n), "b": rng.integers(0, 10, n)})
    data["y"] = 2 * rng.normal(size=20)[data.a] + rng.normal(size=10)[data.b] + rng.normal(size=n)
    return data.astype({"a": str, "b": str})


def test_the_measures_are_registered_under_the_words_of_the_spec():
    usual = {"icc", "prv", "r2_nakagawa", "rights_sterba", "design_effect", "median_ratio"}
    asked = set(get_args(MeasureWord))
    assert set(MEASURES) == usual | asked | {"snijders_bosker", "differences"}


@pytest.mark.parametrize(
    ("formula", "marginal", "conditional", "adjusted", "unadjusted"),
    [
        (SLOPE, 0.2787, 0.7992, 0.7217, 0.5206),
        ("Reaction ~ Days + (Days || Subject)", 0.2830, 0.7965, 0.7162, 0.5135),
        ("Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)", 0.2830, 0.7965, 0.7162, 0.5135),
    ],
)
def test_every_random_term_counts(formula, marginal, conditional, adjusted, unadjusted):
    found = record(formula)
    assert values(found, "r2_marginal")["total"] == pytest.approx(marginal, abs=5e-5)
    assert values(found, "r2_conditional")["total"] == pytest.approx(conditional, abs=5e-5)
    assert shares(found, "adjusted") == {(None, None): pytest.approx(adjusted, abs=5e-5)}
    assert shares(found, "unadjusted") == {(None, None): pytest.approx(unadjusted, abs=5e-5)}


def test_the_shares_of_the_terms_add_up_to_the_adjusted_icc():
    found = record("Reaction ~ Days + (Days || Subject)")
    terms = shares(found, "term_share")
    assert set(terms) == {("Subject", "(Intercept)"), ("Subject", "Days")}
    assert sum(terms.values()) == pytest.approx(shares(found, "adjusted")[None, None])


def test_random_columns_that_are_not_in_x_count():
    fit = estimates("Reaction ~ 1 + (0 + Days | Subject)").under("REML")
    expected = fit.covariances[0][0, 0] * np.mean(SLEEP.Days**2)
    assert variance_parts(fit).random == pytest.approx(expected)


def test_with_weights_the_residual_variance_is_a_mean_over_rows():
    frame = SLEEP.assign(w=1.0 + SLEEP.Days)
    fit = estimates(SLOPE, frame, weights="w").under("REML")
    assert variance_parts(fit).residual == pytest.approx(fit.sigma**2 * np.mean(1 / frame.w))


def test_the_offset_is_no_part_of_the_fixed_variance():
    frame = SLEEP.assign(o=10 * SLEEP.Days)
    parts = [
        variance_parts(estimates(f"Reaction ~ Days{o} + (1 | Subject)", frame).under("REML"))
        for o in ("", " + offset(o)")
    ]
    slopes = [math.sqrt(part.fixed / np.var(SLEEP.Days, ddof=1)) for part in parts]
    assert slopes[0] - slopes[1] == pytest.approx(10, rel=1e-6)


def test_a_singular_fit_has_all_numbers():
    design = build_design(SLOPE, SLEEP)
    given = Estimates(
        design, fits={m: evaluate_at(design, np.array([0.9, -0.2, 0.0]), method=m) for m in ("REML", "ML")}
    )
    found = explain(Explained(model="m", fit=given.under("REML")))
    assert all(row.value is not None and np.isfinite(row.value) for row in (*found.icc, *found.measures))
    assert shares(found, "vpc_minimum")["Subject", "Days"] == pytest.approx(0, abs=1e-12)
    assert [row.x for row in found.icc if row.kind == "vpc_minimum"] == [pytest.approx(4.5)]


def test_the_interval_of_a_single_scalar_term_holds_where_the_likelihood_says():
    given = estimates("Reaction ~ 1 + (1 | Subject)")
    interval = share_interval(given.under("ML"), 0.95)
    for rho in (interval.low, interval.high):
        theta = np.array([math.sqrt(rho / (1 - rho))])
        rise = evaluate_at(given.design, theta, method="ML").criterion - given.under("ML").criterion
        assert rise == pytest.approx(3.841459, abs=1e-5)


def test_the_interval_reaches_zero_where_the_likelihood_allows_it():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"y": rng.normal(size=60), "g": [f"g{i % 6}" for i in range(60)]})
    interval = share_interval(estimates("y ~ 1 + (1 | g)", frame).under("ML"), 0.95)
    assert (interval.low, interval.low_code) == (0.0, "boundary")
    assert 0 < interval.high < 1
    assert interval.high_code is None


@pytest.mark.parametrize(
    ("formula", "kinds"),
    [
        ("Reaction ~ 1 + (1 | Subject)", ["adjusted", "unadjusted", "term_share"]),
        ("Reaction ~ Days + (1 | Subject)", ["adjusted", "term_share"]),
        (SLOPE, []),
        ("Reaction ~ 1 + (Days || Subject)", []),
    ],
)
def test_a_share_has_a_profile_where_it_is_a_function_of_theta(formula, kinds):
    assert [row.kind for row in profiled_rows(estimates(formula).under("ML"))] == kinds


def test_the_vpc_function_follows_its_definition():
    fit = estimates(SLOPE).under("REML")
    rows = [row for row in record(SLOPE).icc if row.kind == "vpc"]
    assert [row.x for row in rows] == list(range(10))
    z = np.array([1.0, rows[7].x])
    between = z @ fit.covariances[0] @ z
    assert rows[7].value == pytest.approx(between / (between + fit.sigma**2), rel=1e-9)


def test_several_slopes_have_no_function_of_one_predictor():
    rows = [row for row in record("Reaction ~ Days + (Days + I(Days^2) || Subject)").icc if row.kind == "vpc"]
    assert [(row.value, row.code) for row in rows] == [(None, "several_slopes")]


def test_crossed_factors_have_a_correlation_for_each_and_for_both():
    found = record("y ~ 1 + (1 | a) + (1 | b)", crossed())
    level, rows = shares(found, "level_share"), shares(found, "same_group_correlation")
    assert set(rows) == {("a", None), ("b", None), ("a & b", None)}
    assert rows["a", None] == level["a", None]
    assert rows["a & b", None] == pytest.approx(level["a", None] + level["b", None])


def test_rows_of_one_inner_unit_share_the_outer_one():
    frame = crossed().assign(inner=lambda d: d.a + "-" + d.b)
    found = record("y ~ 1 + (1 | a) + (1 | inner)", frame)
    level, rows = shares(found, "level_share"), shares(found, "same_group_correlation")
    assert set(rows) == {("a", None), ("inner", None)}
    assert rows["a", None] == level["a", None]
    assert rows["inner", None] == pytest.approx(level["a", None] + level["inner", None])


def test_reductions_are_raw_and_name_their_reference():
    found = record(SLOPE, null="Reaction ~ 1 + (1 | Subject)", previous="Reaction ~ Days + (1 | Subject)")
    rows = {(row.measure, row.scope): row for row in found.measures if row.measure.startswith("prv")}
    assert rows["prv_null", "sigma2"].value == pytest.approx(1 - 25.5918**2 / 44.2590**2, abs=1e-5)
    assert rows["prv_null", "sigma2"].reference == "Reaction ~ 1 + (1 | Subject)"
    assert rows["prv_previous", "Subject: (Intercept)"].code == "not_comparable"
    assert rows["prv_previous", "Subject: Days"].code == "not_in_reference"


def test_a_component_that_grows_has_a_negative_reduction():
    found = record("Reaction ~ Days + (1 | Subject)", null="Reaction ~ 1 + (1 | Subject)")
    row = next(row for row in found.measures if row.scope == "Subject: (Intercept)")
    assert row.code == "negative"
    assert row.value < 0


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("Reaction ~ 1 + (1 | Subject)", "Reaction ~ 1 + (I(Days - 4.5) | Subject)", "negative"),
        ("Reaction ~ 1 + (Days | Subject)", "Reaction ~ Days + (Days | Subject)", None),
        ("Reaction ~ 1 + (I(Days - 1) | Subject)", SLOPE, "not_comparable"),
    ],
)
def test_intercept_variances_compare_at_one_zero_point(before, after, code):
    fits = [estimates(formula).under("REML") for formula in (before, after)]
    row = next(row for row in reductions(*fits) if row.effect == "(Intercept)")
    assert (row.code, row.share is None) == (code, code == "not_comparable")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (estimates("log(Reaction) ~ 1 + (1 | Subject)"), "outcome_mismatch"),
        (estimates("Reaction ~ 1 + (1 | Subject)", SLEEP.iloc[1:]), "sample_mismatch"),
    ],
)
def test_other_data_have_no_reduction(other, code):
    rows = reductions(other.under("REML"), estimates(SLOPE).under("REML"))
    assert all(row.share is None for row in rows)
    assert rows[0].code == code


def test_the_design_effect_of_balanced_groups_is_the_textbooks():
    found = record("Reaction ~ 1 + (1 | Subject)")
    rho = shares(found, "adjusted")[None, None]
    assert values(found, "design_effect") == {"Subject": pytest.approx(1 + 9 * rho)}
    assert values(found, "effective_n") == {"Subject": pytest.approx(180 / (1 + 9 * rho))}
    assert values(found, "se_ratio") == {"Subject": pytest.approx(math.sqrt(1 + 9 * rho))}


@pytest.mark.parametrize("inner", ["b", "a:b"])
def test_the_design_effect_of_several_factors_is_that_of_the_mean(inner):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({name: rng.integers(0, 6, 90).astype(str) for name in "ab"})
    a, b = (frame[name].astype(int).to_numpy() for name in "ab")
    frame["y"] = 2.0 * rng.normal(size=6)[a] + rng.normal(size=6)[b] + rng.normal(size=90)
    found = estimates(f"y ~ 1 + (1 | a) + (1 | {inner})", frame).under("REML")
    V = np.eye(90)
    for term, Lambda in zip(found.design.random, found.Lambda, strict=True):
        V += Lambda.item() ** 2 * (term.refs[:, None] == term.refs)
    effect = values(record(f"y ~ 1 + (1 | a) + (1 | {inner})", frame), "design_effect")
    assert effect["total"] == pytest.approx(V.sum() / np.trace(V))
    assert set(effect) == {"total", "a", inner}


def test_a_model_with_predictors_has_no_design_effect():
    assert values(record("Reaction ~ Days + (1 | Subject)"), "design_effect") == {}


def test_a_design_effect_of_one_says_that_the_share_is_truncated():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"y": rng.normal(size=60), "g": [f"g{i % 6}" for i in range(60)]})
    frame["y"] -= frame.groupby("g")["y"].transform("mean")
    found = record("y ~ 1 + (1 | g)", frame)
    assert values(found, "design_effect") == {"g": pytest.approx(1.0)}
    assert {notice.code for notice in found.notices} == {"icc_truncated"}
