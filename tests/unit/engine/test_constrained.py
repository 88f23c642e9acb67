"""The deviance with one parameter fixed: its derivatives, its minimum, and the units of the parameter."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at, fit_lmm
from mlm_steps.engine.profile.constrained import (
    constrain_coefficient,
    constrain_correlation,
    constrain_deviation,
    constrain_sigma,
    constrain_theta,
)
from tests.unit.engine.conftest import simulate

FORMULAS = ["y ~ x + (x | g)", "y ~ x + (x | g) + (1 | h)", "y ~ x + (x | g:k) + (1 | g)"]
KINDS = ["sigma", "deviation 0", "deviation 1", "correlation", "coefficient 0", "coefficient 1"]


@pytest.fixture(scope="module", params=FORMULAS)
def fit(request):
    return fit_lmm(build_design(request.param, simulate(seed=2, J=14)), method="ML")


def constrained_of(fit, kind):
    """Return a constrained deviance, and the estimate of its parameter."""
    prepared = fit.prepared
    theta, sigma = prepared.to_internal(fit.theta), fit.sigma / prepared.units.scale
    T = fit.covariances[0]
    name, _, position = kind.partition(" ")
    if name == "sigma":
        return constrain_sigma(prepared, theta, sigma), fit.sigma
    if name == "deviation":
        effect = int(position)
        return constrain_deviation(prepared, theta, sigma, 0, effect), np.sqrt(T[effect, effect])
    if name == "correlation":
        rho = T[0, 1] / np.sqrt(T[0, 0] * T[1, 1])
        return constrain_correlation(prepared, theta, 0, 0, 1, np.inf), rho
    column = int(position)
    beta, se = float(fit.beta[column]), float(fit.se[column])
    return constrain_coefficient(prepared, theta, column, beta, se), beta


def differences(function, x, step=1e-5):
    return np.array([(function(x + e) - function(x - e)) / (2 * step) for e in step * np.eye(x.size)])


@pytest.mark.parametrize("kind", KINDS)
def test_the_parameter_is_shown_in_the_units_of_the_design(fit, kind):
    constrained, estimate = constrained_of(fit, kind)
    assert constrained.shown(constrained.best) == pytest.approx(estimate, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_are_those_of_the_deviance(fit, kind):
    constrained, _ = constrained_of(fit, kind)
    c = constrained.best + 0.3 * constrained.step
    x = constrained.start + 0.05
    point = constrained.point(c, x, hessian=True)
    gradient = differences(lambda at: constrained.point(c, at, hessian=False).value, x)
    hessian = differences(lambda at: constrained.point(c, at, hessian=False).gradient, x)
    np.testing.assert_allclose(point.gradient, gradient, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(point.hessian, hessian, rtol=1e-5, atol=1e-4 * np.abs(hessian).max())


@pytest.mark.parametrize("kind", KINDS)
def test_the_optimum_is_stationary_in_the_free_coordinates(fit, kind):
    constrained, _ = constrained_of(fit, kind)
    point = constrained.point(constrained.best, constrained.start, hessian=False)
    np.testing.assert_allclose(point.gradient, 0.0, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_deviance_rises_away_from_the_estimate(fit, kind):
    constrained, _ = constrained_of(fit, kind)
    best = constrained.point(constrained.best, constrained.start, hessian=False).value
    for sign in (-1.0, 1.0):
        moved = constrained.point(
            constrained.best + sign * constrained.step, constrained.start, hessian=False
        )
        assert moved.value > best


def test_the_only_element_of_theta_has_the_deviance_of_the_model(frame):
    design = build_design("y ~ x + (1 | g)", frame)
    fit = fit_lmm(design, method="ML")
    constrained = constrain_theta(fit.prepared, fit.prepared.to_internal(fit.theta))
    assert constrained.shown(constrained.best) == pytest.approx(fit.theta[0], rel=1e-12)
    rise = [constrained.point(c, constrained.start, hessian=False).value for c in (constrained.best, 0.0)]
    at_zero = evaluate_at(design, np.zeros(1), method="ML").criterion
    assert rise[1] - rise[0] == pytest.approx(at_zero - fit.criterion, abs=1e-8)
