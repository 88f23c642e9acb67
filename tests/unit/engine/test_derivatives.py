"""Exact derivatives of the three functions of theta, against extrapolated differences."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.criterion.criterion import profiled
from mlm_steps.engine.structures.prepared import prepare


@pytest.fixture
def strategy(design):
    return prepare(design).strategy


def extrapolated(function, theta, step=2e-3):
    """Return central differences in each element, extrapolated once (an error of the fourth order)."""

    def slope(r, h):
        shift = np.zeros_like(theta)
        shift[r] = h
        return (function(theta + shift) - function(theta - shift)) / (2 * h)

    return np.stack([(4 * slope(r, step / 2) - slope(r, step)) / 3 for r in range(theta.size)], axis=-1)


def test_gradients_are_exact(strategy, theta):
    numeric = extrapolated(lambda at: np.array(strategy.value(at)), theta)
    exact = strategy.criterion_terms(theta, hessian=False).gradients
    np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-8 * np.abs(numeric).max())


def test_gradients_are_exact_on_both_sides_of_zero(strategy, theta):
    theta = theta * np.where(np.arange(theta.size) % 2, -1.0, 0.0)
    numeric = extrapolated(lambda at: np.array(strategy.value(at)), theta)
    exact = strategy.criterion_terms(theta, hessian=False).gradients
    np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-8 * max(1.0, np.abs(numeric).max()))


def test_hessians_are_exact(strategy, theta):
    numeric = extrapolated(lambda at: strategy.criterion_terms(at, hessian=False).gradients, theta)
    exact = strategy.criterion_terms(theta, hessian=True).hessians
    np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-6 * np.abs(numeric).max())


def test_the_profiled_criterion_has_the_gradient_of_its_value(design, strategy, theta, method):
    def value(at):
        return profiled(strategy.criterion_terms(at, hessian=False), design.n, design.p, method).value

    exact = profiled(strategy.criterion_terms(theta, hessian=False), design.n, design.p, method).gradient
    np.testing.assert_allclose(exact, extrapolated(value, theta), rtol=1e-6, atol=1e-7)


def test_the_information_of_fixed_effects_has_the_derivative_it_says(strategy, theta):
    def information(at):
        RX = strategy.criterion_terms(at, hessian=False).RX
        return RX @ RX.T

    criterion_terms = strategy.criterion_terms(theta, hessian=False)
    exact = np.moveaxis(criterion_terms.RX @ criterion_terms.information @ criterion_terms.RX.T, 0, -1)
    np.testing.assert_allclose(exact, extrapolated(information, theta), rtol=1e-6, atol=1e-8)


CROSSED = ["y ~ x + (1 | g) + (1 | h)", "y ~ x + (x | g) + (x | h)", "y ~ x + (1 | g) + (x || h) + (v | k)"]


@pytest.fixture(params=CROSSED)
def pair(request, frame, monkeypatch):
    """Return crossed factors, and pieces at theta with the average information and with Hessians."""
    monkeypatch.setattr("mlm_steps.engine.structures.several_factors.CHEAP", 0.0)
    design = build_design(request.param, frame)
    strategy = prepare(design).strategy

    def both(theta):
        return strategy.criterion_terms(theta, hessian=False).average_information, strategy.criterion_terms(
            theta, hessian=True
        ).hessians

    return design.n_theta, both


def test_the_average_information_has_the_second_derivative_of_the_sum_of_squares(pair):
    m, both = pair
    average_information, exact = both(np.random.default_rng(6).uniform(-0.3, 0.9, m))
    np.testing.assert_allclose(
        average_information.bends[2] + 2.0 * average_information.forms, exact[2], rtol=1e-7, atol=1e-7
    )


def test_where_all_variances_are_zero_the_bends_are_the_hessians(pair):
    m, both = pair
    average_information, exact = both(np.zeros(m))
    np.testing.assert_allclose(average_information.bends, exact, rtol=1e-8, atol=1e-8 * np.abs(exact).max())
    assert not average_information.forms.any()


def test_where_some_variances_are_zero_the_bends_stay_exact(pair):
    m, both = pair
    theta = np.where(np.arange(m) == m - 1, 0.0, 0.4)
    average_information, exact = both(theta)
    # An element of theta that stands alone in its column moves V in no direction at first order.
    np.testing.assert_allclose(average_information.bends[:, -1, -1], exact[:, -1, -1], rtol=1e-8)


@pytest.mark.parametrize("direct", [True, False])
def test_hessians_by_products_and_by_differences_agree(frame, monkeypatch, direct):
    strategy = prepare(build_design(CROSSED[1], frame)).strategy
    theta = np.array([0.9, 0.1, 0.5, 0.7, -0.2, 0.3])
    usual = strategy.criterion_terms(theta, hessian=True).hessians
    monkeypatch.setattr("mlm_steps.engine.structures.several_factors.MOST_JOINT", 1e9 if direct else 0.0)
    other = strategy.criterion_terms(theta, hessian=True).hessians
    np.testing.assert_allclose(other, usual, rtol=1e-5, atol=1e-5 * np.abs(usual).max())
