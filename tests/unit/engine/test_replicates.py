"""Refits of many outcomes are the fits that each outcome gets alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.bootstrap import replicates_several
from mlm_steps.engine.bootstrap.batch_several import _cholesky
from mlm_steps.engine.bootstrap.equal_levels import fewer_levels
from mlm_steps.engine.bootstrap.outcomes import Reducer
from mlm_steps.engine.bootstrap.replicates import refit_many
from mlm_steps.engine.bootstrap.simulate import simulate
from mlm_steps.engine.search.search import objective_of
from mlm_steps.engine.structures.prepared import prepare
from mlm_steps.errors import UsageError

SAME_OPTIMUM = 1e-6  # units of the criterion, where a likelihood ratio matters from 0.01
HESSIAN_BY_DIFFERENCES = 1e-5  # of the largest element: nested factors have theirs by differences
SAME_ESTIMATE = 1e-5  # standard errors; a flat criterion leaves estimates looser than its value

ONE_FACTOR = {
    "intercepts": ("y ~ x + (1 | g)", None),
    "slopes": ("y ~ x + (x | g)", None),
    "slopes of a covariate far from zero": ("y ~ year + (year | g)", None),
    "uncorrelated slopes": ("y ~ x + (x || g)", None),
    "two correlated terms": ("y ~ x + (1 + x | g) + (0 + v | g)", None),
    "weights": ("y ~ x + (x | g)", "w"),
    "offset": ("y ~ x + offset(v) + (1 | g)", None),
    "no fixed effects": ("y ~ 0 + (1 | g)", None),
    "few levels": ("y ~ x + (1 | h)", None),
}
SEVERAL = {
    "crossed": ("y ~ x + (1 | g) + (1 | h)", None),
    "crossed slopes": ("y ~ x + (x | g) + (x || h)", None),
    "nested": ("y ~ x + (1 | g/h)", "w"),
    "nested slopes": ("y ~ x + offset(v) + (x | g:k) + (1 | g)", None),
    "three factors": ("y ~ x + (1 | g) + (1 | h) + (1 | g:k)", None),
    "no fixed effects": ("y ~ 0 + (1 | g) + (1 | h)", None),
}


def _assert_same_fits(formula, weights, frame, method, count):
    design = build_design(formula, frame, weights=weights)
    fit = fit_lmm(design, method=method)
    Y = simulate(fit, count, seed=7).T
    found = refit_many(fit, Y)
    alone = [fit_lmm(replace(design, y=y), method=method) for y in Y.T]
    np.testing.assert_allclose(found.criterion, [one.criterion for one in alone], rtol=0, atol=SAME_OPTIMUM)
    errors = np.array([one.se for one in alone])
    assert np.abs(found.beta - [one.beta for one in alone]).max(initial=0.0, where=errors > 0) < SAME_ESTIMATE
    np.testing.assert_allclose(found.sigma, [one.sigma for one in alone], rtol=SAME_ESTIMATE)
    assert found.status.tolist() == [one.convergence.status for one in alone]
    return found


BY_ML = ("uncorrelated slopes", "weights", "few levels")


@pytest.mark.parametrize(
    ("name", "method"), [*((name, "REML") for name in ONE_FACTOR), *((name, "ML") for name in BY_ML)]
)
def test_replicates_of_one_factor_reach_the_optimum_that_each_has_alone(name, method, frame):
    _assert_same_fits(*ONE_FACTOR[name], frame, method, 3)


@pytest.mark.parametrize("jointly", [True, False])
@pytest.mark.parametrize(
    ("name", "method"), [*((name, "REML") for name in SEVERAL), ("crossed", "ML"), ("nested", "ML")]
)
def test_replicates_of_several_factors_reach_the_optimum_that_each_has_alone(
    name, method, jointly, frame, monkeypatch
):
    if not jointly:
        monkeypatch.setattr(replicates_several, "JOINT", 0)
    _assert_same_fits(*SEVERAL[name], frame, method, 3)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("name", SEVERAL)
def test_the_criterion_of_several_replicates_and_its_derivatives_are_those_of_each(name, method, frame):
    formula, weights = SEVERAL[name]
    design = build_design(formula, frame, weights=weights)
    fit = fit_lmm(design, method=method)
    Y = simulate(fit, 3, seed=7).T
    reducer = Reducer.of(design, fit.prepared.strategy, joint=True)
    batch = replicates_several.joint_batch(reducer, fit.prepared, reducer.reduce(Y), method)
    theta = np.random.default_rng(1).normal(size=(3, design.n_theta))
    points = batch.points(theta)
    for b in range(3):
        alone = objective_of(prepare(replace(design, y=Y[:, b])), method)(theta[b], True)
        assert points.value[b] == pytest.approx(alone.value, abs=1e-9)
        np.testing.assert_allclose(points.gradient[b], alone.gradient, rtol=1e-8, atol=1e-7)
        size = np.abs(alone.hessian).max()
        np.testing.assert_allclose(points.hessian[b], alone.hessian, atol=HESSIAN_BY_DIFFERENCES * size)


def test_a_replicate_whose_matrix_is_not_definite_does_not_stop_the_others():
    matrices = np.stack([np.eye(2), -np.eye(2), 4.0 * np.eye(2)])
    factors = _cholesky(matrices)
    assert np.isnan(factors[1]).all()
    np.testing.assert_array_equal(factors[[0, 2]], [np.eye(2), 2.0 * np.eye(2)])


def test_singular_replicates_are_kept_and_named(frame):
    found = _assert_same_fits("y ~ x + v + (x + v | g)", None, frame, "REML", 3)
    assert found.singular > 0
    assert found.failed == 0


def test_a_replicate_does_not_depend_on_its_companions(frame):
    fit = fit_lmm(build_design("y ~ x + (x | g)", frame))
    Y = simulate(fit, 9, seed=1).T
    whole, part = refit_many(fit, Y), refit_many(fit, Y[:, 4:6])
    np.testing.assert_allclose(part.criterion, whole.criterion[4:6], rtol=1e-12)
    np.testing.assert_allclose(part.theta, whole.theta[4:6], atol=SAME_ESTIMATE)


def test_a_design_is_fitted_first_and_by_either_criterion(frame):
    design = build_design("y ~ x + (1 | g)", frame)
    fit = fit_lmm(design, method="ML")
    found = refit_many(design, design.y[:, None], method="ML")
    assert found.criterion[0] == pytest.approx(fit.criterion, abs=SAME_OPTIMUM)
    assert found.theta[0] == pytest.approx(fit.theta, abs=SAME_ESTIMATE)


def test_an_outcome_that_x_reproduces_counts_as_failed(frame):
    design = build_design("y ~ x + (1 | g)", frame)
    Y = np.column_stack([design.y, design.X @ [1.0, 2.0]])
    found = refit_many(design, Y)
    assert found.status.tolist() == ["converged", "failed"]
    assert np.isnan(found.beta[1]).all()


def test_outcomes_of_another_length_are_refused(frame):
    design = build_design("y ~ x + (1 | g)", frame)
    with pytest.raises(UsageError, match="rows of finite numbers"):
        refit_many(design, np.zeros((3, 2)))


def test_levels_with_equal_designs_become_few_with_the_same_sums():
    generator = np.random.default_rng(2)
    R = np.broadcast_to(np.triu(generator.normal(size=(2, 2))), (30, 2, 2))
    X, y = generator.normal(size=(30, 2, 3)), generator.normal(size=(30, 2, 4))
    levels = fewer_levels(R, X, y)
    assert levels.R.shape[0] == 2 * 3 + 2
    assert levels.multiplicity.sum() == 30
    for before, after in ((X, levels.X), (y, levels.y)):
        sums = [np.einsum("jap,jcp->acp", values, values) for values in (before, after)]
        np.testing.assert_allclose(*sums, rtol=1e-10)
    np.testing.assert_allclose(
        np.einsum("jap,jcb->acpb", X, y), np.einsum("jap,jcb->acpb", levels.X, levels.y), atol=1e-10
    )
