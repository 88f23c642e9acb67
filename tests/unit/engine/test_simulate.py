"""New outcomes: their streams and their moments."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at
from mlm_steps.engine.bootstrap.simulate import simulate
from mlm_steps.errors import UsageError

REPLICATES = 4000
SE = 5.0
"""Standard errors that a moment may be off: of some thousand moments, one in a million is beyond."""


@pytest.fixture
def small(frame):
    """Return a model with correlated slopes, a crossed factor, weights and an offset on few rows."""
    design = build_design("y ~ x + offset(v) + (x | g) + (1 | h)", frame.head(30), weights="w")
    return evaluate_at(design, [0.9, -0.3, 0.5, 0.6])


def test_a_replicate_depends_on_the_seed_and_its_number_alone(small):
    whole = simulate(small, 5, seed=7)
    np.testing.assert_array_equal(simulate(small, 2, seed=7), whole[:2])
    np.testing.assert_array_equal(simulate(small, 2, seed=7, first=3), whole[3:])
    assert not np.array_equal(simulate(small, 1, seed=8), whole[:1])
    assert np.unique(whole[:, 0]).size == 5


def test_no_replicates_are_an_empty_array(small):
    assert simulate(small, 0, seed=1).shape == (0, 30)


def test_the_moments_are_those_of_the_marginal_model(small):
    design = small.design
    V = np.diag(small.sigma**2 / design.weights)
    for term, T in zip(design.random, small.covariances, strict=True):
        V += (term.refs[:, None] == term.refs) * (term.z @ T @ term.z.T)
    off = simulate(small, REPLICATES, seed=1) - (design.offset + design.X @ small.beta)
    variances = np.diag(V)
    np.testing.assert_array_less(np.abs(off.mean(axis=0)), SE * np.sqrt(variances / REPLICATES))
    spread = np.sqrt((np.outer(variances, variances) + V**2) / REPLICATES)
    np.testing.assert_array_less(np.abs(off.T @ off / REPLICATES - V), SE * spread)


def test_conditional_outcomes_vary_about_the_fitted_values_by_the_residual_alone(small):
    off = simulate(small, REPLICATES, seed=2, conditional=True) - small.fitted
    scaled = off * np.sqrt(small.design.weights) / small.sigma
    np.testing.assert_array_less(np.abs(scaled.mean(axis=0)), SE / np.sqrt(REPLICATES))
    covariance = scaled.T @ scaled / REPLICATES
    np.testing.assert_array_less(np.abs(covariance - np.eye(30)), SE * np.sqrt(2 / REPLICATES))


@pytest.mark.parametrize("wrong", [{"n": -1}, {"seed": -1}, {"first": -1}])
def test_negative_numbers_are_refused(small, wrong):
    with pytest.raises(UsageError, match="negative"):
        simulate(small, **{"n": 1, "seed": 1, **wrong})
