"""Random effects group by group."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag

from mlm_steps.design.build import build_design
from mlm_steps.engine import conditional_variances, fit_lmm
from mlm_steps.engine.posterior.conditional import prediction_sds
from mlm_steps.engine.posterior.random_effects import group_precision, random_effects, reliabilities

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
COLUMNS = [
    "term_index", "group", "level", "effect", "estimate", "cond_sd", "pred_sd", "ols", "n_j",
    "shrinkage", "reliability", "coefficient", "ols_coefficient", "eb_reliability", "null_codes",
]  # fmt: skip


def fit(formula, frame=SLEEP, **options):
    return fit_lmm(build_design(formula, frame, **options))


def table(fitted):
    return pd.DataFrame(random_effects(fitted))


def unbalanced(seed=1):
    rng = np.random.default_rng(seed)
    keep = rng.uniform(size=180) < 0.5
    keep[:2] = True, False
    keep[2:10] = False  # the first subject has one row: no OLS slope
    return SLEEP[keep].assign(w=lambda d: 1 + d.Days / 5)


def test_there_is_one_row_per_term_level_and_effect():
    rows = table(fit("Reaction ~ Days + (Days || Subject)"))
    assert list(rows.columns) == COLUMNS
    assert len(rows) == 36
    assert rows.term_index.tolist() == [0] * 18 + [1] * 18
    assert set(rows.null_codes) == {""}


def test_reliabilities_are_those_of_the_textbook_example():
    found = {row.effect: row for row in reliabilities(fit("Reaction ~ Days + (Days | Subject)"))}
    assert found["(Intercept)"].mean == pytest.approx(0.7301, abs=5e-5)
    assert found["Days"].mean == pytest.approx(0.8154, abs=5e-5)
    assert found["Days"].n_groups == 18


def test_a_random_intercept_shrinks_by_its_closed_form():
    frame = unbalanced()
    fitted = fit("Reaction ~ Days + (1 | Subject)", frame)
    rows, tau = table(fitted), fitted.covariances[0][0, 0]
    factor = tau / (tau + fitted.sigma**2 / rows.n_j)
    np.testing.assert_allclose(rows.shrinkage, factor)
    np.testing.assert_allclose(rows.reliability, factor)
    np.testing.assert_allclose(rows.estimate, factor * rows.ols)
    np.testing.assert_allclose(rows.cond_sd**2, tau * (1 - factor))


@pytest.mark.parametrize(
    "formula", ["Reaction ~ Days + (Days | Subject)", "Reaction ~ Days + (Days || Subject)"]
)
@pytest.mark.parametrize("weights", [None, "w"])
def test_prediction_errors_follow_the_dense_formula(formula, weights):
    frame = unbalanced()
    fitted = fit(formula, frame, weights=weights)
    design = fitted.design
    J = len(design.random[0].levels)
    Z = np.hstack([np.eye(J)[t.refs] * t.z[:, [q]] for t in design.random for q in range(t.z.shape[1])])
    T = np.zeros((2, 2))
    T[:] = (
        fitted.covariances[0]
        if len(fitted.covariances) == 1
        else np.diag([fitted.covariances[0][0, 0], fitted.covariances[1][0, 0]])
    )
    G = np.kron(T, np.eye(J))
    w = np.ones(design.n) if weights is None else design.weights
    V = Z @ G @ Z.T + fitted.sigma**2 * np.diag(1 / w)
    A = np.linalg.inv(V)
    P = A - A @ design.X @ np.linalg.inv(design.X.T @ A @ design.X) @ design.X.T @ A
    expected = np.sqrt(np.diag(G - G @ Z.T @ P @ Z @ G)).reshape(2, J).T
    assert np.hstack(prediction_sds(fitted)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "formula", ["Reaction ~ Days + (1 | Subject/half)", "Reaction ~ Days + (Days | Subject) + (1 | k)"]
)
def test_prediction_errors_of_several_factors_follow_the_dense_formula(formula):
    frame = unbalanced().assign(half=lambda d: 1 * (d.Days > 4), k=lambda d: d.Days % 3)
    fitted = fit(formula, frame, weights="w")
    design, sizes = fitted.design, [len(term.levels) for term in fitted.design.random]
    terms = list(zip(design.random, sizes, strict=True))
    Z = np.hstack([np.eye(J)[t.refs] * t.z[:, [q]] for t, J in terms for q in range(t.z.shape[1])])
    G = block_diag(*(np.kron(T, np.eye(J)) for T, J in zip(fitted.covariances, sizes, strict=True)))
    A = np.linalg.inv(Z @ G @ Z.T + fitted.sigma**2 * np.diag(1 / design.weights))
    P = A - A @ design.X @ np.linalg.inv(design.X.T @ A @ design.X) @ design.X.T @ A
    expected = np.sqrt(np.maximum(np.diag(G - G @ Z.T @ P @ Z @ G), 0.0))
    found = np.concatenate([sds.T.ravel() for sds in prediction_sds(fitted)])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_a_group_without_enough_rows_has_no_estimate_of_its_own():
    rows = table(fit("Reaction ~ Days + (Days | Subject)", unbalanced()))
    alone = rows[rows.n_j == 1]
    assert len(alone) >= 2
    assert alone.ols.isna().all()
    assert set(alone.null_codes) == {
        "ols=not_estimable; shrinkage=not_estimable; reliability=not_estimable; ols_coefficient=not_estimable"
    }
    assert rows[rows.n_j > 2].ols.notna().all()


def test_the_estimate_is_the_shrunken_ols_of_the_group():
    fitted = fit("Reaction ~ Days + (Days | Subject)")
    own = group_precision(fitted).ols
    T, X = fitted.covariances[0], np.column_stack([np.ones(10), np.arange(10.0)])
    weight = T @ np.linalg.inv(T + fitted.sigma**2 * np.linalg.inv(X.T @ X))
    assert fitted.modes[0] == pytest.approx(own @ weight.T, rel=1e-6)
    assert group_precision(fitted).shrinkage[3] == pytest.approx(np.diag(weight))


def test_rows_of_several_factors_say_why_they_have_no_shrinkage():
    frame = SLEEP.assign(day=SLEEP.Days.astype(str))
    fitted = fit("Reaction ~ 1 + (1 | Subject) + (1 | day)", frame)
    rows = table(fitted)
    assert len(rows) == 28
    assert rows[["ols", "shrinkage", "reliability"]].isna().all(axis=None)
    assert rows.null_codes.str.startswith("ols=several_factors").all()
    assert (rows.pred_sd > rows.cond_sd).all()
    assert [(row.mean, row.n_groups) for row in reliabilities(fitted)] == [(None, 0)] * 2
    np.testing.assert_allclose(rows.cond_sd[:18] ** 2, conditional_variances(fitted)[0][:, 0, 0])


def test_without_variance_the_reliability_is_zero():
    rng = np.random.default_rng(12)
    frame = pd.DataFrame({"y": rng.normal(size=60), "g": list("abcdef") * 10})
    frame["y"] -= frame.groupby("g")["y"].transform("mean")
    rows = table(fit("y ~ 1 + (1 | g)", frame))
    np.testing.assert_allclose(rows[["reliability", "shrinkage"]], 0.0, atol=1e-12)
