"""Snijders and Bosker's R², and the measures that are computed on request."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.effects.f_tests import kenward_roger_tests
from mlm_steps.engine import Estimates
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.records.response import Response
from mlm_steps.variance import Explained, explain

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
WORKSHOP = Path(__file__).parents[3].parent / "shared" / "reference" / "data" / "heck2011.csv"
PRINTED = 6e-5
"""The reference numbers have four decimals."""
EXACT = 1e-9


def fitted(formula, frame=SLEEP, method="REML", **options):
    return Estimates(build_design(formula, frame, **options)).under(method)


def values(fit, measure, *, null=None, previous=None, wanted=()):
    explained = Explained(
        "m",
        fit,
        null=None if null is None else ("null", null),
        previous=None if previous is None else ("before", previous),
        wanted=wanted,
        f_tests=partial(kenward_roger_tests, fit),
    )
    return {row.scope: row for row in explain(explained).measures if row.measure == measure}


def grouped(seed):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(20), rng.integers(2, 15, 20))
    frame = pd.DataFrame(
        {"g": [f"g{i}" for i in g], "x": rng.normal(size=g.size), "w": rng.normal(size=20)[g]}
    )
    slopes = 0.8 * rng.normal(size=20)[g]
    frame["y"] = rng.normal(size=20)[g] + (1 + slopes) * frame.x + 0.5 * frame.w + rng.normal(size=g.size)
    return frame


@pytest.mark.skipif(not WORKSHOP.exists(), reason="the workshop's data are not here")
def test_snijders_and_bosker_of_the_workshop():
    """R1² .1414 and R2² .4974 of math ~ ses (statistics, section 19)."""
    data = pd.read_csv(WORKSHOP, encoding="utf-8-sig", dtype={"schcode": str})
    null = fitted("math ~ 1 + (1 | schcode)", data)
    found = values(fitted("math ~ ses + (1 | schcode)", data), "r2_snijders_bosker", null=null)
    assert found["level 1"].value == pytest.approx(0.1414, abs=PRINTED)
    assert found["level 2"].value == pytest.approx(0.4974, abs=PRINTED)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_snijders_and_bosker_refit_random_slopes_with_intercepts_only(method):
    frame = grouped(1)
    slope = fitted("y ~ x + w + (x | g)", frame, method)
    plain, null = fitted("y ~ x + w + (1 | g)", frame, method), fitted("y ~ 1 + (1 | g)", frame, method)
    found = values(slope, "r2_snijders_bosker", null=null)
    sizes = frame.groupby("g").size()
    harmonic = len(sizes) / (1 / sizes).sum()
    tau = [float(fit.covariances[0][0, 0]) for fit in (null, plain)]
    sigma2 = [fit.sigma**2 for fit in (null, plain)]
    expected = [
        1 - (sigma2[1] + tau[1]) / (sigma2[0] + tau[0]),
        1 - (sigma2[1] / harmonic + tau[1]) / (sigma2[0] / harmonic + tau[0]),
    ]
    assert [found[f"level {k}"].value for k in (1, 2)] == pytest.approx(expected, abs=EXACT)
    assert found["level 1"].reference == "null"
    own = values(slope, "r2_snijders_bosker")
    assert own["level 1"].value == pytest.approx(expected[0], abs=EXACT)
    assert own["level 1"].reference is None


def test_lahuis_share_is_marginal_r2_for_random_intercepts():
    """R²(MVP) of LaHuis et al. (2014): var(X beta) / (var(X beta) + tau00 + sigma²)."""
    fit = fitted("y ~ x + w + (1 | g)", grouped(3))
    fixed = np.var(fit.design.X @ fit.beta, ddof=1)
    expected = fixed / (fixed + fit.covariances[0][0, 0] + fit.sigma**2)
    assert values(fit, "r2_marginal")["total"].value == pytest.approx(expected, abs=EXACT)


def test_xus_share_is_that_of_the_residuals():
    fit = fitted("Reaction ~ Days + (Days | Subject)")
    assert not values(fit, "r2_xu")
    expected = 1 - np.var(fit.residuals, ddof=1) / np.var(SLEEP.Reaction, ddof=1)
    assert values(fit, "r2_xu", wanted=["r2_xu"])["total"].value == pytest.approx(expected, abs=EXACT)


def test_r2_beta_of_one_slope_follows_from_its_t():
    """Kenward and Roger's t of Days is 6.7715 on 17 df, hence R² = t² / (t² + 17)."""
    fit = fitted("Reaction ~ Days + (Days | Subject)")
    whole = values(fit, "r2_beta", wanted=["r2_beta"])["total"].value
    assert whole == pytest.approx(6.7715**2 / (6.7715**2 + 17), abs=PRINTED)
    partial_ = values(fit, "r2_beta_partial", wanted=["r2_beta"])
    assert partial_["Days"].value == pytest.approx(whole, abs=EXACT)


def test_r2_beta_has_a_value_for_each_term():
    found = values(fitted("y ~ x * w + (1 | g)", grouped(2)), "r2_beta_partial", wanted=["r2_beta"])
    assert set(found) == {"x", "w", "x:w"}
    assert all(0 < row.value < 1 for row in found.values())


def test_local_f2_compares_with_the_rung_before_and_with_the_model_without_a_term():
    frame = grouped(4)
    full, before = fitted("y ~ x + w + (1 | g)", frame), fitted("y ~ x + (1 | g)", frame)
    found = values(full, "local_f2", previous=before, wanted=["local_f2"])
    both, one = variance_parts(full).r2_marginal, variance_parts(before).r2_marginal
    assert found["total"].value == pytest.approx((both - one) / (1 - both), abs=EXACT)
    assert found["w"].value == pytest.approx(found["total"].value, abs=1e-7)
    assert found["total"].reference == "before"
    products = values(fitted("y ~ x * w + (1 | g)", frame), "local_f2", wanted=["local_f2"])
    assert set(products) == {"x:w"}


def test_the_slope_icc_is_the_variance_of_the_slopes_over_that_of_the_outcome():
    """rho_beta of Aguinis & Culpepper (2015): tr(T X_c' X_c / (n - 1)) / var(y)."""
    fit, frame = fitted("y ~ x + (x | g)", grouped(6)), grouped(6)
    centred = frame.x - frame.groupby("g").x.transform("mean")
    expected = fit.covariances[0][1, 1] * centred.var() / frame.y.var()
    rows = [row for row in explain(Explained("m", fit)).icc if row.kind == "slope_heterogeneity"]
    assert [row.group for row in rows] == ["g"]
    assert rows[0].value == pytest.approx(expected, abs=EXACT)
    split = fitted("y ~ x + (x || g)", frame)
    rows = [row for row in explain(Explained("m", split)).icc if row.kind == "slope_heterogeneity"]
    assert rows[0].value == pytest.approx(split.covariances[1][0, 0] * centred.var() / frame.y.var())
    assert not [r for r in explain(Explained("m", fitted("y ~ x + (1 | g)", frame))).icc if "slope" in r.kind]


def test_measures_of_a_linear_model_are_not_applicable_to_counts():
    frame = grouped(7).assign(k=lambda each: np.round(np.abs(each.y)))
    fit = Estimates(build_design("k ~ x + (1 | g)", frame, response=Response("poisson", "log"))).under("ML")
    wanted = ["r2_beta", "r2_xu", "local_f2"]
    for measure in ("r2_snijders_bosker", "r2_beta", "r2_xu"):
        rows = values(fit, measure, wanted=wanted).values()
        assert rows
        assert {(row.value, row.code) for row in rows} == {(None, "not_applicable")}
