"""Clusters and models without groups against clubSandwich, RLRsim and ``anova`` (``clusters.R``)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.clusters import mixed_sandwich, ols_sandwich
from mlm_steps.clusters.factors import default_clusters
from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.fit.ols import fit_ols
from tests.reference.conftest import CASES, HERE, SHARED, fit_of, read_frame

R = json.loads((Path(__file__).parent / "clusters" / "clusters.json").read_text(encoding="utf-8"))
COLUMNS = json.loads((HERE / "data" / "columns.json").read_text(encoding="utf-8"))

RTOL = 1e-9
"""Least squares have a closed solution."""
MIXED_RTOL = 1e-5
"""lme4's theta is good to about six digits."""
ATOL = 1e-5
"""Two criteria agree to about ten digits each."""
GLMM_ATOL = 1e-4
"""lme4 stops the search of a generalized model at a relative change of 1e-7."""
MONTE_CARLO = 0.004
"""Four standard errors of a p value near 0.005 from 10 000 draws."""


@cache
def frame(name):
    dataset = COLUMNS[name]
    types = tuple(
        (column, tuple(kind["levels"]) if "levels" in kind else None, kind.get("ordered", False))
        for column, kind in dataset["columns"].items()
        if kind["type"] == "factor"
    )
    return read_frame(HERE / dataset["file"], types)


@pytest.mark.parametrize("entry", R["sandwiches"], ids=lambda entry: entry["id"])
def test_cr2_and_its_degrees_of_freedom_are_clubsandwichs(entry):
    data = frame(entry["data"])
    linear = entry["engine"] == "lm"
    design = build_design(entry["formula"], data, weights=entry.get("weights"), mixed=not linear)
    if linear:
        fit = fit_ols(design, {})
        found = ols_sandwich(design, fit.beta, np.unique(data[entry["cluster"]], return_inverse=True)[1])
    else:
        fit = fit_lmm(design)
        clusters = default_clusters(fit)
        assert clusters.name == entry["cluster"]
        found = mixed_sandwich(fit, clusters.refs)
    rtol = RTOL if linear else MIXED_RTOL
    np.testing.assert_allclose(found.se, entry["se"], rtol=rtol)
    np.testing.assert_allclose(found.df, entry["df"], rtol=rtol)


@pytest.mark.parametrize("case", [c for c in CASES if "REML" in c.entry["fits"]], ids=lambda c: c.name)
def test_robust_tests_of_the_collection_agree(case):
    expected = case.entry["fits"]["REML"].get("cluster_robust_cr2")
    if expected is None:
        return
    fit = fit_of(case, "REML").lmm
    found = mixed_sandwich(fit, default_clusters(fit).refs)
    np.testing.assert_allclose(found.se, expected["se"], rtol=MIXED_RTOL)
    np.testing.assert_allclose(found.df, expected["df"], rtol=MIXED_RTOL)


@pytest.mark.parametrize("entry", R["comparisons"], ids=lambda entry: entry["id"])
def test_a_model_without_groups_is_the_smaller_model(entry):
    """R's ``anova(lmer, lm)`` by ML, and the difference of the REML criteria if the fixed parts are equal."""
    data = frame(entry["data"])
    larger = mlm_steps.fit(entry["larger"], data)
    found = mlm_steps.compare(entry["smaller"], larger)
    kind = "reml" if found.record.changed == "variance" else "ml"
    assert found.record.criterion == kind.upper()
    assert found.statistic == pytest.approx(entry[kind], abs=ATOL)
    assert found.df == entry["df"]
    assert found.record.delta_aic == pytest.approx(entry["delta_aic"], abs=ATOL)
    assert found.record.delta_bic == pytest.approx(entry["delta_bic"], abs=ATOL)
    by_lm = mlm_steps.compare(mlm_steps.lm(entry["smaller"], data), larger)
    assert by_lm.record == found.record
    by_ml = mlm_steps.compare(entry["smaller"], mlm_steps.fit(entry["larger"], data, reml=False))
    assert by_ml.statistic == pytest.approx(entry["ml"], abs=ATOL)


@pytest.mark.parametrize("entry", [e for e in R["comparisons"] if "rlrt_p" in e], ids=lambda e: e["id"])
def test_the_exact_test_is_rlrsims(entry):
    """RLRsim counts draws above the statistic, so that its p is 0 far out and that of a zero is its atom."""
    found = mlm_steps.compare(entry["smaller"], mlm_steps.fit(entry["larger"], frame(entry["data"])))
    if found.statistic == 0.0:
        assert found.p_rlrt == 1.0
    else:
        assert found.p_rlrt == pytest.approx(entry["rlrt_p"], abs=MONTE_CARLO)


@pytest.mark.parametrize("entry", R["generalized"], ids=lambda entry: entry["id"])
def test_a_generalized_linear_model_is_the_smaller_model(entry):
    larger = mlm_steps.fit(entry["larger"], frame(entry["data"]), family=entry["family"])
    found = mlm_steps.compare(entry["smaller"], larger)
    assert found.smaller.loglik == pytest.approx(entry["loglik_smaller"], abs=1e-7)
    expected = 2 * (entry["loglik_larger"] - entry["loglik_smaller"])
    assert found.statistic == pytest.approx(expected, abs=GLMM_ATOL)
    assert found.p_boundary == pytest.approx(found.p_value / 2)


@pytest.mark.parametrize("entry", R["lists"], ids=lambda entry: entry["id"])
def test_least_squares_within_groups_is_lmlist(entry):
    found = mlm_steps.lm_list(entry["formula"], frame(entry["data"]))
    np.testing.assert_allclose(found.table.loc[entry["levels"]], entry["coefficients"], rtol=1e-9)
    np.testing.assert_allclose(found.se.loc[entry["levels"]], entry["se"], rtol=1e-9)
    assert found.sigma == pytest.approx(entry["sigma"], rel=1e-9)


@pytest.fixture(scope="module")
def workshop():
    path = SHARED / "data" / "heck2011.csv"
    if not path.exists():
        pytest.skip("the workshop's data are not in this repository")
    return pd.read_csv(path, dtype={"schcode": str})


def test_the_workshops_regression_has_its_published_numbers(workshop):
    """Heck, Thomas & Tabata's data: 6871 students in 419 schools."""
    found = mlm_steps.lm("math ~ ses", workshop)
    np.testing.assert_allclose(found.beta, [57.59817, 4.25468], atol=5e-6)
    np.testing.assert_allclose(found.se, [0.09819, 0.12566], atol=5e-6)
    assert found.sigma == pytest.approx(8.1322, abs=5e-5)
    np.testing.assert_allclose(found.robust("schcode", kind="CR1").table.se, [0.13020, 0.14981], atol=5e-6)


def test_the_workshops_design_effect_is_that_of_its_null_model(workshop):
    cost = mlm_steps.fit("math ~ ses + (1 | schcode)", workshop).cluster_cost()
    assert cost.design_effect == pytest.approx(3.260, abs=5e-4)
    assert cost.effective_n == pytest.approx(2108, abs=0.5)
    assert cost.record.weighted_size == pytest.approx(17.392, abs=5e-4)
    np.testing.assert_allclose(cost.table.mixed_se, [0.13290, 0.13662], atol=5e-6)


def test_the_workshops_null_model_is_tested_against_no_groups(workshop):
    found = mlm_steps.compare("math ~ 1", mlm_steps.fit("math ~ 1 + (1 | schcode)", workshop))
    y = workshop.math.to_numpy()
    n, square = len(y), np.sum((y - y.mean()) ** 2)
    single = np.log(n) + (n - 1) * (1 + np.log(2 * np.pi * square / (n - 1)))
    assert found.statistic == pytest.approx(single - 48877.2555, abs=1e-4)
    assert (found.record.criterion, found.df) == ("REML", 1)
