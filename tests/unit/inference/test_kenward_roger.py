"""Kenward and Roger's tests against their formulas on n by n matrices, and where the answer is exact."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag

import mlm_steps
import mlm_steps.inference as inference
from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.inference import group_sums

RTOL = 1e-8
"""Both are exact; the dense inverse of the covariance matrix loses some digits."""

MODELS = {
    "intercepts": ("y ~ x + f + (1 | g)", None),
    "slopes": ("y ~ x + f + (x | g)", None),
    "two terms on one factor": ("y ~ x + (1 + x | g) + (0 + v | g)", None),
    "weights": ("y ~ x + f + (x | g)", "w"),
    "nested": ("y ~ x + f + (1 | g) + (1 | g:h)", None),
    "crossed with slopes and weights": ("y ~ x * f + (x | g) + (1 | h)", "w"),
    "a column for the intercept and none for the slope": ("y ~ x + (0 + x | g)", None),
}


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(4)
    g = np.repeat(np.arange(9), generator.integers(4, 11, 9))
    n = g.size
    h, f = generator.integers(0, 4, n), generator.integers(0, 3, n)
    x, v = generator.normal(size=(2, n))
    y = x + generator.normal(size=9)[g] * (1 + x) + 0.7 * generator.normal(size=4)[h] + v * 0.5
    y += generator.normal(size=9)[g] * v + generator.normal(size=n)
    frame = pd.DataFrame({"y": y, "x": x, "v": v, "w": 10 ** generator.uniform(-1, 1, n)})
    for name, codes in {"g": g, "h": h, "f": f}.items():
        frame[name] = [f"{name}{code}" for code in codes]
    return frame.sample(frac=1, random_state=1, ignore_index=True)


def textbook(fit):
    """Return Phi, the adjusted Phi and W with the matrices G_r, by the formulas of the paper."""
    design, n = fit.design, fit.design.n
    weights = np.ones(n) if design.weights is None else design.weights
    X, G, Sigma = design.X, [], fit.sigma**2 * np.diag(1 / weights)
    for term, T in zip(design.random, fit.covariances, strict=True):
        J, k = len(term.levels), len(term.names)
        Z = np.zeros((n, J, k))
        Z[np.arange(n), term.refs] = term.z
        Z = Z.reshape(n, J * k)
        Sigma = Sigma + Z @ block_diag(*[T] * J) @ Z.T
        for a in range(k):
            for b in range(a + 1):
                E = np.zeros((k, k))
                E[a, b] = E[b, a] = 1
                G.append(Z @ block_diag(*[E] * J) @ Z.T)
    G.append(np.diag(1 / weights))
    V = np.linalg.inv(Sigma)
    Phi = np.linalg.inv(X.T @ V @ X)
    P = [-X.T @ V @ g @ V @ X for g in G]
    Q = [[X.T @ V @ g @ V @ h @ V @ X for h in G] for g in G]
    information = [
        [
            np.sum((V @ g) * (V @ h).T) - 2 * np.trace(Phi @ Q[r][s]) + np.trace(Phi @ P[r] @ Phi @ P[s])
            for s, h in enumerate(G)
        ]
        for r, g in enumerate(G)
    ]
    W = 2 * np.linalg.inv(information)
    m = range(len(G))
    bias = sum(W[r, s] * (Q[r][s] - P[r] @ Phi @ P[s]) for r in m for s in m)
    return Phi, Phi + 2 * Phi @ bias @ Phi, P, W


def joint(fit, L):
    """Return F, its scale and denominator df by the formulas of the paper."""
    Phi, adjusted, P, W = textbook(fit)
    q = L.shape[0]
    Theta = L.T @ np.linalg.solve(L @ Phi @ L.T, L)
    M = [Theta @ Phi @ p @ Phi for p in P]
    pairs = [(r, s) for r in range(len(P)) for s in range(len(P))]
    A1 = sum(W[r, s] * np.trace(M[r]) * np.trace(M[s]) for r, s in pairs)
    A2 = sum(W[r, s] * np.trace(M[r] @ M[s]) for r, s in pairs)
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
    c = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / c, (q - g) / c, (q + 2 - g) / c
    E = 1 / (1 - A2 / q)
    V = 2 / q * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
    m = 4 + (q + 2) / (q * V / (2 * E**2) - 1)
    scale = m / (E * (m - 2))
    value = L @ fit.beta
    return scale / q * value @ np.linalg.solve(L @ adjusted @ L.T, value), scale, m


@pytest.mark.parametrize("name", MODELS)
def test_the_sums_over_groups_give_what_the_formulas_say(name, frame):
    formula, weights = MODELS[name]
    fit = fit_lmm(build_design(formula, frame, weights=weights))
    against = inference.reference(fit, "kenward-roger")
    adjusted = textbook(fit)[1]
    np.testing.assert_allclose(against.vcov, adjusted, rtol=RTOL, atol=RTOL * np.abs(adjusted).max())
    single = np.eye(fit.design.p)
    np.testing.assert_allclose(against.df(single), [joint(fit, row[None])[2] for row in single], rtol=1e-6)


def test_crossed_slopes_of_a_balanced_design_stay_linked():
    places = np.indices((6, 5, 2)).reshape(3, -1)
    generator = np.random.default_rng(6)
    slopes = 3 * generator.normal(size=(2, 6))[:, places[0]] + 2 * generator.normal(size=(2, 6))[:, places[1]]
    y = 40 + slopes[0] + (2 + slopes[1]) * places[2] + generator.normal(size=60)
    balanced = pd.DataFrame(
        {"y": y} | {name: codes.astype(str) for name, codes in zip("ghf", places, strict=True)}
    )
    fit = fit_lmm(build_design("y ~ f + (f | g) + (f | h)", balanced))
    adjusted = textbook(fit)[1]
    vcov = inference.reference(fit, "kenward-roger").vcov
    np.testing.assert_allclose(vcov, adjusted, rtol=RTOL, atol=RTOL * np.abs(adjusted).max())


@pytest.mark.parametrize("name", MODELS)
def test_a_joint_test_gives_what_the_formulas_say(name, frame):
    formula, weights = MODELS[name]
    fit = fit_lmm(build_design(formula, frame, weights=weights))
    L = np.random.default_rng(1).normal(size=(2, fit.design.p))
    against = inference.reference(fit, "kenward-roger")
    found = inference.test_terms(against, {"both": L})["both"]
    assert (found.F, against.joint(L).scale, found.den_df) == pytest.approx(joint(fit, L), rel=1e-6)


def test_the_sleep_study_has_the_df_of_its_subjects(sleep):
    fit = fit_lmm(build_design("Reaction ~ Days + (Days | Subject)", sleep))
    against = inference.reference(fit, "kenward-roger")
    np.testing.assert_allclose(against.df(np.eye(2)), [17, 17], rtol=1e-7)
    assert against.joint(np.eye(2)) == pytest.approx((16 / 17, 16), rel=1e-7)


def test_an_ml_fit_is_tested_by_its_reml_fit(frame):
    design = build_design("y ~ x + (x | g)", frame)
    by_ml = inference.reference(fit_lmm(design, method="ML"), "kenward-roger")
    by_reml = inference.reference(fit_lmm(design), "kenward-roger")
    np.testing.assert_allclose(by_ml.vcov, by_reml.vcov, rtol=1e-6)
    np.testing.assert_allclose(by_ml.beta, by_reml.beta, rtol=1e-6)
    assert [notice.code for notice in by_ml.notices] == ["kenward_roger_reml"]
    assert by_reml.notices == ()


def test_df_do_not_depend_on_the_units_of_the_data(frame):
    scaled = frame.assign(y=1e7 * frame.y, x=1e-4 * frame.x + 3)
    fits = [fit_lmm(build_design("y ~ x + (x | g)", data)) for data in (frame, scaled)]
    dfs = [inference.reference(fit, "kenward-roger").df(np.array([[0.0, 1.0]])) for fit in fits]
    np.testing.assert_allclose(dfs[0], dfs[1], rtol=1e-5)


def test_too_many_linked_groups_are_tested_by_satterthwaites_method(frame, monkeypatch):
    fit = fit_lmm(build_design("y ~ x + (1 | g) + (1 | h)", frame))
    monkeypatch.setattr(group_sums, "LARGEST_BLOCK", 12)
    against = inference.reference(fit, "kenward-roger")
    assert against.method == "satterthwaite"
    assert [(notice.code, notice.severity) for notice in against.notices] == [("too_large", "warning")]
    np.testing.assert_array_equal(
        against.df(np.eye(2)), inference.reference(fit, "satterthwaite").df(np.eye(2))
    )


def test_a_covariance_on_which_no_row_depends_changes_nothing(frame):
    # Each group is of one kind, so that the slopes of the two kinds never meet.
    kinds = frame.assign(kind=np.where(frame["g"] < "g4", "a", "b"))
    together = fit_lmm(build_design("y ~ x + kind + (0 + kind | g)", kinds))
    apart = fit_lmm(build_design("y ~ x + kind + (0 + kind || g)", kinds))
    assert together.criterion == pytest.approx(apart.criterion, abs=1e-7)
    ours, other = (inference.test_coefficients(fit, "kenward-roger", 0.95) for fit in (together, apart))
    # Both optima are good to the root of the criterion's rounding.
    np.testing.assert_allclose(ours.df, other.df, rtol=1e-5)
    np.testing.assert_allclose(ours.se, other.se, rtol=1e-6)


def test_random_effects_that_the_fixed_ones_take_up_leave_the_residual_degrees_of_freedom(frame):
    fit = fit_lmm(build_design("y ~ x + g + (1 | g)", frame))
    found = inference.test_coefficients(fit, "kenward-roger", 0.95)
    np.testing.assert_allclose(found.df, len(frame) - fit.design.p, rtol=1e-6)
    assert (found.se > 0.0).all()


def test_nested_groups_are_no_single_block(frame, monkeypatch):
    fit = fit_lmm(build_design("y ~ x + (1 | g) + (1 | g:h)", frame))
    monkeypatch.setattr(group_sums, "LARGEST_BLOCK", 12)
    assert inference.reference(fit, "kenward-roger").method == "kenward-roger"


def test_the_notebooks_table_has_the_adjusted_standard_errors(frame):
    fitted = mlm_steps.fit("y ~ x + (x | g)", frame, df="kenward-roger", reml=False)
    table, against = fitted.coefficients, inference.reference(fitted.lmm, "kenward-roger")
    np.testing.assert_allclose(table.se, np.sqrt(np.diag(against.vcov)))
    np.testing.assert_allclose(table.t, table.estimate / table.se)
    assert "Kenward-Roger's df and standard errors" in repr(fitted)
    assert "by REML, even if the model is reported by ML" in repr(fitted)
