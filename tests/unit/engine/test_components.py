"""Principal components and ranges of random effects."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at
from mlm_steps.engine.posterior.components import principal_components
from mlm_steps.engine.posterior.random_effects import random_effects
from mlm_steps.engine.posterior.ranges import mode_covariances, random_coefficients


def fit(formula, frame, theta):
    return evaluate_at(build_design(formula, frame), theta)


def test_shares_are_those_of_the_singular_values(frame):
    found = principal_components(fit("y ~ x + (x | g)", frame, [0.8, -0.3, 0.5]))[0]
    Lambda = np.array([[0.8, 0.0], [-0.3, 0.5]])
    values = np.linalg.svd(Lambda, compute_uv=False)
    np.testing.assert_allclose(found.sds, values)
    np.testing.assert_allclose(found.shares, values**2 / (values**2).sum())
    Z = np.column_stack([np.ones(len(frame)), frame.x])
    of_outcome = np.linalg.eigvalsh(Z @ Lambda @ Lambda.T @ Z.T)[-2:][::-1]
    np.testing.assert_allclose(found.outcome_shares, of_outcome / of_outcome.sum())
    np.testing.assert_allclose(Lambda @ Lambda.T @ found.loadings, found.loadings * values**2)


def test_a_term_of_reduced_rank_varies_in_fewer_dimensions(frame):
    found = principal_components(fit("y ~ x + (x | g)", frame, [0.8, -0.4, 0.0]))[0]
    assert found.effective_rank == 1
    assert found.shares[1] == pytest.approx(0.0, abs=1e-30)


def test_several_terms_of_one_factor_are_also_taken_together(frame):
    found = principal_components(fit("y ~ x + (x || g) + (1 | h)", frame, [0.8, 0.5, 0.2]))
    assert [(each.term_index, each.group, len(each.effects)) for each in found] == [
        (0, "g", 1), (1, "g", 1), (2, "h", 1), (None, "g", 2),
    ]  # fmt: skip
    np.testing.assert_allclose(found[3].sds, [0.8, 0.5])


def test_a_model_without_variance_has_no_shares(frame):
    found = principal_components(fit("y ~ x + (x | g)", frame, [0.0, 0.0, 0.0]))[0]
    assert np.isnan(found.shares).all()
    assert found.effective_rank == 0
    row = random_coefficients(fit("y ~ x + (x | g)", frame, [0.0, 0.0, 0.0]))[1]
    assert (row.sd, row.share_opposite, row.reliability, row.eb_reliability) == (0.0, 0.0, 0.0, 0.0)


def test_a_slope_without_a_fixed_effect_has_no_range(frame):
    slope = random_coefficients(fit("y ~ v + (x | g)", frame, [0.8, -0.3, 0.5]))[1]
    assert (slope.mean, slope.low, slope.share_opposite) == (None, None, None)
    assert slope.codes["low"] == "not_in_fixed_part"


def test_rows_of_several_factors_say_what_is_missing(frame):
    crossed = fit("y ~ x + (1 | g) + (x | h)", frame, [0.8, 0.5, 0.1, 0.3])
    row = random_coefficients(crossed)[0]
    assert (row.reliability, row.codes["n_reliable"]) == (None, "several_factors")
    assert 0.0 < row.eb_reliability < 1.0
    table = random_effects(crossed)
    assert all(value is not None for value in table["coefficient"])
    assert set(mode_covariances(crossed)["group"]) == {"h"}
