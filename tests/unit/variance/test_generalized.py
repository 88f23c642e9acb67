"""Shares of variance of generalized models: closed forms, dense integration, and numbers of section 22.6."""

from math import exp, log, pi, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from mlm_steps.design.build import build_design
from mlm_steps.design.predictors import Predictors
from mlm_steps.engine import Estimates
from mlm_steps.engine.bootstrap.bootstrap import Sample
from mlm_steps.engine.bootstrap.replicates import Replicates
from mlm_steps.engine.families import FAMILIES, family_of
from mlm_steps.engine.fit.distribution import distribution_variance
from mlm_steps.records.intervals import R2, icc_row, r2_row
from mlm_steps.records.response import LINKS, VARIANCE_METHODS, Response
from mlm_steps.steps.parts.bootstrap_rows import quantities
from mlm_steps.variance import Explained, explain
from mlm_steps.variance.icc import profiled_rows
from mlm_steps.variance.icc_profile import share_interval

DATA = Path(__file__).parents[2] / "reference" / "data"
CBPP = pd.read_csv(DATA / "cbpp.csv", dtype={"herd": str, "period": str})
CBPP["share"] = CBPP.incidence / CBPP["size"]
TICKS = pd.read_csv(
    DATA / "grouseticks.csv", dtype={"BROOD": str, "LOCATION": str, "INDEX": str, "YEAR": str}
)
TICKS["height"] = (TICKS.HEIGHT - TICKS.HEIGHT.mean()) / 100
EXACT = 1e-10
"""Relative tolerance of closed forms."""
INTEGRATED = 1e-7
"""Relative tolerance of 51 quadrature points beside adaptive integration."""


def fitted(formula, frame, family, link=None, **columns):
    response = Response(
        family, link or LINKS[family][0], columns.pop("trials", None), columns.pop("exposure", None)
    )
    return Estimates(build_design(formula, frame, response=response, **columns)).under("ML")


def explained(fit, **others):
    return explain(Explained("m", fit, **others))


def icc(found, kind):
    return next(row for row in found.icc if row.kind == kind)


def measures(found):
    return {row.measure: row.value for row in found.measures}


@pytest.fixture(name="ticks", scope="module")
def ticks_():
    return {
        "null": fitted("TICKS ~ 1 + (1 | BROOD)", TICKS, "poisson"),
        "full": fitted("TICKS ~ YEAR + height + (1 | BROOD)", TICKS, "poisson"),
        "olre": fitted("TICKS ~ YEAR + height + (1 | BROOD) + (1 | INDEX)", TICKS, "poisson"),
    }


def test_the_methods_of_the_spec_are_those_of_the_families():
    own = {name: family_of(name).variance_methods for name in FAMILIES}
    assert own == {name: words for name, words in VARIANCE_METHODS.items() if name != "gaussian"}


def test_three_forms_of_a_binomial_outcome_have_one_icc():
    rows = CBPP.loc[CBPP.index.repeat(CBPP["size"])]
    trial = rows.groupby(level=0).cumcount()
    long = rows.assign(y=(trial < rows.incidence).astype(float)).reset_index(drop=True)
    forms = [
        fitted("cbind(incidence, size - incidence) ~ period + (1 | herd)", CBPP, "binomial"),
        fitted("share ~ period + (1 | herd)", CBPP, "binomial", trials="size"),
        fitted("y ~ period + (1 | herd)", long, "binomial"),
    ]
    # statistics, section 22.6; insight 1.5 gives .653 for cbind
    assert [icc(explained(form), "adjusted").value for form in forms] == pytest.approx(
        [0.1114151] * 3, abs=1e-6
    )


@pytest.mark.parametrize(
    ("link", "variance"), [("logit", pi**2 / 3), ("probit", 1.0), ("cloglog", pi**2 / 6)]
)
def test_binomial_shares_are_those_of_the_latent_variable(link, variance):
    fit = fitted("share ~ period + (1 | herd)", CBPP, "binomial", link, trials="size")
    found = explained(fit)
    tau, fixed = fit.covariances[0][0, 0], np.var(fit.design.X @ fit.beta, ddof=1)
    assert found.distribution.variance == pytest.approx(variance, rel=EXACT)
    assert (found.distribution.method, found.distribution.null_mean) == ("theoretical", None)
    assert icc(found, "adjusted").value == pytest.approx(tau / (tau + variance), rel=EXACT)
    assert measures(found)["r2_marginal"] == pytest.approx(fixed / (fixed + tau + variance), rel=EXACT)
    assert measures(found)["r2_conditional"] == pytest.approx(
        (fixed + tau) / (fixed + tau + variance), rel=EXACT
    )
    ratio = {"logit": "median_odds_ratio", "cloglog": "median_hazard_ratio"}.get(link)
    assert measures(found).get(ratio) == (
        None if ratio is None else pytest.approx(exp(sqrt(2 * tau) * stats.norm.ppf(0.75)), rel=EXACT)
    )


@pytest.mark.parametrize("method", ["lognormal", "delta", "trigamma"])
def test_the_variance_of_a_count_is_that_at_the_marginal_mean_of_the_null_model(ticks, method):
    null, fit = ticks["null"], ticks["full"]
    mean = exp(null.beta[0] + 0.5 * null.covariances[0][0, 0])
    c = 1 / mean
    expected = {"lognormal": log(1 + c), "delta": c, "trigamma": special.polygamma(1, mean)}[method]
    refitted = explained(fit, distribution=method).distribution
    assert refitted.null_mean == pytest.approx(mean, rel=1e-6)
    assert refitted.variance == pytest.approx(expected, rel=1e-6)
    known = explained(fit, null=("null", null), distribution=method).distribution
    assert known.null_mean == pytest.approx(mean, rel=EXACT)


def test_the_null_model_keeps_offset_and_random_slopes():
    frame = TICKS.assign(hours=np.linspace(0.5, 3.0, len(TICKS)))
    fit = fitted("TICKS ~ height + (1 + height | LOCATION)", frame, "poisson", exposure="hours")
    null = fitted("TICKS ~ 1 + (1 + height | LOCATION)", frame, "poisson", exposure="hours")
    z, T = null.design.random[0].z, null.covariances[0]
    eta = np.log(frame.hours) + null.beta[0] + 0.5 * np.einsum("ia,ab,ib->i", z, T, z)
    assert distribution_variance(fit).mean == pytest.approx(np.exp(eta).mean(), rel=1e-5)


def test_the_observation_variance_takes_the_marginal_probability_by_quadrature():
    fit = fitted("share ~ period + (1 | herd)", CBPP, "binomial", trials="size")
    null = fitted("share ~ 1 + (1 | herd)", CBPP, "binomial", trials="size")
    sd = sqrt(null.covariances[0][0, 0])
    p = integrate.quad(lambda t: special.expit(null.beta[0] + sd * t) * stats.norm.pdf(t), -10, 10)[0]
    found = distribution_variance(fit, "observation", [null])
    assert found.mean == pytest.approx(p, rel=INTEGRATED)
    assert found.value == pytest.approx(1 / (CBPP["size"].mean() * p * (1 - p)), rel=INTEGRATED)


def test_a_level_per_row_is_dispersion_and_no_group(ticks):
    found = explained(ticks["olre"])
    fit = ticks["olre"]
    tau = {term.group: T[0, 0] for term, T in zip(fit.design.random, fit.covariances, strict=True)}
    rest = found.distribution.variance + tau["INDEX"]
    assert found.variance_residual == pytest.approx(rest, rel=EXACT)
    assert icc(found, "adjusted").value == pytest.approx(tau["BROOD"] / (tau["BROOD"] + rest), rel=EXACT)
    assert {row.group for row in found.icc} == {None, "BROOD"}
    assert {row.scope for row in found.measures if row.measure.startswith("median")} == {"BROOD"}


def test_reductions_are_scale_corrected_and_have_no_residual(ticks):
    null, fit = ticks["null"], ticks["full"]
    found = explained(fit, null=("null", null))
    (row,) = [row for row in found.measures if row.measure == "prv_null"]
    own, before = explained(fit), explained(null)
    totals = [each.variance_fixed + each.variance_random + each.variance_residual for each in (before, own)]
    after = fit.covariances[0][0, 0] * totals[0] / totals[1]
    tau = null.covariances[0][0, 0]
    assert row.scope == "BROOD: (Intercept)"
    assert row.value == pytest.approx((tau - after) / tau, rel=1e-6)
    assert "scale-corrected" in row.method


def test_reductions_between_families_are_refused(ticks):
    other = fitted("TICKS ~ YEAR + height + (1 | BROOD)", TICKS, "negative_binomial")
    found = explained(other, previous=("full", ticks["full"]))
    assert {row.code for row in found.measures if row.measure == "prv_previous"} == {"not_comparable"}


def test_measures_of_the_outcomes_scale_are_those_of_linear_models_only(ticks):
    names = {row.measure for row in explained(ticks["null"]).measures}
    assert names == {"r2_marginal", "r2_conditional", "median_incidence_rate_ratio"}


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_the_share_on_the_scale_of_the_outcome_is_an_integral(link):
    fit = fitted("share ~ period + (1 | herd)", CBPP, "binomial", link, trials="size")
    inverse = {"logit": special.expit, "probit": special.ndtr, "cloglog": lambda e: -np.expm1(-np.exp(e))}[
        link
    ]
    eta, sd = fit.design.X.mean(axis=0) @ fit.beta, sqrt(fit.covariances[0][0, 0])

    def average(function):
        return integrate.quad(
            lambda t: function(inverse(eta + sd * t)) * stats.norm.pdf(t), -9, 9, epsabs=1e-12
        )[0]

    mean = average(lambda mu: mu)
    between = average(lambda mu: (mu - mean) ** 2)
    share = between / (between + average(lambda mu: mu * (1 - mu)))
    assert icc(explained(fit), "vpc_response").value == pytest.approx(share, rel=INTEGRATED)


def test_the_share_of_counts_with_dispersion_has_a_closed_form(ticks):
    fit = ticks["olre"]
    tau = {term.group: T[0, 0] for term, T in zip(fit.design.random, fit.covariances, strict=True)}
    eta = float(fit.design.X.mean(axis=0) @ fit.beta)
    mean = exp(eta + 0.5 * (tau["BROOD"] + tau["INDEX"]))
    between = mean**2 * np.expm1(tau["BROOD"])
    total = mean + mean**2 * np.expm1(tau["BROOD"] + tau["INDEX"])
    assert icc(explained(fit), "vpc_response").value == pytest.approx(between / total, rel=1e-6)


def test_the_vpc_of_a_random_slope_has_the_distributions_variance():
    fit = fitted("TICKS ~ height + (1 + height | LOCATION)", TICKS, "poisson")
    found = explained(fit)
    row = next(row for row in found.icc if row.kind == "vpc")
    z = np.array([1.0, row.x])
    between = z @ fit.covariances[0] @ z
    assert row.value == pytest.approx(between / (between + found.distribution.variance), rel=EXACT)


def test_an_infinite_coefficient_leaves_the_shares_without_the_fixed_part():
    frame = pd.DataFrame({"g": np.repeat(np.arange(30).astype(str), 10), "f": np.tile(["a", "b"], 150)})
    rng = np.random.default_rng(1)
    frame["y"] = np.where(frame.f == "b", 0.0, (rng.random(300) < 0.5).astype(float))
    found = explained(fitted("y ~ f + (1 | g)", frame, "binomial"))
    assert icc(found, "adjusted").value is not None
    codes = {row.kind: row.code for row in found.icc} | {row.measure: row.code for row in found.measures}
    assert {codes[name] for name in ("unadjusted", "vpc_response", "r2_marginal", "r2_conditional")} == {
        "separation"
    }
    assert found.variance_fixed is None


def test_a_weight_of_two_counts_as_two_rows():
    weighted = TICKS.assign(w=1.0 + (np.arange(len(TICKS)) % 2))
    twice = weighted.loc[weighted.index.repeat(weighted.w.astype(int))].reset_index(drop=True)
    one = explained(fitted("TICKS ~ height + (1 | BROOD)", weighted, "poisson", weights="w"))
    other = explained(fitted("TICKS ~ height + (1 | BROOD)", twice, "poisson"))
    assert one.distribution.null_mean == pytest.approx(other.distribution.null_mean, rel=1e-5)
    assert measures(one)["r2_marginal"] == pytest.approx(measures(other)["r2_marginal"], rel=1e-5)


def test_the_interval_of_a_binomial_icc_maps_the_profile_of_the_standard_deviation():
    fit = fitted("share ~ period + (1 | herd)", CBPP, "binomial", trials="size")
    assert [row.kind for row in profiled_rows(fit)] == ["adjusted", "term_share"]
    found = share_interval(fit, 0.95)
    # lme4 1.1-31, confint(m, parm = "theta_"): the profile limits of the standard deviation
    limits = [sd**2 / (sd**2 + pi**2 / 3) for sd in (0.3460732, 1.099975)]
    assert (found.low, found.high) == pytest.approx(limits, abs=1e-4)
    assert found.estimate == pytest.approx(icc(explained(fit), "adjusted").value, rel=1e-6)


def test_shares_whose_distribution_variance_is_estimated_have_no_profile(ticks):
    assert profiled_rows(ticks["full"]) == ()
    fit = fitted("share ~ period + (1 | herd)", CBPP, "binomial", trials="size")
    assert profiled_rows(fit, "observation") == ()


def test_the_share_on_the_scale_of_the_outcome_follows_the_predictor_of_a_random_slope():
    formula = "TICKS ~ height * YEAR + (1 + height | LOCATION)"
    fit = fitted(formula, TICKS, "poisson")
    found = explained(fit, predictors=Predictors(fit.design, TICKS))
    rows = [row for row in found.icc if row.kind == "vpc_response" and row.effect == "height"]
    assert [row.x for row in rows] == [row.x for row in found.icc if row.kind == "vpc"]
    beta = dict(zip(fit.design.columns, fit.beta, strict=True))
    for row in rows:
        z = np.array([1.0, row.x])
        tau = z @ fit.covariances[0] @ z
        years = (
            beta["YEAR96"] + beta["YEAR97"] + row.x * (beta["height:YEAR96"] + beta["height:YEAR97"])
        ) / 3
        mean = exp(beta["(Intercept)"] + beta["height"] * row.x + years + 0.5 * tau)
        between = mean**2 * np.expm1(tau)
        assert row.value == pytest.approx(between / (between + mean), rel=1e-5)


@pytest.mark.parametrize(
    ("formula", "arguments"),
    [
        ("share ~ period + (1 | herd)", {"family": "binomial", "trials": "size"}),
        ("share ~ period + (1 | herd) + (1 | row)", {"family": "binomial", "trials": "size"}),
        ("positive ~ period + (1 | herd)", {"family": "gamma"}),
    ],
)
def test_a_replicate_with_the_estimates_of_the_fit_has_its_shares(formula, arguments):
    frame = CBPP.assign(row=[f"r{i}" for i in range(len(CBPP))], positive=CBPP.incidence + 0.5)
    fit = fitted(formula, frame, **arguments)
    phi = None if fit.phi is None else np.array([fit.phi])
    one = np.ones(1)
    sample = Sample(fit, Replicates(fit.theta[None], fit.beta[None], one, one, np.array(["converged"]), phi))
    found = {each.what: each.values[0] for each in quantities(sample)}
    record = explained(fit)
    for row in record.icc:
        if row.kind != "vpc_response":
            assert found[icc_row(row)] == pytest.approx(row.value, rel=EXACT)
    for row in record.measures:
        if row.measure.startswith(R2):
            assert found[r2_row(row)] == pytest.approx(row.value, rel=EXACT)


def test_replicates_of_counts_have_no_shares(ticks):
    fit, one = ticks["full"], np.ones(1)
    sample = Sample(fit, Replicates(fit.theta[None], fit.beta[None], one, one, np.array(["converged"])))
    assert {each.kind for each in quantities(sample)} == {"fixed", "variance"}
