"""The compiled criterion of many replicates against the numpy one, and the order of the coefficients."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.bootstrap import batch_compiled, ordered
from mlm_steps.engine.bootstrap.batch_compiled import CompiledBatch
from mlm_steps.engine.bootstrap.outcomes import Reducer
from mlm_steps.engine.bootstrap.replicates_one import batch_of
from mlm_steps.engine.bootstrap.replicates_search import Space, search_together
from mlm_steps.engine.structures.compiled import usable
from mlm_steps.engine.structures.prepared import prepare

SAME = 1e-11
"""Part of the largest element of an array; both forms round, each in another order."""
FORMULAS = [
    "y ~ 1 + (1 | g)",
    "y ~ 0 + (x | g)",
    "y ~ x + w + (x | g)",
    "y ~ x + (x || g)",
    "y ~ x * w + (x + v | g)",
    "y ~ x + (x + v | g) + (0 + w | g)",
]
compiled = pytest.mark.skipif(not usable(), reason="the compiled module is not in use")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(30), rng.integers(3, 9, 30))
    frame = pd.DataFrame({name: rng.normal(size=g.size) for name in "yxwv"})
    return frame.assign(g=g.astype(str))


def numpy_batch(formula, frame, method, monkeypatch, B=12, slope=0.0):
    monkeypatch.setattr(batch_compiled, "usable", lambda: False)
    design = build_design(formula, frame)
    prepared = prepare(design)
    rng = np.random.default_rng(8)
    Y = rng.normal(size=(design.n, B))
    if slope:
        effects = slope * rng.normal(size=(30, B))
        Y += frame["x"].to_numpy()[:, None] * effects[design.random[0].refs]
    reducer = Reducer.of(design, prepared.strategy, joint=True)
    return batch_of(reducer, reducer.reduce(Y), method), reducer.factors[0]


@compiled
@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_the_compiled_criterion_is_that_of_numpy(formula, method, frame, monkeypatch):
    pure, factor = numpy_batch(formula, frame, method, monkeypatch)
    fast = CompiledBatch.of(pure)
    theta = np.random.default_rng(2).normal(size=(pure.size, factor.pattern.m))
    theta[0], theta[1] = 0.0, np.nan
    theta[2, -1] = 0.0
    chosen = np.array([7, 0, 2, 3, 1])
    for one, other, at in ((pure, fast, theta), (pure.take(chosen), fast.take(chosen), theta[chosen])):
        points, same = one.points(at), other.points(at)
        there = np.isfinite(points.value)
        assert (np.isfinite(same.value) == there).all()
        assert there.sum() == at.shape[0] - 1
        pairs = [*zip(points[:6], same[:6], strict=True), (points.beta.T, same.beta.T)]
        pairs += zip(one.curvature(at), other.curvature(at), strict=True)
        for expected, found in pairs:
            allowed = SAME * max(1.0, np.abs(expected[there]).max(initial=0.0))
            np.testing.assert_allclose(found[there], expected[there], rtol=0, atol=allowed)


@compiled
def test_arrays_that_do_not_fit_together_are_refused(frame, monkeypatch):
    pure, factor = numpy_batch("y ~ x + (x | g)", frame, "REML", monkeypatch)
    fast = CompiledBatch.of(pure)
    for bad in (
        replace(fast, which=np.array([fast.size])),
        replace(fast, Cxy=fast.Cxy[:, :1].copy()),
        replace(fast, y=fast.y[:-1]),
        replace(fast, pattern=replace(factor.pattern, rows=factor.pattern.rows + 1)),
    ):
        with pytest.raises(ValueError, match="fit together"):
            bad.points(np.zeros((bad.size, factor.pattern.m)))


@pytest.mark.parametrize("formula", FORMULAS[2:])
def test_the_order_of_the_coefficients_does_not_change_the_optimum(formula, frame, monkeypatch):
    pure, factor = numpy_batch(formula, frame, "REML", monkeypatch, B=40, slope=0.8)
    pattern = factor.pattern
    start = np.where(pattern.rows == pattern.columns, 0.2, 0.0)
    start[(pattern.rows == 1) & (pattern.columns == 1)] = 0.9
    plain = search_together(pure, Space.of([factor]), start)
    found = ordered.search_in_order(pure, factor, start)
    for which in (plain, found):
        assert which.good.mean() > 0.9
    both = plain.good & found.good
    values = [pure.points(each.theta).value[both] for each in (plain, found)]
    assert (values[1] <= values[0] + 1e-9).all()


def test_theta_in_another_order_and_back_is_the_same_covariance(frame, monkeypatch):
    _, factor = numpy_batch("y ~ x + (x + v | g) + (0 + w | g)", frame, "REML", monkeypatch)
    pattern = factor.pattern
    theta = np.random.default_rng(3).normal(size=(5, pattern.m))
    theta[1] = 0.0
    order = np.array([2, 0, 1, 3])
    there = ordered._factored(pattern, theta, order)
    back = ordered._factored(pattern, there, np.argsort(order))
    for one, moved, other in zip(theta, there, back, strict=True):
        T = pattern.factor(one) @ pattern.factor(one).T
        np.testing.assert_allclose(pattern.factor(other) @ pattern.factor(other).T, T, atol=1e-14)
        moved_T = pattern.factor(moved) @ pattern.factor(moved).T
        np.testing.assert_allclose(moved_T, T[np.ix_(order, order)], atol=1e-14)
