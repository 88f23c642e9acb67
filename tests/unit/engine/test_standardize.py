"""The engine's units: orthonormal columns, an outcome of unit length, and the exact way back."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.structures.standardize import gram_schmidt, standardize
from mlm_steps.errors import FitError

ROUNDING = 1e-11


def test_the_way_back_gives_the_design_again(design):
    standard = standardize(design)
    fixed = standard.fixed
    root = np.sqrt(np.ones(design.n) if design.weights is None else design.weights)
    outcome = design.y - (0.0 if design.offset is None else design.offset)
    np.testing.assert_allclose(fixed.Q.T @ fixed.Q, np.eye(design.p), atol=ROUNDING)
    np.testing.assert_allclose(root[:, None] * (design.X @ fixed.back), fixed.Q, atol=ROUNDING)
    np.testing.assert_allclose(
        root * (outcome - design.X @ fixed.beta), fixed.scale * fixed.y, atol=ROUNDING * fixed.scale
    )
    assert fixed.log_det == pytest.approx(np.linalg.slogdet(fixed.back)[1], abs=1e-9)
    for term, z, basis in zip(design.random, standard.z, standard.bases, strict=True):
        np.testing.assert_allclose(z @ basis, root[:, None] * term.z, atol=ROUNDING * np.abs(term.z).max())
        np.testing.assert_array_equal(basis, np.triu(basis))


def test_the_outcome_is_the_least_squares_residual_of_unit_length(design):
    fixed = standardize(design).fixed
    assert np.linalg.norm(fixed.y) == pytest.approx(1.0, rel=1e-14)
    np.testing.assert_allclose(fixed.Q.T @ fixed.y, 0.0, atol=1e-12)


def test_columns_of_a_term_are_orthogonal_and_of_unit_mean_square(design):
    root = np.sqrt(np.ones(design.n) if design.weights is None else design.weights)
    for z in standardize(design).z:
        own = z / root[:, None]
        np.testing.assert_allclose(own.T @ own / design.n, np.eye(z.shape[1]), atol=ROUNDING)


def test_the_sum_of_log_weights_is_that_of_the_weights(frame):
    weighted = standardize(build_design("y ~ x + (1 | g)", frame, weights="w"))
    assert weighted.sum_log_weights == pytest.approx(np.log(frame["w"]).sum())
    assert standardize(build_design("y ~ x + (1 | g)", frame)).sum_log_weights == 0.0


def test_given_coefficients_are_taken_away_instead_of_the_least_squares_ones(frame):
    design = build_design("y ~ x + (x | g)", frame, weights="w")
    shift = np.array([2.0, -1.0])
    fixed = standardize(design, shift).fixed
    np.testing.assert_array_equal(fixed.beta, shift)
    residual = np.sqrt(design.weights) * (design.y - design.X @ shift)
    np.testing.assert_allclose(fixed.scale * fixed.y, residual, atol=ROUNDING * fixed.scale)


def test_a_constant_of_many_digits_in_the_outcome_changes_nothing(frame):
    near = standardize(build_design("y ~ x + (1 | g)", frame)).fixed
    far = standardize(build_design("y ~ x + (1 | g)", frame.assign(y=frame["y"] + 2.0**30))).fixed
    np.testing.assert_allclose(far.y, near.y, atol=1e-7)
    assert far.scale == pytest.approx(near.scale, rel=1e-7)


def test_gram_schmidt_factors_a_matrix_of_full_rank():
    A = np.random.default_rng(1).normal(size=(20, 4)) * [1.0, 1e6, 1e-6, 1.0] + 100.0
    Q, R = gram_schmidt(A)
    np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-12)
    np.testing.assert_array_equal(R, np.triu(R))
    np.testing.assert_allclose(Q @ R, A, rtol=1e-12)


def test_gram_schmidt_gives_a_dependent_column_no_direction():
    A = np.random.default_rng(2).normal(size=(20, 2))
    Q, R = gram_schmidt(np.column_stack([A, A @ [2.0, -1.0]]))
    assert R[2, 2] == 0.0
    assert not Q[:, 2].any()


def test_an_outcome_that_the_fixed_effects_reproduce_is_refused(frame):
    exact = frame.assign(y=2.0 + 3.0 * frame["x"])
    with pytest.raises(FitError, match="reproduce the outcome 'y' exactly"):
        standardize(build_design("y ~ x + (1 | g)", exact))
