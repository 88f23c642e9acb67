"""Coefficients without a finite estimate, and the limit of the deviance."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from mlm_steps.design.build import build_design
from mlm_steps.engine.result.separation import find_separation, limit_design, may_be_separated
from mlm_steps.engine.result.separation_words import (
    constant_group_notices,
    separation_notices,
    unbounded_factor,
)

INF = np.inf


def up_down(y, trials=1):
    return np.where(y == trials, 1, np.where(y == 0, -1, 0)).astype(np.int8)


def data(seed=0, n=300):
    generator = np.random.default_rng(seed)
    return generator, generator.integers(0, 3, n), generator.normal(size=n)


def indicators(f, *levels):
    return np.column_stack([np.ones(len(f)), *(f == level for level in levels)]).astype(float)


def test_a_level_without_events_is_infinite_and_nothing_else():
    generator, f, x = data()
    y = (generator.random(300) < 0.4) & (f != 2)
    found = find_separation(np.column_stack([indicators(f, 1, 2), x]), up_down(y))
    np.testing.assert_array_equal(found.limits, [0, 0, -INF, 0])
    np.testing.assert_array_equal(found.rows, f == 2)
    np.testing.assert_array_equal(found.kept, [0, 1, 3])


def test_a_reference_level_without_events_moves_intercept_and_contrasts_apart():
    generator, f, x = data()
    y = (generator.random(300) < 0.4) & (f != 2)
    found = find_separation(np.column_stack([indicators(f, 0, 1), x]), up_down(y))
    np.testing.assert_array_equal(found.limits, [-INF, INF, INF, 0])
    assert len(found.kept) == 3


def test_counts_are_separated_by_zeros_only():
    generator, f, x = data()
    y = np.where(f == 2, 0, generator.poisson(1.0, 300))
    X = np.column_stack([indicators(f, 1, 2), x])
    np.testing.assert_array_equal(find_separation(X, -(y == 0).astype(np.int8)).limits, [0, 0, -INF, 0])
    high = np.where(f == 2, 50, y)
    assert find_separation(X, -(high == 0).astype(np.int8)) is None


def test_trials_that_are_neither_all_nor_none_hold_a_direction():
    X = indicators(np.array([0, 0, 1, 1]), 1)
    assert find_separation(X, up_down(np.array([2, 3, 0, 0]), 5)).limits.tolist() == [0, -INF]
    assert find_separation(X, up_down(np.array([2, 3, 0, 1]), 5)) is None


def test_a_predictor_that_tells_zeros_from_ones_separates_all_rows():
    _, f, x = data()
    found = find_separation(np.column_stack([np.ones(300), x, f == 1]), up_down(x > 0))
    assert found.complete
    assert found.limits[1] == INF
    assert np.isnan(found.limits[[0, 2]]).all()


def test_ties_at_the_threshold_are_quasi_complete_separation():
    _, _, x = data()
    x = np.append(x, [0.0, 0.0])
    y = np.append(x[:-2] > 0, [True, False])
    found = find_separation(np.column_stack([np.ones(302), x]), up_down(y))
    assert found.limits.tolist() == [0, INF]
    assert found.rows.sum() == 300


def test_overlapping_outcomes_are_not_separated():
    generator, f, x = data()
    X = np.column_stack([indicators(f, 1, 2), x])
    assert find_separation(X, up_down(generator.random(300) < 0.4)) is None


def test_units_and_origins_do_not_matter():
    generator, f, x = data()
    y = (generator.random(300) < 0.4) & (f != 2)
    for column in (2000 + x, 1e6 + 1e3 * x, 1e-8 * x):
        found = find_separation(np.column_stack([indicators(f, 1, 2), column]), up_down(y))
        np.testing.assert_array_equal(found.limits, [0, 0, -INF, 0])


def test_two_separate_levels_are_found_with_all_their_rows():
    generator, f, x = data()
    g = generator.integers(0, 4, 300)
    y = np.where(f == 2, 0, np.where(g == 3, 1, generator.random(300) < 0.5))
    y[(f == 2) & (g == 3)] = [i % 2 for i in range(((f == 2) & (g == 3)).sum())]
    X = np.column_stack([indicators(f, 1, 2), g == 1, g == 2, g == 3, x])
    found = find_separation(X, up_down(y))
    assert found.limits[2] == -INF
    assert found.limits[5] == INF
    np.testing.assert_array_equal(found.rows, (f == 2) ^ (g == 3))


@pytest.mark.parametrize("seed", range(40))
def test_a_direction_exists_exactly_when_the_deviance_has_no_minimum(seed):
    """Small random data, many of them separated, against the deviance far along Newton's path."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(6, 25))
    X = np.column_stack([np.ones(n), generator.integers(0, 3, (n, 2)), generator.normal(size=n).round(1)])
    if np.linalg.matrix_rank(X) < 4:
        return
    y = (generator.random(n) < 0.3).astype(float)
    beta = np.zeros(4)
    for _ in range(400):  # damped by a ridge that vanishes: it follows a direction as far as 1e4
        p = special.expit(X @ beta)
        H = X.T @ ((p * (1 - p) + 1e-13)[:, None] * X)
        step = np.linalg.solve(H, X.T @ (y - p))
        beta = beta + step * min(1.0, 2.0 / np.abs(X @ step).max())
        if np.abs(X @ step).max() < 1e-9:
            break
    assert (find_separation(X, up_down(y)) is not None) == (np.abs(X @ beta).max() > 14)


def frame_separated():
    generator, f, x = data(3, 240)
    g = np.arange(240) % 20
    y = (generator.random(240) < special.expit(0.5 * x + generator.normal(size=20)[g])) & (f != 2)
    return pd.DataFrame({"y": y.astype(float), "f": np.array(["a", "b", "c"])[f], "x": x, "g": g.astype(str)})


def test_the_limit_design_has_the_deviance_of_the_limit():
    frame = frame_separated()
    design = build_design("y ~ f + x + (1 | g)", frame)
    found = find_separation(design.X, up_down(design.y))
    limit = limit_design(design, found)
    assert limit.columns == ("(Intercept)", "fb", "x")

    def deviance(design, beta):
        eta = design.X @ beta
        weights = np.ones(design.n) if design.weights is None else design.weights
        logs = np.where(design.y > 0, special.log_expit(eta), special.log_expit(-eta))
        return -2 * (weights * logs).sum()

    beta = np.array([-0.3, 0.2, 0.7])
    far = np.array([-0.3, 0.2, -60.0, 0.7])
    assert deviance(limit, beta) == pytest.approx(deviance(design, far), abs=1e-12)


def test_the_notice_names_the_level_and_its_rows():
    frame = frame_separated()
    design = build_design("y ~ f + x + (1 | g)", frame)
    directions, trials = up_down(design.y), np.ones(design.n)
    (notice,) = separation_notices(design, find_separation(design.X, directions), directions, trials)
    count = int((frame["f"] == "c").sum())
    assert notice.text.startswith(
        f"The coefficient of f = c has no finite estimate: all {count} rows with f = c are 0."
    )
    assert (notice.code, notice.subject) == ("separation", "fc")


def test_coefficients_that_separate_together_are_named_together():
    frame = frame_separated().assign(f=lambda d: d["f"].replace({"c": "0"}))
    design = build_design("y ~ f + x + (1 | g)", frame)
    directions = up_down(design.y)
    (notice,) = separation_notices(
        design, find_separation(design.X, directions), directions, np.ones(design.n)
    )
    assert "coefficients of (Intercept), fa and fb have no finite estimates" in notice.text


def test_a_factor_whose_groups_are_all_constant_has_no_finite_variance():
    frame = frame_separated().assign(y=lambda d: (d["g"].astype(int) % 2).astype(float))
    design = build_design("y ~ x + (1 | g)", frame)
    trials = np.ones(design.n)
    assert unbounded_factor(design, up_down(design.y), trials).group == "g"
    mixed = frame.assign(y=lambda d: np.where(d.index == 0, 1 - d["y"], d["y"]))
    design = build_design("y ~ x + (1 | g)", mixed)
    assert unbounded_factor(design, up_down(design.y), trials) is None
    (notice,) = constant_group_notices(design, up_down(design.y), trials)
    assert notice.text.startswith("9 of 20 groups of g have only zeros")


def test_only_a_fit_that_looks_separated_is_examined():
    directions = np.array([1, -1, 0], dtype=np.int8)
    assert not may_be_separated(directions, np.array([3.0, -3.0, 1.0]), np.array([0.05, 0.05, 0.2]))
    assert may_be_separated(directions, np.array([13.0, -3.0, 1.0]), np.array([1e-6, 0.05, 0.2]))
    probit = np.array([7.0, -3.0, 1.0])
    assert may_be_separated(directions, probit, np.array([1e-10, 0.01, 0.2]))
