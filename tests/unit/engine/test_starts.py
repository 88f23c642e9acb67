"""Where searches start: scales, the estimate by the moments, and points far from a known optimum."""

from itertools import islice

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.criterion.criterion import profiled_value
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.engine.search import starts
from mlm_steps.engine.search.search import find_optimum
from mlm_steps.engine.search.starts import contrasting_starts, diagonal, identity, near_start, plain_start
from mlm_steps.engine.structures.prepared import prepare


def criterion(prepared, theta, method):
    values = prepared.strategy.value(theta)
    return np.inf if values is None else profiled_value(values, prepared.n, prepared.p, method)


def test_the_identity_is_lambda_of_every_factor(design):
    prepared = prepare(design)
    theta = identity(prepared)
    assert np.flatnonzero(theta).tolist() == sorted(diagonal(prepared))
    for factor in prepared.strategy.factors:
        np.testing.assert_array_equal(factor.pattern.factor(theta[factor.theta]), np.eye(factor.pattern.K))


@pytest.mark.parametrize("start", [plain_start, near_start])
def test_a_start_is_no_worse_than_the_identity(design, method, start):
    prepared = prepare(design)
    found = criterion(prepared, start(prepared, method), method)
    assert found <= criterion(prepared, identity(prepared), method)


def test_the_moments_give_the_analysis_of_variance_of_balanced_data_of_known_mean():
    generator = np.random.default_rng(4)
    J, size = 15, 6
    y = np.repeat(1.5 * generator.normal(size=J), size) + generator.normal(size=J * size)
    frame = pd.DataFrame({"y": y, "g": np.repeat([f"g{j}" for j in range(J)], size)})
    groups = y.reshape(J, size)
    within = groups.var(axis=1, ddof=1).mean()
    between = np.mean(groups.mean(axis=1) ** 2) - within / size
    prepared = prepare(build_design("y ~ 0 + (1 | g)", frame))
    start = prepared.from_internal(near_start(prepared, "REML"))
    assert start[0] ** 2 == pytest.approx(between / within, rel=1e-9)


def test_contrasting_starts_are_finite_distinct_and_of_every_parameter(design, method):
    prepared = prepare(design)
    best = find_optimum(prepared, method, Control())
    found = list(islice(contrasting_starts(prepared, best), 40))
    assert len({tuple(start) for start in found}) == len(found)
    for start in found:
        assert start.shape == best.theta.shape
        assert np.isfinite(start).all()


def test_contrasting_starts_include_both_sides_of_the_optimum(design, method):
    prepared = prepare(design)
    best = find_optimum(prepared, method, Control())
    sizes = [float(np.abs(start).max()) for start in contrasting_starts(prepared, best)]
    assert min(sizes) < 0.01
    assert max(sizes) > 10.0


@pytest.mark.parametrize(
    "formula", ["y ~ x + (1 | g)", "y ~ x + (x | g)", "y ~ x + (x || g)", "y ~ 1 + (x | g)"]
)
@pytest.mark.parametrize("spread", [0.0, 0.1, 3.0, 1e3])
def test_scales_that_are_left_out_would_not_have_been_lower(formula, spread, method, monkeypatch):
    generator = np.random.default_rng(int(spread) + 7)
    g = np.repeat(np.arange(12), 9)
    x = generator.normal(size=g.size)
    slopes = spread * generator.normal(size=12)
    y = slopes[g] * x + spread * generator.normal(size=12)[g] + generator.normal(size=g.size)
    prepared = prepare(build_design(formula, pd.DataFrame({"y": y, "x": x, "g": g})))
    tried = plain_start(prepared, method)
    monkeypatch.setattr(starts, "_least_beyond", lambda *_: -np.inf)
    np.testing.assert_array_equal(plain_start(prepared, method), tried)


def test_most_scales_of_small_random_effects_are_left_out(method, monkeypatch):
    generator = np.random.default_rng(3)
    g = np.repeat(np.arange(40), 8)
    frame = pd.DataFrame({"y": generator.normal(size=g.size), "x": generator.normal(size=g.size), "g": g})
    prepared = prepare(build_design("y ~ x + (x || g)", frame))
    counted = []
    real = type(prepared.strategy).value
    monkeypatch.setattr(
        type(prepared.strategy), "value", lambda self, theta: counted.append(theta) or real(self, theta)
    )
    plain_start(prepared, method)
    assert max(np.abs(theta).max() for theta in counted) <= 10.0
