"""The cost of ignoring clusters: closed forms, and clusters that have none."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.clusters.cost import MixedModel, cluster_cost
from mlm_steps.clusters.factors import Clusters, all_factors, default_clusters
from mlm_steps.clusters.moulton import intraclass, moulton_factor, naive_rate
from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.fit.ols import fit_ols
from mlm_steps.inference import test_coefficients as wald_tests


def grouped(J=30, size=6, seed=1, tau=0.8):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(J), size)
    x = rng.normal(size=J * size)
    frame = pd.DataFrame({"x": x, "z": rng.normal(size=J)[g], "g": [f"g{each:03}" for each in g]})
    frame["within"] = x - frame.groupby("g").x.transform("mean")
    frame["w"] = rng.uniform(0.5, 2, size=J * size)
    frame["y"] = 0.5 * x + tau * rng.normal(size=J)[g] + rng.normal(size=J * size)
    return frame


def clusters_of(frame):
    codes, levels = pd.factorize(frame.g)
    return Clusters("g", codes.astype(np.intp), tuple(levels))


def cost_of(frame, formula="y ~ x + z", **settings):
    design = build_design(formula, frame, weights=settings.pop("weights", None), mixed="|" in formula)
    return cluster_cost(design, clusters_of(frame), model="m", confidence=0.95, **settings)


def row(found, column):
    return next(each for each in found.rows if each.column == column)


def test_the_factor_of_a_level_2_predictor_is_the_design_effect_of_balanced_groups():
    found = cost_of(grouped(), "y ~ x + z + within")
    assert row(found, "z").rho_x == pytest.approx(1.0)
    assert row(found, "z").moulton == pytest.approx(1 + 5 * found.residual_icc)
    assert row(found, "within").moulton == pytest.approx(1 - found.residual_icc)
    assert row(found, "(Intercept)").moulton is None


def test_moultons_factor_is_the_ratio_of_the_variances_of_balanced_groups():
    """For one level-2 predictor and equal sizes, the GLS variance over that of independent rows is exact."""
    frame = grouped(J=400)
    found = cost_of(frame, "y ~ z")
    fit = fit_lmm(build_design("y ~ z + (1 | g)", frame))
    total = fit.covariances[0][0, 0] + fit.sigma**2
    design = build_design("y ~ z", frame, mixed=False)
    independent = total * np.linalg.inv(design.X.T @ design.X)[1, 1]
    assert row(found, "z").moulton == pytest.approx(fit.vcov[1, 1] / independent, rel=1e-6)


def test_the_intraclass_correlation_of_unequal_groups_is_the_mean_product_of_pairs():
    rng = np.random.default_rng(2)
    refs = np.repeat([0, 1, 2, 3], [1, 2, 4, 7])
    x = rng.normal(size=refs.size)
    d = x - x.mean()
    pairs = [d[i] * d[k] for i in range(x.size) for k in range(x.size) if i != k and refs[i] == refs[k]]
    assert intraclass(x, refs) == pytest.approx(np.mean(pairs) / np.var(x))
    sizes = np.bincount(refs)
    bracket = np.var(sizes) / sizes.mean() + sizes.mean() - 1
    assert moulton_factor(0.4, 0.3, refs) == pytest.approx(1 + bracket * 0.12)


def test_the_naive_rate_is_that_of_a_simulation():
    """Statistics, section 2: least squares with the factor D rejects with 2 Phi(-1.96 / sqrt(D))."""
    rng = np.random.default_rng(3)
    J, size, rejected, tau = 60, 8, 0, 0.6
    z = np.repeat(rng.normal(size=J), size)
    refs = np.repeat(np.arange(J), size)
    for _ in range(400):
        y = tau * rng.normal(size=J)[refs] + rng.normal(size=J * size)
        design = build_design("y ~ z", pd.DataFrame({"y": y, "z": z}), mixed=False)
        rejected += fit_ols(design, {}).p_value[1] < 0.05
    rho = tau**2 / (tau**2 + 1)
    expected = naive_rate(moulton_factor(1.0, rho, refs), 0.05)
    assert rejected / 400 == pytest.approx(expected, abs=0.07)


def test_the_mixed_model_may_be_given_with_its_tests():
    frame = grouped()
    fit = fit_lmm(build_design("y ~ x + z + (x | g)", frame))
    tests = wald_tests(fit, "satterthwaite", 0.95)
    found = cluster_cost(
        fit.design, default_clusters(fit), model="m", confidence=0.95, mixed=MixedModel(fit, tests)
    )
    assert found.mixed == "(x | g)"
    np.testing.assert_array_equal([each.mixed_se for each in found.rows], tests.se)
    alone = cost_of(frame)
    assert alone.mixed == "(1 | g)"
    assert [each.ols_se for each in alone.rows] == [each.ols_se for each in found.rows]


def test_clusters_with_a_negative_correlation_have_the_factor_1_and_a_notice():
    rng = np.random.default_rng(4)
    y = rng.normal(size=120)
    frame = pd.DataFrame({"y": y, "z": np.repeat(rng.normal(size=20), 6)})
    frame["g"] = [f"g{each}" for each in np.repeat(np.arange(20), 6)]
    frame["y"] -= frame.groupby("g").y.transform("mean")
    found = cost_of(frame, "y ~ z")
    assert (found.icc, found.design_effect, found.effective_n) == (0.0, 1.0, 120.0)
    assert row(found, "z").moulton == 1.0
    assert row(found, "z").naive_rate == pytest.approx(0.05)
    assert [notice.code for notice in found.notices] == ["icc_truncated", "icc_truncated"]


def test_clusters_of_one_row_have_no_icc_and_a_mixed_model_is_not_estimable():
    frame = grouped()
    frame["g"] = [f"g{each}" for each in range(len(frame))]
    found = cost_of(frame)
    assert (found.icc, found.icc_code, found.mixed_code) == (None, "not_estimable", "not_estimable")
    assert all(each.cr2_se is not None and each.mixed_se is None for each in found.rows)
    assert all(each.moulton is None for each in found.rows)


def test_one_cluster_has_no_robust_error():
    frame = grouped(J=1, size=20)
    found = cost_of(frame, "y ~ x")
    assert (found.cr1_code, found.cr2_code, found.mixed_code) == (
        "one_cluster",
        "one_cluster",
        "not_estimable",
    )
    assert all(each.cr1_se is None and each.cr2_se is None for each in found.rows)


def test_weights_have_robust_errors_and_no_moulton_factor():
    found = cost_of(grouped(), weights="w")
    assert found.moulton_code == "not_applicable"
    assert all(each.cr2_se > 0 and each.mixed_cr2_se > 0 and each.moulton is None for each in found.rows)


def test_crossed_factors_have_no_robust_error_of_the_mixed_model():
    frame = grouped()
    frame["h"] = [f"h{each % 5}" for each in range(len(frame))]
    fit = fit_lmm(build_design("y ~ x + (1 | g) + (1 | h)", frame))
    found = cluster_cost(
        fit.design,
        default_clusters(fit),
        model="m",
        confidence=0.95,
        mixed=MixedModel(fit, wald_tests(fit, "satterthwaite", 0.95)),
    )
    assert found.cluster == "g"
    assert found.mixed_cr2_code == "several_factors"
    assert "adds most to the design effect" in found.cluster_reason


def test_a_category_has_a_row_per_column_and_a_dropped_column_none():
    frame = grouped()
    rng = np.random.default_rng(5)
    frame["c"] = [f"c{each}" for each in rng.integers(0, 3, size=len(frame))]
    frame["twice"] = 2 * frame.x
    found = cost_of(frame, "y ~ x + c + twice")
    assert [each.column for each in found.rows] == ["(Intercept)", "x", "cc1", "cc2"]
    assert [each.term for each in found.rows] == ["(Intercept)", "x", "c", "c"]


def test_several_factors_add_their_excesses():
    """An item-level predictor of a crossed design gets its factor from the items, not from the persons."""
    rng = np.random.default_rng(6)
    person, item = np.repeat(np.arange(40), 12), np.tile(np.arange(12), 40)
    frame = pd.DataFrame({"p": [f"p{each}" for each in person], "i": [f"i{each}" for each in item]})
    frame["x"] = np.where(item % 2, 0.5, -0.5)
    frame["y"] = rng.normal(size=40)[person] + rng.normal(size=12)[item] + rng.normal(size=480)
    fit = fit_lmm(build_design("y ~ x + (1 | p) + (1 | i)", frame))
    clusters = default_clusters(fit)
    found = cluster_cost(
        fit.design,
        clusters,
        model="m",
        confidence=0.95,
        factors=all_factors(fit, clusters),
        mixed=MixedModel(fit, wald_tests(fit, "satterthwaite", 0.95)),
    )
    total = sum(T[0, 0] for T in fit.covariances) + fit.sigma**2
    shares = {term.group: T[0, 0] / total for term, T in zip(fit.design.random, fit.covariances, strict=True)}
    expected = 1 - shares["p"] + 39 * shares["i"]
    assert row(found, "x").moulton == pytest.approx(expected, rel=1e-6)
    independent = total / np.sum(frame.x**2)
    assert fit.vcov[1, 1] / independent == pytest.approx(expected, rel=1e-6)


def test_a_random_slope_has_no_moulton_factor_nor_do_its_products():
    frame = grouped()
    frame.loc[0, "z"] += 1.0  # a predictor of groups with a conflict, as in the workshop's data
    fit = fit_lmm(build_design("y ~ x * z + within + (x | g)", frame))
    found = cluster_cost(
        fit.design,
        default_clusters(fit),
        model="m",
        confidence=0.95,
        mixed=MixedModel(fit, wald_tests(fit, "satterthwaite", 0.95)),
    )
    known = {each.column for each in found.rows if each.moulton is not None}
    assert known == {"z", "within"}
