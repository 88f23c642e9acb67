"""The trust region on its own."""

import numpy as np
import pytest

from mlm_steps.engine.criterion.criterion import Point
from mlm_steps.engine.search.optimize import minimise
from mlm_steps.engine.search.trust_region import trust_step


@pytest.mark.parametrize(
    ("gradient", "roots", "radius"),
    [
        ([1.0, 2.0], [1.0, 4.0], 10.0),
        ([1.0, 2.0], [1.0, 4.0], 0.1),
        ([1.0, 2.0], [-1.0, 4.0], 2.0),
        ([0.0, 2.0], [-1.0, 4.0], 2.0),
        ([0.0, 0.0], [-1.0, 4.0], 0.5),
        ([1.0, 1e-12], [0.0, 0.0], 1.0),
    ],
)
def test_the_step_is_the_best_within_the_radius(gradient, roots, radius):
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(2, 2)))
    hessian = rotation @ np.diag(roots) @ rotation.T
    slope = rotation @ np.array(gradient)
    step, predicted = trust_step(slope, hessian, radius)
    assert np.linalg.norm(step) <= radius * 1.01
    angles = np.linspace(0, 2 * np.pi, 400)
    for length in np.linspace(0, radius, 50):
        rivals = length * np.stack([np.cos(angles), np.sin(angles)])
        values = slope @ rivals + 0.5 * np.einsum("ia,ij,ja->a", rivals, hessian, rivals)
        assert -predicted <= values.min() + 2e-2 * max(1e-3, abs(values.min()))


def test_a_hessian_without_eigenvalues_leaves_the_steepest_descent():
    step, predicted = trust_step(np.array([3.0, -4.0]), np.full((2, 2), np.nan), 0.5)
    np.testing.assert_allclose(step, [-0.3, 0.4])
    assert predicted == pytest.approx(2.5)


def rosenbrock(at, hessian):
    x, y = at
    value = 100 * (y - x * x) ** 2 + (1 - x) ** 2
    gradient = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
    second = np.array([[1200 * x * x - 400 * y + 2, -400 * x], [-400 * x, 200.0]])
    return Point(value, gradient, second if hessian else None, None)


def saddle(at, hessian):
    """Return a function that is even in each element, stationary and maximal at 0."""
    value = float(((at**2 - 1) ** 2).sum())
    return Point(value, 4 * at * (at**2 - 1), np.diag(12 * at**2 - 4) if hessian else None, None)


@pytest.mark.parametrize(("function", "start"), [(rosenbrock, [-1.2, 1.0]), (saddle, [0.0, 0.0])])
def test_exact_second_derivatives_lead_to_the_minimum(function, start):
    search = minimise(function, np.array(start), exact_hessian=True, max_evaluations=200, tolerance=1e-12)
    assert search.ended == "optimum"
    np.testing.assert_allclose(np.abs(search.theta), 1.0, atol=1e-6)


def test_a_search_that_runs_away_says_so():
    def falling(at, hessian):
        x = float(at[0])
        return Point(-x, np.array([-1.0]), np.zeros((1, 1)) if hessian else None, None)

    search = minimise(falling, np.ones(1), exact_hessian=True, max_evaluations=500, tolerance=1e-12)
    assert search.ended == "diverged"


def test_points_where_nothing_exists_are_stepped_back_from():
    def bounded(at, hessian):
        if at[0] > 1.5:
            return None
        return Point(float((at[0] - 1.4) ** 2), 2 * (at - 1.4), 0.1 * np.eye(1) if hessian else None, None)

    search = minimise(bounded, np.zeros(1), exact_hessian=True, max_evaluations=200, tolerance=1e-12)
    assert search.theta[0] == pytest.approx(1.4, abs=1e-3)
