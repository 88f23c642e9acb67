"""Standardised coefficients and mean differences: closed forms and refusals."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.design.predictors import Predictors
from mlm_steps.effects import Fitted, group_difference, standardized
from mlm_steps.engine import Estimates
from mlm_steps.inference import reference
from mlm_steps.records.response import Response
from mlm_steps.variance.refits import null_model

EXACT = 1e-9


def fitted(formula, frame, **options):
    return Estimates(build_design(formula, frame, **options)).under("REML")


def trial(seed=1, groups=24, size=10):
    """Return groups of two arms, with a pretest and a predictor of each level."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), size)
    frame = pd.DataFrame({"g": [f"g{i}" for i in g], "s": [f"s{i // 4}" for i in g]})
    frame["arm"] = np.where(g % 2 == 0, "control", "treated")
    frame["x"] = rng.normal(size=g.size) + rng.normal(size=groups)[g]
    frame["w"] = rng.normal(size=groups)[g]
    frame["v"] = rng.normal(size=6)[g // 4]
    frame["pre"] = rng.normal(0, 3, g.size)
    group = rng.normal(size=groups)[g] + rng.normal(size=6)[g // 4]
    frame["y"] = group + 0.8 * (frame.arm == "treated") + 0.4 * frame.x + rng.normal(0, 2, g.size)
    return frame


def coefficients(fit, version="level"):
    null = null_model(fit) if version == "level" else None
    return {row.column: row for row in standardized("m", fit, null, version)}


def test_coefficients_of_two_levels_have_the_deviations_of_their_level():
    frame = trial()
    fit = fitted("y ~ x * w + (x | g)", frame)
    null = fitted("y ~ 1 + (1 | g)", frame)
    found = coefficients(fit)
    beta = dict(zip(fit.design.columns, fit.beta, strict=True))
    within = (frame.x - frame.groupby("g").x.transform("mean")).std()
    assert found["x"].estimate == pytest.approx(beta["x"] * within / null.sigma, rel=EXACT)
    over = frame.groupby("g").w.first().std()
    tau = np.sqrt(null.covariances[0][0, 0])
    assert found["w"].estimate == pytest.approx(beta["w"] * over / tau, rel=EXACT)
    product = frame.x * frame.w
    within = (product - product.groupby(frame.g).transform("mean")).std()
    assert found["x:w"].estimate == pytest.approx(beta["x:w"] * within / null.sigma, rel=EXACT)
    assert (found["(Intercept)"].estimate, found["(Intercept)"].code) == (None, "not_applicable")


def test_coefficients_of_three_levels_have_the_deviations_within_the_outer_units():
    frame = trial(3)
    fit = fitted("y ~ x + w + v + (1 | s) + (1 | g)", frame)
    null = fitted("y ~ 1 + (1 | s) + (1 | g)", frame)
    tau = {t.group: float(T[0, 0]) for t, T in zip(null.design.random, null.covariances, strict=True)}
    found = coefficients(fit)
    beta = dict(zip(fit.design.columns, fit.beta, strict=True))
    units = frame.groupby("g").agg(w=("w", "first"), s=("s", "first"))
    middle = (units.w - units.groupby("s").w.transform("mean")).std()
    assert found["w"].estimate == pytest.approx(beta["w"] * middle / np.sqrt(tau["g"]), rel=1e-7)
    outer = frame.groupby("s").v.first().std()
    assert found["v"].estimate == pytest.approx(beta["v"] * outer / np.sqrt(tau["s"]), rel=1e-7)


def test_a_balanced_crossed_column_is_centred_for_both_factors():
    rng = np.random.default_rng(5)
    a, b = (grid.ravel() for grid in np.meshgrid(np.arange(12), np.arange(8)))
    frame = pd.DataFrame({"a": [f"a{i}" for i in a], "b": [f"b{i}" for i in b]})
    frame["x"] = rng.normal(size=a.size)
    frame["y"] = 2 * rng.normal(size=12)[a] + rng.normal(size=8)[b] + frame.x + rng.normal(size=a.size)
    fit = fitted("y ~ x + (1 | a) + (1 | b)", frame)
    by = [frame.groupby(name).x.transform("mean") for name in "ab"]
    away = (frame.x - by[0] - by[1] + frame.x.mean()).std()
    expected = fit.beta[1] * away / fitted("y ~ 1 + (1 | a) + (1 | b)", frame).sigma
    assert coefficients(fit)["x"].estimate == pytest.approx(expected, rel=1e-7)


def test_the_total_version_takes_the_deviations_over_the_rows():
    frame = trial(2)
    fit = fitted("y ~ x + w + (1 | g)", frame)
    found = coefficients(fit, "total")
    assert found["x"].estimate == pytest.approx(fit.beta[1] * frame.x.std() / frame.y.std(), rel=EXACT)


def test_a_null_variance_of_zero_is_no_unit():
    frame = trial(4)
    frame["y"] -= frame.groupby("g").y.transform("mean")
    fit = fitted("y ~ x + w + (1 | g)", frame)
    assert coefficients(fit)["w"].code == "zero_reference"
    assert coefficients(fit)["x"].estimate is not None


def difference(frame, formula="y ~ arm + x + (1 | g)", pretest=None, df="satterthwaite"):
    fit = fitted(formula, frame)
    tested = Fitted("m", Predictors(fit.design, frame), reference(fit, df), 0.95)
    return {row.by: row for row in group_difference(tested, fit, "arm", pretest)}, fit


def test_a_difference_is_divided_by_the_deviations_of_the_model_of_the_arms():
    frame = trial(6)
    found, fit = difference(frame, pretest=frame.pre.to_numpy())
    arms = fitted("y ~ arm + (1 | g)", frame)
    total = np.sqrt(arms.sigma**2 + arms.covariances[0][0, 0])
    assert found["total"].d == pytest.approx(fit.beta[1] / total, rel=1e-7)
    assert found["within"].d == pytest.approx(fit.beta[1] / arms.sigma, rel=1e-7)
    pooled = np.sqrt((frame.groupby("arm").pre.var() * (frame.groupby("arm").size() - 1)).sum() / 238)
    assert found["pretest"].sd == pytest.approx(pooled, rel=EXACT)
    assert found["pretest"].sd_df == 238
    assert (found["total"].first, found["total"].second) == ("treated", "control")
    assert [size.rows for size in found["total"].sizes] == [120, 120]
    assert [size.levels for size in found["total"].sizes] == [{"g": 12}, {"g": 12}]


def test_the_variance_of_balanced_rows_has_the_degrees_of_freedom_of_anova():
    """sigma² of a balanced random-intercept model has J (n - 1) degrees of freedom, tau > 0."""
    found, _ = difference(trial(7))
    assert found["within"].sd_df == pytest.approx(24 * 9, rel=1e-6)
    row = found["within"]
    spread = np.sqrt((row.se**2) - row.d**2 / (2 * row.sd_df)) * row.sd
    fit = difference(trial(7))[1]
    assert spread == pytest.approx(fit.se[1], rel=1e-7)
    assert row.ci_low < row.d < row.ci_high
    assert row.g == pytest.approx(row.d * (1 - 3 / (4 * 216 - 1)), rel=1e-6)


def test_the_interval_of_d_covers_the_true_difference():
    """200 trials with delta = 2 / sqrt(1 + 4): coverage within 3.5 standard errors of .95."""
    true, hits = 2.0 / np.sqrt(5.0), 0
    for seed in range(200):
        rng = np.random.default_rng(100 + seed)
        g = np.repeat(np.arange(16), 8)
        frame = pd.DataFrame({"g": [f"g{i}" for i in g], "arm": np.where(g % 2 == 0, "control", "treated")})
        frame["y"] = rng.normal(size=16)[g] + 2.0 * (g % 2) + rng.normal(0, 2, g.size)
        row = difference(frame, "y ~ arm + (1 | g)")[0]["total"]
        hits += row.ci_low <= true <= row.ci_high
    assert hits / 200 >= 0.95 - 3.5 * np.sqrt(0.95 * 0.05 / 200)


def test_a_pretest_of_groups_is_taken_over_the_groups():
    frame = trial(8)
    found, _ = difference(frame, pretest=frame.w.to_numpy())
    units = frame.groupby("g").agg(w=("w", "first"), arm=("arm", "first"))
    away = units.w - units.groupby("arm").w.transform("mean")
    assert found["pretest"].sd == pytest.approx(np.sqrt((away**2).sum() / 22), rel=EXACT)


def test_counts_have_neither():
    frame = trial(9).assign(k=lambda each: np.round(np.abs(each.y)))
    design = build_design("k ~ arm + x + (1 | g)", frame, response=Response("poisson", "log"))
    fit = Estimates(design).under("ML")
    assert {row.code for row in standardized("m", fit, None, "level")} == {"not_applicable"}
    tested = Fitted("m", Predictors(design, frame), reference(fit, "z"), 0.95)
    assert {row.code for row in group_difference(tested, fit, "arm")} == {"not_applicable"}
