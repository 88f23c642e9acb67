"""The estimates without each group, against fits to the rows that remain."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at, fit_lmm
from mlm_steps.engine.fit.generalized import fit_generalized
from mlm_steps.engine.influence import delete
from mlm_steps.engine.influence.delete import delete_groups, grouping_terms, way_of
from mlm_steps.engine.influence.deletions import component_values, components_of
from mlm_steps.engine.influence.subset import design_of_rows
from mlm_steps.records.response import Response

SAME_OPTIMUM = 1e-6
"""Two searches of one criterion end this close, relative to standard errors and variances."""
SAME_THETA = 1e-9
"""What differs at the same theta is rounding."""


FEW = {
    "slopes": ("y ~ x + (x | g)", "REML"),
    "two terms on one factor, ML": ("y ~ x + (1 + x | g) + (0 + v | g)", "ML"),
    "no fixed effects": ("y ~ 0 + (1 | g)", "REML"),
    "crossed slopes": ("y ~ x + (x | g) + (1 | h)", "REML"),
    "nested": ("y ~ x + offset(v) + (1 | g/h)", "ML"),
    "three factors": ("y ~ x + (1 | g) + (x || h) + (1 | k)", "REML"),
}
"""Formula and method of models that are fitted without many groups."""


@pytest.fixture(params=FEW)
def fit(request, frame):
    formula, method = FEW[request.param]
    return fit_lmm(build_design(formula, frame, weights="w"), method=method)


def without(fit, term, level):
    """Return the fit to the rows of all other levels, from another start."""
    return fit_lmm(design_of_rows(fit.design, term.refs != level), method=fit.method)


def test_exact_deletion_gives_the_estimates_of_the_other_rows(fit):
    for group, term in grouping_terms(fit).items():
        found = delete_groups(fit, group)
        for level in range(0, len(term.levels), 5):
            other = without(fit, term, level)
            if other.criterion > at(fit, term, level, found) + 1e-7:
                continue  # the search from the whole fit found the lower optimum
            scale = other.sigma**2 + sum(np.trace(T) for T in other.covariances)
            np.testing.assert_allclose(
                found.beta[level], other.beta, rtol=0, atol=SAME_OPTIMUM * other.se.max(initial=1.0)
            )
            np.testing.assert_allclose(found.se[level], other.se, rtol=20 * SAME_OPTIMUM)
            np.testing.assert_allclose(
                found.components[level],
                component_values(other.covariances, other.sigma**2),
                rtol=2e-4,
                atol=1e-5 * scale,
            )


def at(fit, term, level, found):
    """Return the criterion of the other rows at the components found without a level."""
    design, values, theta = design_of_rows(fit.design, term.refs != level), found.components[level], []
    start = 0
    for own in design.random:
        k = len(own.names)
        T, size = np.zeros((k, k)), k * (k + 1) // 2
        T[np.triu_indices(k)[::-1]] = values[start : start + size]
        T = (T + T.T - np.diag(np.diag(T))) / values[-1]
        roots, vectors = np.linalg.eigh(T)
        upper = np.linalg.qr((vectors * np.sqrt(np.maximum(roots, 0.0))).T)[1]
        lower = (upper * np.where(np.diag(upper) < 0, -1.0, 1.0)[:, None]).T
        theta.append(lower[np.triu_indices(k)[::-1]])
        start += size
    return evaluate_at(design, np.concatenate(theta), method=fit.method).criterion


def test_one_step_estimates_are_those_at_the_same_theta(fit):
    for group, term in grouping_terms(fit).items():
        found = delete_groups(fit, group, "one_step")
        assert found.approximate
        for level in range(0, len(term.levels), 5):
            other = evaluate_at(design_of_rows(fit.design, term.refs != level), fit.theta, method=fit.method)
            np.testing.assert_allclose(found.beta[level], other.beta, rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(found.vcov[level], other.vcov, rtol=1e-6, atol=1e-12)


def test_one_newton_step_comes_near_the_variances_without_a_group(frame):
    design = build_design("y ~ x + (x | g)", pd.concat([frame.assign(g=frame.g + s) for s in "abcdef"]))
    fit = fit_lmm(design)
    exact, near = (delete_groups(fit, "g", way).variance_changes for way in ("exact", "one_step"))
    assert np.abs(near - exact).max() < 0.2 * np.abs(exact).max()


def test_the_measures_are_their_definitions(frame):
    fit = fit_lmm(build_design("y ~ x + (x | g)", frame))
    found = delete_groups(fit, "g")
    other = without(fit, fit.design.random[0], 4)
    change = fit.beta - other.beta
    np.testing.assert_allclose(found.dfbetas[4], change / other.se, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.cook[4], change @ np.linalg.inv(fit.vcov) @ change / 2, rtol=1e-5)
    ratio = np.linalg.det(other.vcov) / np.linalg.det(fit.vcov)
    np.testing.assert_allclose(found.covratio[4], ratio, rtol=1e-5)
    variances = [T[1, 1] for T in (*other.covariances, *fit.covariances)]
    np.testing.assert_allclose(found.variance_changes[4, 2], variances[0] / variances[1] - 1, rtol=1e-4)
    names = [component.name(fit.design) for component in components_of(fit)]
    assert names == ["var_(Intercept)|g", "cov_x.(Intercept)|g", "var_x|g", "sigma2"]


def test_a_group_without_which_the_model_has_no_estimates_is_said(frame):
    only = frame.assign(d=np.where(frame.g == "g3", frame.v, 0.0))
    fit = fit_lmm(build_design("y ~ x + d + (1 | g)", only))
    for way in ("exact", "one_step"):
        found = delete_groups(fit, "g", way)
        (level,) = found.reasons
        assert found.levels[level] == "g3"
        assert "d" in found.reasons[level]
        assert np.isnan(found.cook[level])
        assert np.isfinite(np.delete(found.cook, level)).all()


def test_with_two_groups_neither_can_be_left_out(frame):
    two = frame[frame.g.isin(["g1", "g2"])]
    found = delete_groups(fit_lmm(build_design("y ~ x + (1 | g)", two)), "g")
    assert set(found.reasons) == {0, 1}
    assert all("has 1 level" in reason for reason in found.reasons.values())


def test_a_group_that_is_unlike_the_others_is_the_most_influential():
    generator = np.random.default_rng(4)
    g, x = np.repeat(np.arange(20), 15), generator.normal(size=300)
    b = generator.normal(size=(20, 2)) * [1.0, 0.3]
    b[7] = 6.0, 3.0
    y = 2.0 + x + b[g, 0] + b[g, 1] * x + generator.normal(size=300)
    fit = fit_lmm(build_design("y ~ x + (x | g)", pd.DataFrame({"y": y, "x": x, "g": g})))
    found = delete_groups(fit, "g")
    outlying = found.levels.index("7")
    assert int(np.argmax(found.cook)) == outlying
    assert found.cook[outlying] > found.cook_line
    assert (found.dfbetas[outlying] > found.dfbetas_line).all()
    assert (found.variance_changes[outlying, [0, 2]] < -0.5).all()


def test_a_zero_variance_has_no_relative_change():
    generator = np.random.default_rng(3)
    g = np.repeat(np.arange(30), 8)
    y = generator.normal(size=240)
    y -= np.bincount(g, y)[g] / 8  # without differences between groups
    fit = fit_lmm(
        build_design("y ~ x + (1 | g)", pd.DataFrame({"y": y, "x": generator.normal(size=240), "g": g}))
    )
    assert fit.theta[0] == 0.0
    found = delete_groups(fit, "g")
    assert np.isnan(found.variance_changes[:, 0]).all()
    assert np.isfinite(found.variance_changes[:, 1]).all()


def test_groups_of_a_generalized_model_are_deleted_by_refits(frame):
    counts = frame.assign(y=np.random.default_rng(2).poisson(np.exp(0.5 + 0.3 * frame.x)))
    design = build_design("y ~ x + (1 | g)", counts, response=Response(family="poisson", link="log"))
    fit = fit_generalized(design)
    found = delete_groups(fit, "g")
    term = design.random[0]
    other = fit_generalized(design_of_rows(design, term.refs != 2))
    np.testing.assert_allclose(found.beta[2], other.beta, atol=1e-5)
    np.testing.assert_allclose(found.se[2], other.se, rtol=1e-3)


def test_the_way_depends_on_counts(frame, monkeypatch):
    one, two = (fit_lmm(build_design(f, frame)) for f in ("y ~ x + (1 | g)", "y ~ x + (1 | g) + (1 | h)"))
    assert [way_of(one, "g", effort) for effort in ("quick", "all")] == ["exact", "exact"]
    assert [way_of(two, "h", effort) for effort in ("quick", "all")] == ["one_step", "exact"]
    monkeypatch.setattr(delete, "MOST_EXACT", 4)
    monkeypatch.setattr(delete, "MOST", {"quick": 1.0, "all": 2.0})
    assert [way_of(one, "g", effort) for effort in ("quick", "all")] == ["one_step", "one_step"]
    assert [way_of(two, "h", effort) for effort in ("quick", "all")] == ["not_requested", "too_large"]
