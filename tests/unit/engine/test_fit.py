"""The fit at the optimum: where it ends, what it refuses, what it says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Control, Estimates, evaluate_at, fit_lmm
from mlm_steps.errors import FitError


def fit(formula, frame, **options):
    weights = options.pop("weights", None)
    return fit_lmm(build_design(formula, frame, weights=weights), **options)


def test_no_neighbour_of_the_optimum_is_lower(design, method):
    found = fit_lmm(design, method=method)
    assert found.convergence.status in ("converged", "singular")
    generator = np.random.default_rng(0)
    for size in (1e-3, 1e-2, 0.1):
        near = found.theta + size * np.abs(found.theta).max() * generator.normal(size=found.theta.size)
        assert evaluate_at(design, near, method=method).criterion >= found.criterion - 1e-8


def test_the_fit_is_the_evaluation_at_its_own_theta(design, method):
    found = fit_lmm(design, method=method)
    again = evaluate_at(design, found.theta, method=method)
    assert again.criterion == pytest.approx(found.criterion, rel=1e-12)
    np.testing.assert_allclose(again.beta, found.beta, rtol=1e-7, atol=1e-9)


def test_the_diagonal_of_lambda_is_never_negative(design, method):
    assert all((np.diag(factor) >= 0).all() for factor in fit_lmm(design, method=method).Lambda)


@pytest.fixture
def balanced():
    """Return 10 groups of 6 with a group effect."""
    generator = np.random.default_rng(3)
    g = np.repeat(np.arange(10), 6)
    y = generator.normal(size=10)[g] * 2 + generator.normal(size=60)
    return pd.DataFrame({"y": y, "g": [f"g{code}" for code in g], "x": generator.normal(size=60)})


def test_balanced_one_way_reml_is_the_analysis_of_variance(balanced):
    found = fit("y ~ 1 + (1 | g)", balanced)
    means = balanced.groupby("g")["y"].mean()
    between = 6 * means.var()
    within = balanced.groupby("g")["y"].var().mean()
    assert found.sigma**2 == pytest.approx(within, rel=1e-9)
    assert found.covariances[0][0, 0] == pytest.approx((between - within) / 6, rel=1e-9)


def test_a_search_that_is_given_up_tells_what_it_tried(balanced):
    reproduced = balanced.assign(y=np.repeat(np.arange(10.0), 6) ** 2)
    with pytest.raises(FitError, match="the residual variance goes to zero") as caught:
        fit("y ~ 1 + (1 | g)", reproduced)
    evaluations = [evaluation for evaluation, _, _ in caught.value.trace]
    assert evaluations == sorted(evaluations)
    assert len(evaluations) > 10


def test_large_and_small_effects_are_no_sign_of_what_cannot_be_told_apart(balanced):
    rng, codes = np.random.default_rng(0), np.repeat(np.arange(10), 6)
    effects = 1e5 * rng.normal(size=10)[codes] + rng.normal(size=10)[codes] * balanced["x"]
    found = fit("y ~ x + (x | g)", balanced.assign(y=balanced["y"] + effects))
    assert found.convergence.status == "converged"
    assert not found.convergence.reasons


@pytest.mark.parametrize("random", ["(1 | g) + (x | g)", "(0 + dead | g)"])
def test_what_cannot_be_told_apart_is_said(balanced, random):
    # ``dead`` varies in one group: its fixed slope takes up all that there is.
    slopes = 2.0 * np.random.default_rng(0).normal(size=10)[np.repeat(np.arange(10), 6)]
    dead = np.where(np.arange(60) < 6, balanced["x"], 0.0)
    frame = balanced.assign(y=balanced["y"] + slopes * balanced["x"], dead=dead)
    found = fit(f"y ~ x + dead + {random}", frame)
    assert any("unidentifiable" in reason for reason in found.convergence.reasons)


def test_a_start_at_the_saddle_still_finds_the_optimum(balanced):
    design = build_design("y ~ x + (x | g)", balanced)
    best = fit_lmm(design)
    from_zero = fit_lmm(design, start=np.zeros(3))
    assert from_zero.criterion == pytest.approx(best.criterion, abs=1e-7)


def test_a_variance_that_is_not_there_gives_a_singular_fit_that_says_so(balanced):
    generator = np.random.default_rng(0)
    centred = balanced.assign(y=generator.normal(size=60))
    centred["y"] -= centred.groupby("g")["y"].transform("mean")
    found = fit("y ~ 1 + (1 | g)", centred)
    assert found.singular
    assert found.convergence.status == "singular"
    assert found.theta[0] == pytest.approx(0.0, abs=1e-8)
    [notice] = found.notices
    assert notice.code == "singular"
    assert "standard deviation of (Intercept) is 0" in notice.text


def test_the_second_method_starts_from_the_first_and_is_made_once(balanced):
    estimates = Estimates(build_design("y ~ x + (x | g)", balanced))
    reml, ml = estimates.under("REML"), estimates.under("ML")
    assert estimates.under("REML") is reml
    assert ml.prepared is reml.prepared
    assert ml.criterion == pytest.approx(fit("y ~ x + (x | g)", balanced, method="ML").criterion, abs=1e-8)


def test_too_few_evaluations_count_as_failed(balanced):
    found = fit("y ~ x + (x | g)", balanced, control=Control(max_evaluations=1))
    assert found.convergence.status == "failed"
    assert "evaluations" in found.convergence.reasons[0]
    assert any(notice.code == "not_converged" for notice in found.notices)


@pytest.mark.parametrize(
    ("change", "formula", "words"),
    [
        ({"y": 4.0}, "y ~ x + (1 | g)", "same value"),
        ({"g": [str(i) for i in range(60)]}, "y ~ x + (1 | g)", "60 levels for 60 rows"),
        ({"g": [str(i // 2) for i in range(60)]}, "y ~ x + (x | g)", "30 levels × 2 coefficients = 60"),
        ({"y": np.repeat(np.arange(10.0), 6) ** 2}, "y ~ 1 + (1 | g)", "residual variance goes to zero"),
        ({"z": 0.0}, "y ~ x + (0 + z | g)", r"z in \(0 \+ z \| g\) is 0 in every row"),
        ({"y": np.linspace(0, 1, 60), "x": np.linspace(5, 9, 60)}, "y ~ x + (1 | g)", "exactly"),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_words(balanced, change, formula, words):
    with pytest.raises(FitError, match=words):
        fit(formula, balanced.assign(**change))


def test_weights_that_are_not_positive_are_refused(balanced):
    design = build_design("y ~ x + (1 | g)", balanced)
    with pytest.raises(FitError, match="positive; 1 of 60"):
        fit_lmm(replace(design, weights=np.repeat([0.0, 1.0], [1, 59])))


def test_a_factor_with_one_level_is_refused(balanced):
    design = build_design("y ~ x + (1 | g)", balanced)
    [term] = design.random
    alone = replace(term, levels=("all",), refs=np.zeros(60, dtype=np.intp))
    with pytest.raises(FitError, match="'g' has 1 level in the 60 rows"):
        fit_lmm(replace(design, random=(alone,)))


def test_equal_weights_change_nothing_but_sigma(balanced):
    plain = fit("y ~ x + (x | g)", balanced)
    weighted = fit("y ~ x + (x | g)", balanced.assign(w=4.0), weights="w")
    np.testing.assert_allclose(weighted.beta, plain.beta, rtol=1e-8)
    assert weighted.criterion == pytest.approx(plain.criterion, rel=1e-10)
    assert weighted.sigma == pytest.approx(2 * plain.sigma, rel=1e-7)


def test_huge_levels_and_tiny_variances_cost_no_digits(balanced):
    design = build_design("y ~ x + (x | g)", balanced)
    plain = fit_lmm(design)
    far = fit("y ~ x + (x | g)", balanced.assign(y=balanced["y"] + 1e8, x=balanced["x"] * 1e-6))
    assert far.sigma == pytest.approx(plain.sigma, rel=1e-6)
    assert far.beta[1] == pytest.approx(plain.beta[1] * 1e6, rel=1e-5)


@pytest.mark.parametrize("ratio", [1e-6, 1e-3, 1e3, 1e6])
def test_the_ratio_of_the_variances_costs_no_digits(ratio):
    generator = np.random.default_rng(11)
    g = np.repeat(np.arange(12), 5)
    e = generator.normal(size=60)
    e -= np.bincount(g, e)[g] / 5
    u = generator.normal(size=12)
    frame = pd.DataFrame({"y": ratio * u[g] + e, "g": g.astype(str)})
    found = fit("y ~ 1 + (1 | g)", frame)
    assert found.sigma**2 == pytest.approx((e @ e) / 48, rel=1e-7) or found.singular


def test_a_hundred_random_effects_per_factor_need_no_large_matrix(frame):
    big = pd.concat([frame] * 3, ignore_index=True)
    big["y"] += np.random.default_rng(2).normal(size=len(big))
    big["g"] = [f"{i // 4}" for i in range(len(big))]
    crossed = fit("y ~ x + (1 | g) + (1 | h)", big)
    assert crossed.convergence.status != "failed"
    assert not crossed.prepared.strategy.coupling.values.size > len(big)


def test_a_complement_that_is_too_large_is_refused_with_its_sizes(monkeypatch, frame):
    monkeypatch.setattr("mlm_steps.engine.structures.prepared.LARGEST", 3)
    with pytest.raises(FitError, match=r"'g' 12, 'h' 5.*at most 3"):
        fit("y ~ x + (1 | g) + (1 | h)", frame)


@pytest.mark.parametrize(
    ("dense", "pairs", "held"), [(0.0, 0.0, 0.0), (0.0, 1e9, 0.0), (1e9, 0.0, 1e9), (1e9, 0.0, 60.0)]
)
def test_sparse_listed_and_dense_products_agree(monkeypatch, frame, dense, pairs, held):
    design = build_design("y ~ x + (x | g) + (x | h)", frame)
    theta = np.array([0.9, 0.1, 0.5, 0.7, -0.2, 0.3])
    usual = evaluate_at(design, theta)
    monkeypatch.setattr("mlm_steps.engine.structures.coupling.DENSE_ADVANTAGE", dense)
    monkeypatch.setattr("mlm_steps.engine.structures.coupling.MOST_PAIRS", pairs)
    monkeypatch.setattr("mlm_steps.engine.structures.coupling.MOST_DENSE", held)
    other = evaluate_at(design, theta)
    assert other.criterion == pytest.approx(usual.criterion, rel=1e-12)
    gradient = [
        each.prepared.strategy.criterion_terms(theta, hessian=False).gradients for each in (usual, other)
    ]
    np.testing.assert_allclose(*gradient, rtol=1e-9)


@pytest.mark.parametrize("optimizer", ["auto", "nelder-mead", "l-bfgs-b"])
def test_a_search_that_is_cut_short_keeps_its_trace(balanced, optimizer):
    control = Control(optimizer=optimizer, max_evaluations=4)
    found = fit("y ~ x + (x | g)", balanced, control=control)
    trace = found.convergence.trace
    assert len(trace) >= 4
    assert [point.evaluation for point in trace] == sorted({point.evaluation for point in trace})
    assert min(point.criterion for point in trace) == pytest.approx(found.criterion, abs=1e-9)


def test_a_variance_that_is_zero_within_rounding_is_exactly_zero(balanced):
    centred = balanced.assign(y=balanced.y - balanced.groupby("g")["y"].transform("mean"))
    found = fit("y ~ 1 + (1 | g)", centred)
    assert found.theta.tolist() == [0.0]
    assert found.convergence.status == "singular"
