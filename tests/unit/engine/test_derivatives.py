"""Exact derivatives of the three functions of theta, against extrapolated differences."""

import numpy as np
import pytest

from mlm_steps.engine.criterion import profiled
from mlm_steps.engine.kernel import prepare


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
    exact = strategy.pieces(theta, hessian=False).gradients
    np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-8 * np.abs(numeric).max())


def test_gradients_are_exact_on_both_sides_of_zero(strategy, theta):
    theta = theta * np.where(np.arange(theta.size) % 2, -1.0, 0.0)
    numeric = extrapolated(lambda at: np.array(strategy.value(at)), theta)
    exact = strategy.pieces(theta, hessian=False).gradients
    np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-8 * max(1.0, np.abs(numeric).max()))


def test_hessians_are_exact(strategy, theta):
    numeric = extrapolated(lambda at: strategy.pieces(at, hessian=False).gradients, theta)
    exact = strategy.pieces(theta, hessian=True).hessians
    np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-6 * np.abs(numeric).max())


def test_the_profiled_criterion_has_the_gradient_of_its_value(design, strategy, theta, method):
    def value(at):
        return profiled(strategy.pieces(at, hessian=False), design.n, design.p, method).value

    exact = profiled(strategy.pieces(theta, hessian=False), design.n, design.p, method).gradient
    np.testing.assert_allclose(exact, extrapolated(value, theta), rtol=1e-6, atol=1e-7)


def test_the_information_of_fixed_effects_has_the_derivative_it_says(strategy, theta):
    def information(at):
        RX = strategy.pieces(at, hessian=False).RX
        return RX @ RX.T

    pieces = strategy.pieces(theta, hessian=False)
    exact = np.moveaxis(pieces.RX @ pieces.information @ pieces.RX.T, 0, -1)
    np.testing.assert_allclose(exact, extrapolated(information, theta), rtol=1e-6, atol=1e-8)
