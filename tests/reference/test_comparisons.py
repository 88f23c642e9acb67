"""Comparisons of models of the reference, against differences of R's criteria."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from mlm_steps.compare import compare_lrt
from mlm_steps.engine.result.components import reductions

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"

ATOL = 1e-5
"""Two criteria of 1e5 agree to ten digits each."""

LADDERS = [
    ("ML", "hsb", ("null", "ancova", "random_coef", "sector_cross", "intercepts_slopes")),
    ("REML", "hsb", ("intercepts_slopes_ri", "intercepts_slopes")),
    ("ML", "sleepstudy", ("null", "ri", "uncorr", "slope", "poly")),
    ("REML", "sleepstudy", ("ri", "uncorr", "slope")),
    ("ML", "growth", ("oxboys_ri", "oxboys_slope", "oxboys_poly4")),
    ("ML", "schools", ("exam_null", "exam_ri", "exam_slope", "exam_full")),
    ("ML", "schools", ("bdf_null", "bdf_iq", "bdf_slope")),
    ("ML", "crossed_nested_small", ("pastes_sample_only", "pastes_sample")),
    ("ML", "crossed_sim", ("random_null", "random_ri", "random")),
    ("ML", "special", ("nested3_slash", "nested3_slope")),
    ("ML", "special", ("nearsing", "nearsing_uncorr", "nearsing_slope")),
]
PAIRS = [
    (method, f"{name}-{smaller}", f"{name}-{larger}")
    for method, name, rungs in LADDERS
    for smaller, larger in pairwise(rungs)
]

NOT_NESTED = [("crossed_nested_small", "cake_linear", "cake")]
"""R's anova compares these in silence: their random factors are not the same."""


def shared_comparisons(kind):
    for path in sorted(SHARED.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for comparison in content.get("comparisons", ()):
            if comparison["kind"] == kind and content["set"] != "insteval":
                yield pytest.param(content["set"], comparison, id=f"{content['set']}-{comparison['id']}")


def compare(fits, names, method):
    return compare_lrt(*(fit.estimates for fit in fits), names=names, method=method)


@pytest.mark.parametrize(("method", "smaller", "larger"), PAIRS)
def test_the_statistic_is_the_difference_of_rs_criteria(fit_named, expected_named, method, smaller, larger):
    record = compare([fit_named(name, method) for name in (smaller, larger)], (smaller, larger), method)
    before, after = (expected_named(name, method) for name in (smaller, larger))
    assert record.criterion == method
    assert record.df == after["npar"] - before["npar"]
    statistic = before["criterion"] - after["criterion"]
    np.testing.assert_allclose(record.statistic, statistic, atol=ATOL)
    np.testing.assert_allclose(record.p_naive, chi2.sf(statistic, record.df), rtol=ATOL)


@pytest.mark.parametrize(("name", "smaller", "larger"), NOT_NESTED)
def test_models_that_are_not_nested_have_no_test(fit_named, name, smaller, larger):
    record = compare(
        [fit_named(f"{name}-{rung}", "ML") for rung in (smaller, larger)], (smaller, larger), "ML"
    )
    assert (record.refused, record.nested, record.statistic) == ("not_nested", False, None)
    assert record.delta_aic is not None


@pytest.mark.parametrize(("name", "comparison"), list(shared_comparisons("lrt")))
def test_rs_chain_of_tests_is_ours(fit_named, name, comparison):
    method, rows = comparison["method"], comparison["rows"]
    for before, after in pairwise(rows):
        if (name, before["model"], after["model"]) in NOT_NESTED:
            continue
        fits = [fit_named(f"{name}-{row['model']}", method) for row in (before, after)]
        record = compare(fits, (before["model"], after["model"]), method)
        np.testing.assert_allclose(record.statistic, after["chisq"], atol=ATOL)
        np.testing.assert_allclose(record.p_naive, after["p"], rtol=1e-4)
        assert record.df == after["df"]
        if method == "ML":
            np.testing.assert_allclose(record.delta_aic, after["aic"] - before["aic"], atol=ATOL)
            np.testing.assert_allclose(record.delta_bic, after["bic"] - before["bic"], atol=ATOL)


@pytest.mark.parametrize(("name", "comparison"), list(shared_comparisons("proportion_variance_reduction")))
def test_rs_reductions_of_variance_are_ours(fit_named, name, comparison):
    null, full = (fit_named(f"{name}-{model}", comparison["method"]).lmm for model in comparison["models"])
    rows = {row.effect: row.share for row in reductions(null, full)}
    np.testing.assert_allclose(rows[None], comparison["prop_level1"], atol=1e-6)
    np.testing.assert_allclose(rows["(Intercept)"], comparison["prop_level2"], atol=1e-6)
