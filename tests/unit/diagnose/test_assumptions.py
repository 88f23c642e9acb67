"""Checks of assumptions: closed forms, dense algebra, R's values, and properties."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy

from mlm_steps.design.build import build_design
from mlm_steps.diagnose.assumptions import CHECKS, check_assumptions
from mlm_steps.diagnose.assumptions.autocorrelation import autocorrelation
from mlm_steps.diagnose.assumptions.collinearity import collinearity
from mlm_steps.diagnose.assumptions.group_variances import group_variances
from mlm_steps.diagnose.assumptions.homogeneity import homogeneity
from mlm_steps.diagnose.assumptions.level_2_predictors import level_2_predictors
from mlm_steps.diagnose.assumptions.linearity import linearity
from mlm_steps.diagnose.assumptions.outliers import outliers
from mlm_steps.diagnose.assumptions.random_effects_normality import random_effects_normality
from mlm_steps.diagnose.parts.envelope import quantile_plot
from mlm_steps.diagnose.parts.flags import flag
from mlm_steps.diagnose.parts.scores import Block, score_tests
from mlm_steps.diagnose.parts.splines import bending_columns
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.diagnose.parts.variables import variables_of
from mlm_steps.engine import evaluate_at, fit_lmm
from mlm_steps.engine.fit.generalized import fit_generalized
from mlm_steps.engine.fit.ols import fit_ols
from mlm_steps.records.response import Response

DATA = Path(__file__).parents[2] / "reference" / "data"
EXACT = 1e-6
"""Two ways to the same linear algebra; the engine works in other units than the dense matrices."""
R_DIGITS = 1e-5
"""lme4's polished optimum and ours agree to about this in sums of squared residuals."""


def frame(seed=1, J=30, size=8):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(J), size)
    x, w, v = rng.normal(size=g.size), rng.normal(size=J), rng.normal(size=J)
    y = 1 + 0.5 * x + 0.3 * w[g] + rng.normal(size=J)[g] + 0.5 * rng.normal(size=J)[g] * x
    data = {
        "y": y + rng.normal(size=g.size),
        "x": x,
        "w": w[g],
        "v": v[g],
        "t": np.tile(np.arange(size), J).astype(float),
        "wt": rng.uniform(0.5, 2.0, g.size),
        "g": [f"g{j:02d}" for j in g],
        "h": [f"h{k}" for k in rng.integers(0, 7, g.size)],
    }
    return pd.DataFrame(data)


def model_of(formula, data, names=("x", "w"), others=(), weights=None, **more):
    fit = fit_lmm(build_design(formula, data, weights=weights))
    rows = fit.design.rows
    return Model("m", fit, variables_of(data, rows, names), variables_of(data, rows, others), **more)


def dense_v(fit):
    """Return V over sigma²."""
    design = fit.design
    V = np.diag(1.0 / (np.ones(design.n) if design.weights is None else design.weights))
    for term, Lambda in zip(design.random, fit.Lambda, strict=True):
        Z = np.zeros((design.n, len(term.levels) * term.z.shape[1]))
        for i, (j, row) in enumerate(zip(term.refs, term.z, strict=True)):
            Z[i, j * row.size : (j + 1) * row.size] = row @ Lambda
        V += Z @ Z.T
    return V


@pytest.mark.parametrize(
    ("formula", "weights"),
    [
        ("y ~ x + (1 | g)", None),
        ("y ~ x + (x | g)", "wt"),
        ("y ~ x + offset(0.3 * t) + (1 | g) + (1 | h)", None),
        ("y ~ 0 + x + (0 + x | g)", None),
    ],
)
def test_a_score_test_is_that_of_dense_matrices(formula, weights):
    data = frame()
    model = model_of(formula, data, weights=weights)
    fit, design = model.fit, model.design
    C = np.column_stack([data["x"] ** 2, np.cos(data["t"])])
    (found,) = score_tests(model, [Block(C)])
    V1 = np.linalg.inv(dense_v(fit))
    X = design.X
    P = V1 - V1 @ X @ np.linalg.solve(X.T @ V1 @ X, X.T @ V1)
    r = design.y - (0.0 if design.offset is None else design.offset)
    if 0 in design.assign:
        C = C - C.mean(axis=0)
    s, S = C.T @ P @ r, C.T @ P @ C
    explained, total = s @ np.linalg.solve(S, s), r @ P @ r
    expected = (explained / 2) / ((total - explained) / (design.n - design.p - 2))
    assert found.statistic == pytest.approx(expected, rel=EXACT)
    assert found.ddf == design.n - design.p - 2
    assert found.p == pytest.approx(scipy.special.fdtrc(2, found.ddf, expected), rel=EXACT)


def test_columns_of_the_model_are_not_tested_and_repeated_columns_count_once():
    data = frame()
    model = model_of("y ~ x + w + (1 | g)", data)
    x, w = data["x"].to_numpy(), data["w"].to_numpy()
    none, both, one = score_tests(
        model,
        [Block((2 * x - w)[:, None]), Block(np.column_stack([x**2, 3 * x**2 + x])), Block(x[:, None] ** 2)],
    )
    assert none is None
    assert (both.df, one.df) == (1, 1)
    assert both.statistic == pytest.approx(one.statistic, rel=EXACT)


def test_the_score_test_of_a_single_level_model_is_its_f_test():
    data = frame()
    fit = fit_ols(build_design("y ~ x", data, mixed=False), {})
    larger = fit_ols(build_design("y ~ x + w + v", data, mixed=False), {})
    (found,) = score_tests(Model("ols", fit, {}), [Block(data[["w", "v"]].to_numpy())])
    expected = (fit.rss - larger.rss) / 2 / (larger.rss / larger.df)
    assert found.statistic == pytest.approx(expected, rel=EXACT)


def test_the_score_test_of_a_generalized_model_is_close_to_the_likelihood_ratio():
    rng = np.random.default_rng(4)
    data = frame(4).assign(k=lambda d: rng.poisson(np.exp(0.5 + 0.3 * d["x"] + 0.3 * d["w"])))
    response = Response("poisson", "log", None, None)
    small, large = (
        fit_generalized(build_design(f"k ~ x {more}+ (1 | g)", data, response=response))
        for more in ("", "+ t ")
    )
    (found,) = score_tests(Model("m", small, {}), [Block(data[["t"]].to_numpy())])
    assert np.isinf(found.ddf)
    assert found.statistic == pytest.approx(small.deviance - large.deviance, abs=0.25)


def test_a_spline_does_not_bend_a_straight_line_and_bends_a_curve():
    x = np.random.default_rng(1).normal(size=300)
    columns = np.column_stack([np.ones(300), x, bending_columns(x)])
    assert columns.shape[1] == 5
    left = x**2 - columns @ np.linalg.lstsq(columns, x**2, rcond=None)[0]
    assert left.var() < 0.1 * np.var(x**2)
    assert bending_columns(np.repeat([0.0, 1.0], 9)).shape == (18, 0)
    assert bending_columns(np.tile([1.0, 2.0, 3.0], 9)).shape == (27, 1)


def test_breusch_and_pagan_is_that_of_performance():
    # performance 0.10.2, check_heteroscedasticity(m) with sigma(m): it divides by sigma² (n - npar) / n.
    data = pd.read_csv(DATA / "sleepstudy.csv", dtype={"Subject": str})
    fit = fit_lmm(build_design("Reaction ~ 1 + (1 | Subject)", data))
    (check,) = homogeneity(Model("m", fit, {})).checks
    scale = (float(np.mean(fit.residuals**2)) / (fit.sigma**2 * (180 - 3) / 180)) ** 2
    assert check.statistic * scale == pytest.approx(18.83589245285617, rel=R_DIGITS)


def test_variance_inflation_is_that_of_fox_and_monette():
    data = frame().assign(
        f=lambda d: pd.Categorical(np.where(d["v"] > 0.5, "a", np.where(d["v"] < -0.5, "b", "c")))
    )
    model = model_of("y ~ x * w + f + (1 | g)", data)
    found = {check.effect: check for check in collinearity(model).checks}
    V = model.fit.vcov[1:, 1:]
    R = V / np.sqrt(np.outer(np.diag(V), np.diag(V)))
    assert found["x"].statistic == pytest.approx(np.linalg.inv(R)[0, 0], rel=EXACT)
    own = [2, 3]
    others = [0, 1, 4]
    gvif = np.linalg.det(R[np.ix_(own, own)]) * np.linalg.det(R[np.ix_(others, others)]) / np.linalg.det(R)
    assert found["f"].statistic == pytest.approx(gvif, rel=EXACT)
    assert found["f"].df == 2


def test_group_variances_are_those_of_least_squares_in_each_group():
    data = frame(2, J=12, size=15)
    model = model_of("y ~ x + w + (x | g)", data)
    (check,) = group_variances(model).checks
    logs = []
    for _, rows in data.groupby("g"):
        X = np.column_stack([np.ones(len(rows)), rows["x"]])
        rss = np.linalg.lstsq(X, rows["y"], rcond=None)[1][0]
        logs.append(np.log(rss / 13))
    d = (np.array(logs) - np.mean(logs)) / np.sqrt(2 / 13)
    assert check.statistic == pytest.approx(float(d @ d), rel=EXACT)
    assert check.df == 11


def test_small_groups_are_not_compared():
    (check,) = group_variances(model_of("y ~ x + (1 | g)", frame())).checks
    assert (check.code, check.flag, check.statistic) == ("not_estimable", None, None)


def test_autocorrelation_is_the_score_of_dense_matrices():
    data = frame(3, J=15, size=6)
    model = model_of("y ~ t + (t | g)", data, names=("t",))
    fit, design = model.fit, model.design
    (check,) = autocorrelation(model).checks
    n, V1 = design.n, np.linalg.inv(dense_v(fit))
    P = V1 - V1 @ design.X @ np.linalg.solve(design.X.T @ V1 @ design.X, design.X.T @ V1)
    refs, t = design.random[0].refs, data["t"].to_numpy()
    A = ((refs[:, None] == refs) & (np.abs(t[:, None] - t) == 1)).astype(float)
    e = fit.residuals / fit.sigma
    U = 0.5 * (e @ A @ e - np.trace(P @ A))
    z = design.random[0].z
    same = (refs[:, None] == refs).astype(float)
    parts = [np.eye(n), same * np.outer(z[:, 0], z[:, 0]), same * np.outer(z[:, 1], z[:, 1])]
    parts.append(same * (np.outer(z[:, 0], z[:, 1]) + np.outer(z[:, 1], z[:, 0])))
    info = np.array([[0.5 * np.trace(V1 @ a @ V1 @ b) for b in (A, *parts)] for a in (A, *parts)])
    left = info[0, 0] - info[0, 1:] @ np.linalg.solve(info[1:, 1:], info[1:, 0])
    assert check.statistic == pytest.approx(U / left, rel=1e-5)
    assert (check.high - check.statistic) / 1.96 == pytest.approx(1 / np.sqrt(left), rel=1e-5)


def test_autocorrelation_does_not_depend_on_the_order_of_rows():
    data = frame(3, J=15, size=6)
    shuffled = data.sample(frac=1, random_state=1).reset_index(drop=True)
    one, two = (
        autocorrelation(model_of("y ~ t + (1 | g)", d, names=("t",))).checks[0] for d in (data, shuffled)
    )
    assert one.statistic == pytest.approx(two.statistic, rel=1e-6)


def test_a_predictor_without_repeated_values_is_no_time():
    assert autocorrelation(model_of("y ~ x + (1 | g)", frame())).checks == ()


def test_the_quantile_plot_depends_neither_on_location_nor_on_scale():
    values = np.random.default_rng(5).normal(size=200)
    one, two = (quantile_plot(v, 180.0, np.random.default_rng(1)) for v in (values, 5.0 + 0.01 * values))
    assert one.statistic == pytest.approx(two.statistic, rel=1e-9)
    assert one.p == two.p
    assert quantile_plot(values[:4], 4.0, np.random.default_rng(1)) is None


def test_p_of_the_quantile_plot_is_uniform_for_normal_values():
    rng = np.random.default_rng(6)
    p = np.array([quantile_plot(rng.normal(size=80), 80.0, rng).p for _ in range(200)])
    assert abs(np.mean(p < 0.1) - 0.1) < 0.07  # three standard errors


def test_a_random_effect_without_variance_has_the_reason():
    data = frame(7)
    rng = np.random.default_rng(70)
    data["y"] = rng.normal(size=len(data))
    fit = fit_lmm(build_design("y ~ x + (1 | g)", data))
    at_zero = evaluate_at(fit.design, np.zeros(1))
    (check,) = random_effects_normality(Model("m", at_zero, {})).checks
    assert (check.code, check.statistic, check.flag) == ("boundary", None, None)
    assert [each.of for each in outliers(Model("m", at_zero, {})).checks] == [None]


def test_random_effects_go_with_a_predictor_that_is_left_out():
    data = frame(8, J=60)
    data["y"] += 1.5 * data["v"]
    found = level_2_predictors(model_of("y ~ x + w + (1 | g)", data, others=["v", "t"])).checks
    assert [(each.effect, each.flag) for each in found] == [("v", "look")]
    assert found[0].df == 1
    assert "leaves out 'v'" in found[0].text


def test_a_slope_goes_with_a_predictor_of_its_groups():
    data = frame(9, J=60)
    data["y"] += data["w"] * data["x"]
    found = {each.effect: each for each in level_2_predictors(model_of("y ~ x + w + (x | g)", data)).checks}
    assert set(found) == {"w:x"}
    assert found["w:x"].flag == "look"
    added = level_2_predictors(model_of("y ~ x * w + (x | g)", data)).checks
    assert added == ()


def test_linearity_within_groups_is_told_from_that_between_them():
    data = frame(10, J=60)
    data["m"] = data["x"] + 2 * data["v"]
    within = data["m"] - data.groupby("g")["m"].transform("mean")
    data["y"] += 0.6 * within**2
    found = linearity(model_of("y ~ m + (1 | g)", data, names=("m",))).checks
    flags = {each.of: each.flag for each in found}
    assert flags["g"] == "concern"


def test_flags_adjust_for_the_number_of_results():
    assert [flag(0.004, count, large=True) for count in (1, 3)] == ["concern", "ok"]
    assert flag(1e-9, 1, large=False) == "look"


@pytest.mark.parametrize(
    ("formula", "weights"),
    [
        ("y ~ 1 + (1 | g)", None),
        ("y ~ x + (1 | g) + (0 + x | g)", None),
        ("y ~ x * w + (1 | g) + (1 | h)", "wt"),
        ("y ~ 0 + x + offset(t) + (x || g)", None),
        ("y ~ x + I(2 * x) + w + (1 | g)", None),
        ("y ~ poly(x, 2) + (x | g)", None),
    ],
)
def test_every_model_has_whole_results(formula, weights):
    record = check_assumptions(model_of(formula, frame(), others=("v", "h"), weights=weights))
    assert record.checks
    for each in record.checks:
        assert each.check in CHECKS
        assert each.text.endswith(".")
        assert (each.flag is None) == (each.code is not None)
        assert each.statistic is None or np.isfinite(each.statistic)
        assert each.p is None or 0.0 <= each.p <= 1.0
    keys = [(each.check, each.of, each.effect) for each in record.checks]
    assert len(keys) == len(set(keys))


def test_one_row_per_group_and_few_groups_are_checked():
    data = frame(11, J=40, size=1)
    data["h"] = [f"h{j % 5}" for j in range(40)]
    assert check_assumptions(model_of("y ~ x + (1 | h)", data)).checks
    three = frame(12, J=3, size=5)
    record = check_assumptions(model_of("y ~ x + (1 | g)", three))
    assert {each.code for each in record.checks if each.check == "random_effects_normality"} <= {
        "not_estimable",
        "boundary",
    }


def test_checks_are_the_same_for_the_same_seed():
    one, two = (check_assumptions(model_of("y ~ x + (1 | g)", frame(), seed=3)) for _ in range(2))
    assert one == two
