"""The model at given parameters, against the textbook's n by n matrices."""

import numpy as np
import pytest

from mlm_steps.engine import conditional_variances, evaluate_at
from mlm_steps.errors import FitError


@pytest.fixture
def pair(design, theta, method, solve):
    return evaluate_at(design, theta, method=method), solve(design, theta, method)


def test_the_criterion_is_the_textbooks(pair):
    ours, theirs = pair
    assert ours.criterion == pytest.approx(theirs.criterion, rel=1e-10)
    assert ours.sigma == pytest.approx(theirs.sigma, rel=1e-9)


def test_fixed_effects_and_their_covariance_are_the_textbooks(pair):
    ours, theirs = pair
    np.testing.assert_allclose(ours.beta, theirs.beta, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(ours.vcov, theirs.vcov, rtol=1e-6, atol=1e-12)


def test_conditional_modes_are_the_textbooks(pair):
    ours, theirs = pair
    for mine, other in zip(ours.modes, theirs.modes, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-6, atol=1e-8 * np.abs(other).max())


def test_conditional_variances_are_the_textbooks(pair):
    ours, theirs = pair
    for mine, other in zip(conditional_variances(ours), theirs.variances, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-8 * np.abs(other).max())


def test_fitted_values_and_residuals_add_up_to_the_outcome(pair):
    ours, _ = pair
    np.testing.assert_allclose(ours.fitted + ours.residuals, ours.design.y, atol=1e-12)


def test_theta_zero_is_the_regression_without_random_effects(design, method, solve):
    zero = np.zeros(design.n_theta)
    assert evaluate_at(design, zero, method=method).criterion == pytest.approx(
        solve(design, zero, method).criterion, rel=1e-10
    )


@pytest.mark.parametrize("wrong", [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [np.nan]])
def test_a_theta_of_the_wrong_kind_is_refused(design, wrong):
    with pytest.raises(FitError, match="finite numbers"):
        evaluate_at(design, np.array(wrong))
