"""Where the data of a bootstrap replicate come from, and what the replicates say."""

from __future__ import annotations

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.design.outermost import outermost
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.bootstrap.bootstrap import Sample, bound_codes, draw_replicates, percentiles
from mlm_steps.engine.bootstrap.replicates import Replicates, of_fits
from mlm_steps.engine.bootstrap.resampling import KINDS
from mlm_steps.engine.bootstrap.resampling.cases import cases, resampled
from mlm_steps.engine.bootstrap.resampling.residual import reflated_effects, reflated_residuals
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.errors import FitError
from mlm_steps.steps.parts.bootstrap_rows import quantities

ROUNDING = 1e-10  # of sums of a hundred numbers near 1
SAME_ESTIMATE = 1e-6  # two searches for one optimum

SLOPES, NESTED = "y ~ x + (x | g)", "y ~ x + (1 | g/h)"


def fitted(frame, formula=SLOPES, weights=None):
    return fit_lmm(build_design(formula, frame, weights=weights))


@pytest.mark.parametrize("kind", KINDS)
def test_a_replicate_depends_on_its_number_alone(frame, kind):
    fit = fitted(frame)
    whole = draw_replicates(fit, kind, 3, "bootstrap/slope", range(6))
    part = draw_replicates(fit, kind, 3, "bootstrap/slope", range(4, 6))
    np.testing.assert_allclose(part.beta, whole.beta[4:], atol=SAME_ESTIMATE)
    other = draw_replicates(fit, kind, 3, "bootstrap/other", range(4, 6))
    assert np.abs(other.beta - part.beta).min() > SAME_ESTIMATE


@pytest.mark.parametrize(("formula", "weights"), [(SLOPES, None), (SLOPES, "w"), (NESTED, None)])
def test_reflated_effects_and_residuals_have_the_estimated_moments(frame, formula, weights):
    fit = fitted(frame, formula, weights)
    for b, T in zip(reflated_effects(fit), fit.covariances, strict=True):
        np.testing.assert_allclose(b.mean(axis=0), 0.0, atol=ROUNDING)
        np.testing.assert_allclose(b.T @ b / len(b), T, atol=ROUNDING)
    e = reflated_residuals(fit)
    assert e.mean() == pytest.approx(0.0, abs=ROUNDING)
    assert np.mean(e**2) == pytest.approx(fit.sigma**2)


def test_reflated_effects_of_a_singular_fit_keep_its_rank(frame):
    fit = fitted(frame.assign(y=frame["y"] - 0.5 * frame["x"]), "y ~ v + x + (v | k)")
    assert fit.singular
    for b, T in zip(reflated_effects(fit), fit.covariances, strict=True):
        np.testing.assert_allclose(b.T @ b / len(b), T, atol=1e-6)  # a variance of 1e-9 is one of 0


@pytest.mark.parametrize(("formula", "weights"), [(SLOPES, None), (SLOPES, "w"), (NESTED, None)])
def test_a_cases_replicate_is_the_fit_to_its_groups(frame, formula, weights):
    fit = fitted(frame, formula, weights)
    found = cases(fit, [stream(1, "cases", b) for b in range(3)])
    groups = outermost(fit.design)
    for b in range(3):
        J = len(groups.levels)
        alone = fit_lmm(resampled(fit.design, groups, stream(1, "cases", b).integers(J, size=J)))
        assert found.criterion[b] == pytest.approx(alone.criterion, abs=SAME_ESTIMATE)
        np.testing.assert_allclose(found.beta[b], alone.beta, atol=SAME_ESTIMATE)
        np.testing.assert_allclose(found.sigma[b], alone.sigma, rtol=SAME_ESTIMATE)


def test_a_group_drawn_twice_counts_as_two(frame):
    design = build_design(SLOPES, frame)
    term = design.random[0]
    twice = resampled(design, term, np.array([3, 3, 5]))
    sizes = np.bincount(term.refs)
    assert np.bincount(twice.random[0].refs).tolist() == [sizes[3], sizes[3], sizes[5]]
    assert twice.n == 2 * sizes[3] + sizes[5]


def test_a_replicate_without_some_category_counts_as_failed(frame):
    rare = frame.assign(z=(frame["g"] == "g0").astype(float))
    found = draw_replicates(fitted(rare, "y ~ x + z + (1 | g)"), "cases", 1, "s", range(30))
    assert 0 < found.failed < 30
    assert np.isnan(found.sigma[found.status == "failed"]).all()


def test_crossed_groups_cannot_be_drawn(frame):
    with pytest.raises(FitError, match="crossed"):
        draw_replicates(fitted(frame, "y ~ x + (1 | g) + (1 | h)"), "cases", 1, "s", range(2))


@pytest.mark.parametrize(("formula", "weights"), [(SLOPES, None), ("y ~ x + (1 | g) + (1 | h)", "w")])
def test_the_numbers_of_a_replicate_are_those_of_its_fit(frame, formula, weights):
    fit = fitted(frame, formula, weights)
    sample = Sample(fit, of_fits(fit.design, [fit_lmm(fit.design)]))
    found = {(each.kind, each.what): each.values[0] for each in quantities(sample)}
    parts = variance_parts(fit)
    assert found["icc", "/adjusted//"] == pytest.approx(parts.icc_adjusted)
    assert found["icc", "/unadjusted//"] == pytest.approx(parts.icc_unadjusted)
    assert found["r2", "r2_marginal/total/"] == pytest.approx(parts.r2_marginal)
    assert found["r2", "r2_conditional/total/"] == pytest.approx(parts.r2_conditional)
    assert found["fixed", "x"] == pytest.approx(fit.beta[1])
    assert found["variance", "g/0/(Intercept)//sd"] == pytest.approx(np.sqrt(fit.covariances[0][0, 0]))
    assert found["variance", "Residual////variance"] == pytest.approx(fit.sigma**2)


def test_percentiles_are_order_statistics_and_skip_what_is_missing():
    values = np.append(np.arange(1.0, 40.0), np.nan)
    assert percentiles(values, 0.95) == pytest.approx((1.0, 39.0))
    assert percentiles(np.full(3, np.nan), 0.95) is None


def test_a_correlation_beside_no_variance_does_not_exist(frame):
    fit = fitted(frame)
    theta = np.array([[0.8, 0.3, 0.2], [1e-9, 0.3, 0.2]])
    two = np.ones(2)
    sample = Sample(fit, Replicates(theta, np.tile(fit.beta, (2, 1)), two, two, np.array(["singular"] * 2)))
    assert np.isnan(sample.correlation(0, 0, 1)).tolist() == [False, True]


def test_a_deviation_that_is_zero_but_for_rounding_is_zero_and_a_limit_there_is_a_bound(frame):
    fit = fitted(frame, "y ~ x + (x || g)")
    theta = np.column_stack([np.full(99, 0.8), np.where(np.arange(99) < 9, 2.5e-6, 0.4)])
    one = np.ones(99)
    status = np.array(["converged"] * 99)
    sample = Sample(fit, Replicates(theta, np.tile(fit.beta, (99, 1)), one, one, status))
    limits = {q.what: percentiles(q.values, 0.95) for q in quantities(sample) if q.kind == "variance"}
    assert limits["g/1/x//sd"] == (0.0, pytest.approx(0.4))
    assert limits["g/1/x//variance"] == (0.0, pytest.approx(0.16))
    assert bound_codes(limits["g/1/x//sd"]) == ("boundary", None)
    assert bound_codes(limits["g/0/(Intercept)//sd"]) == (None, None)


def test_a_deviation_that_is_small_in_its_units_alone_is_kept(frame):
    fit = fitted(frame, "y ~ x + (x || g)")
    theta = np.column_stack([np.full(9, 0.8), np.linspace(1e-6, 2e-6, 9)])
    one = np.ones(9)
    sample = Sample(fit, Replicates(theta, np.tile(fit.beta, (9, 1)), one, one, np.array(["converged"] * 9)))
    assert (sample.covariances[1] > 0).all()
