"""Tests of fixed effects where the exact answer is known."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps.inference as inference
from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm

J, SIZE = 14, 5


@pytest.fixture
def fit():
    """Return a balanced random-slope fit: each fixed effect is a mean of J coefficients."""
    generator = np.random.default_rng(8)
    g = np.repeat(np.arange(J), SIZE)
    x = np.tile(np.arange(SIZE) - 2.0, J)
    y = (
        2
        + x
        + 2 * generator.normal(size=J)[g]
        + generator.normal(size=J)[g] * x
        + generator.normal(size=g.size)
    )
    frame = pd.DataFrame({"y": y, "x": x, "g": g.astype(str)})
    return fit_lmm(build_design("y ~ x + (x | g)", frame))


def test_balanced_slopes_have_the_df_of_a_one_sample_t_test(fit):
    tests = inference.test_coefficients(fit, "satterthwaite", 0.95)
    np.testing.assert_allclose(tests.df, J - 1, rtol=1e-6)
    slopes = fit.design.y.reshape(J, SIZE) @ (np.arange(SIZE) - 2.0) / 10
    assert tests.t[1] == pytest.approx(slopes.mean() / (slopes.std(ddof=1) / np.sqrt(J)), rel=1e-7)


def test_df_do_not_depend_on_the_units_of_the_data(fit):
    frame = pd.DataFrame(
        {
            "y": 1e6 * fit.design.y,
            "x": 1e5 * fit.design.X[:, 1],
            "g": np.repeat(np.arange(J), SIZE).astype(str),
        }
    )
    scaled = fit_lmm(build_design("y ~ x + (x | g)", frame))
    np.testing.assert_allclose(
        inference.test_coefficients(scaled, "satterthwaite", 0.95).df, J - 1, rtol=1e-5
    )


@pytest.mark.parametrize(("method", "df"), [("residual", J * SIZE - 2), ("z", np.inf)])
def test_other_methods_have_their_own_df(fit, method, df):
    tests = inference.test_coefficients(fit, method, 0.95)
    assert (tests.df == df).all()
    assert np.isfinite([tests.p, tests.ci_low, tests.ci_high]).all()


@pytest.mark.parametrize("method", inference.METHODS)
def test_the_interval_excludes_zero_exactly_when_the_test_rejects(fit, method):
    tests = inference.test_coefficients(fit, method, 0.95)
    outside = (tests.ci_low > 0) | (tests.ci_high < 0)
    assert (outside == (tests.p < 0.05)).all()


def test_a_p_value_in_the_far_tail_is_small_but_not_zero(fit):
    contrast = np.array([[1e-9, 1.0], [0.0, 1.0]])
    tests = inference.test_contrasts(fit, contrast, "z", 0.95)
    assert tests.p[0] == pytest.approx(tests.p[1], rel=1e-6)
    assert (tests.p > 0).all()


def test_a_sum_of_coefficients_is_tested_as_such(fit):
    tests = inference.test_contrasts(fit, np.array([[1.0, 1.0]]), "satterthwaite", 0.9)
    assert tests.estimate[0] == pytest.approx(fit.beta.sum())
    assert tests.se[0] == pytest.approx(np.sqrt(fit.vcov.sum()))
