"""Second derivatives with several grouping factors, against dense algebra and finite differences."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.structures.second_order import bends_of, hessians_of, moved_by, residual_moved
from tests.unit.engine.dense import Dense, second_differences

FORMULAS = ["y ~ x + (1 | g) + (1 | h)", "y ~ x + (x | g) + (x || h)", "y ~ x + (x | g:k) + (1 | g)"]


@pytest.fixture(params=FORMULAS)
def dense(request, frame):
    return Dense.of(build_design(request.param, frame))


@pytest.fixture
def theta(dense):
    m = sum(factor.pattern.m for factor in dense.factors)
    return np.random.default_rng(5).uniform(0.2, 0.9, m)


def tangent(dense, theta, r):
    """Return the derivative of Sigma in one element of theta, which is quadratic in theta."""
    step = 0.5 * np.eye(theta.size)[r]
    return dense.Sigma(theta + step) - dense.Sigma(theta - step)


def test_hessians_are_the_second_derivatives_of_the_three_functions(dense, theta):
    found = hessians_of(dense.factors, theta, dense.U(theta), dense.W(theta))
    expected = second_differences(dense.values, theta)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_moved_is_the_derivative_of_sigma_times_the_projections(dense, theta):
    data = dense.W(theta)
    W = np.concatenate([own.reshape(-1, own.shape[2]) for own in data])
    moved = moved_by(dense.factors, theta, data)
    residual, products = residual_moved(dense.factors, theta, data)
    for r in range(theta.size):
        expected = tangent(dense, theta, r) @ W
        np.testing.assert_allclose(moved[r], expected.T, atol=1e-10)
        np.testing.assert_allclose(residual[r], expected[:, -1], atol=1e-10)
        np.testing.assert_allclose(products[r], expected[:, -1] @ W[:, :-1], atol=1e-10)


def test_bends_weigh_the_second_derivatives_of_sigma_by_the_derivatives_in_sigma(dense, theta):
    data, U = dense.W(theta), dense.U(theta)
    W = np.concatenate([own.reshape(-1, own.shape[2]) for own in data])
    in_Sigma = [U, -W[:, :-1] @ W[:, :-1].T, -np.outer(W[:, -1], W[:, -1])]
    logs, start = [], 0
    for factor in dense.factors:
        own = U[start : start + factor.q, start : start + factor.q]
        logs.append(np.einsum("jajb->ab", own.reshape(factor.J, factor.pattern.K, factor.J, -1)))
        start += factor.q
    found = bends_of(dense.factors, theta, logs, data)
    unit = 0.5 * np.eye(theta.size)
    for r in range(theta.size):
        for s in range(theta.size):
            second = tangent(dense, theta + unit[s], r) - tangent(dense, theta - unit[s], r)
            expected = [np.sum(P * second) for P in in_Sigma]
            np.testing.assert_allclose(found[:, r, s], expected, atol=1e-9 * max(1.0, np.abs(U).max()))
