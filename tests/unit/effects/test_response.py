"""Means and slopes of generalized models on three scales, beside dense integration and differences."""

from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from mlm_steps import fit
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.generalized import evaluate_generalized
from mlm_steps.engine.posterior.population import mean_outcomes

DATA = Path(__file__).parents[2] / "reference" / "data"
CBPP = pd.read_csv(DATA / "cbpp.csv", dtype={"herd": str, "period": str})
CONTRACEPTION = pd.read_csv(DATA / "Contraception.csv.gz", dtype={"district": str, "woman": str})
TICKS = pd.read_csv(DATA / "grouseticks.csv", dtype={"BROOD": str, "INDEX": str, "YEAR": str})
INTEGRATED = 5e-7
"""Relative tolerance of 51 quadrature points beside adaptive integration, for deviations up to 1.5."""
DIFFERENCES = 2e-4
"""Relative tolerance of standard errors beside those from a Hessian by second differences of the deviance."""
INVERSE = {"logit": special.expit, "probit": special.ndtr, "cloglog": lambda e: -np.expm1(-np.exp(e))}


@pytest.fixture(name="slope", scope="module")
def slope_():
    return fit("use ~ age * urban + livch + (1 + age | district)", CONTRACEPTION, family="binomial")


@pytest.fixture(name="ticks", scope="module")
def ticks_():
    formula = "TICKS ~ YEAR * cHEIGHT + (1 | BROOD) + (1 | INDEX)"
    return fit(formula, TICKS.assign(cHEIGHT=TICKS.cHEIGHT / 50), family="poisson")


def integrated(link, eta, sd):
    def outcome(t):
        return INVERSE[link](eta + sd * t) * stats.norm.pdf(t)

    return integrate.quad(outcome, -12, 12, epsabs=1e-13, epsrel=1e-12)[0]


@pytest.mark.parametrize("link", list(INVERSE))
@pytest.mark.parametrize("sd", [0.0, 0.3, 1.5])
def test_a_population_average_is_an_integral_and_its_derivatives_are_those_of_differences(link, sd):
    family, eta, h = family_of("binomial", link), np.array([-2.0, -0.3, 1.2]), 1e-4
    variance = np.full(3, sd**2)
    found = family.marginal(eta, variance)
    np.testing.assert_allclose(found.mean, [integrated(link, e, sd) for e in eta], rtol=INTEGRATED)
    in_eta = (family.marginal(eta + h, variance).mean - family.marginal(eta - h, variance).mean) / (2 * h)
    np.testing.assert_allclose(found.in_eta, in_eta, rtol=1e-6)
    if sd:
        up, down = (family.marginal(eta, variance + step).mean for step in (h, -h))
        np.testing.assert_allclose(found.in_variance, (up - down) / (2 * h), rtol=1e-5, atol=1e-5)


def test_the_population_average_of_counts_is_that_of_a_lognormal_mean():
    found = family_of("poisson").marginal(np.array([0.5]), np.array([0.8]))
    assert found.mean[0] == pytest.approx(np.exp(0.9), rel=1e-14)


@pytest.mark.parametrize("link", list(INVERSE))
def test_means_have_three_scales(link):
    frame = CBPP.assign(share=CBPP.incidence / CBPP["size"])
    model = fit("share ~ period + (1 | herd)", frame, family="binomial", link=link, trials="size")
    (record,) = model.means("period").records
    sd = sqrt(model.model.covariances[0][0, 0])
    for mean in record.means:
        assert mean.typical.estimate == pytest.approx(INVERSE[link](mean.test.estimate))
        assert mean.typical.ci_low == pytest.approx(INVERSE[link](mean.test.ci_low))
        assert mean.population.estimate == pytest.approx(
            integrated(link, mean.test.estimate, sd), rel=INTEGRATED
        )
        assert 0 < mean.population.ci_low < mean.population.estimate < mean.population.ci_high < 1


def parameters(model):
    others = [] if model.phi is None else [np.log(model.phi)]
    return np.concatenate([model.theta, model.beta, others])


def covariance(model):
    """Return 2 (∇²d)⁻¹ of theta, beta and log(phi) in the design's units, by differences of the deviance."""
    psi = parameters(model)
    step = 2e-3 * np.maximum(np.abs(psi), 0.1)

    def deviance(at):
        return evaluate_generalized(model.design, at, model.agq).deviance

    q = psi.size
    H, E = np.empty((q, q)), np.diag(step)
    for i in range(q):
        for j in range(i, q):
            corners = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
            total = sum(sign * deviance(psi + a * E[i] + b * E[j]) for a, b, sign in corners)
            H[i, j] = H[j, i] = total / (4 * step[i] * step[j])
    return 2 * np.linalg.inv(H)


def differentiated(function, psi):
    step = 1e-5 * np.maximum(np.abs(psi), 0.1)
    return np.array([(function(psi + e) - function(psi - e)) / (2 * e.sum()) for e in np.diag(step)])


def test_standard_errors_are_those_of_the_delta_method_over_all_parameters():
    model = fit("cbind(incidence, size - incidence) ~ period + (1 | herd)", CBPP, family="binomial")
    (record,) = model.means("period").records
    V, X = covariance(model.model), np.array([[1.0, 0, 0, 0], [1, 1, 0, 0]])

    def averages(psi):
        return family_of("binomial").marginal(X @ psi[1:], np.full(2, psi[0] ** 2)).mean

    G = differentiated(averages, parameters(model.model))
    spread = G.T @ V @ G
    se = np.sqrt(np.diag(spread))
    assert [mean.population.se for mean in record.means[:2]] == pytest.approx(se, rel=DIFFERENCES)
    mean = record.means[1].population
    low = special.expit(
        special.logit(mean.estimate) - 1.959964 * mean.se / (mean.estimate * (1 - mean.estimate))
    )
    assert mean.ci_low == pytest.approx(low, rel=1e-6)
    first = next(each for each in record.differences if {each.first, each.second} == {"1", "2"})
    contrast = np.array([-1.0, 1.0])
    assert first.response.se == pytest.approx(sqrt(contrast @ spread @ contrast), rel=DIFFERENCES)
    assert first.ratio.estimate == pytest.approx(np.exp(model.beta["period2"]))
    assert record.ratio_kind == "OR"


def test_gradients_of_random_slopes_and_several_terms_are_those_of_differences(slope, ticks):
    for model in (slope.model, ticks.model):
        design, psi = model.design, model.psi_internal
        rows = slice(0, 6)
        X, random = design.X[rows], [term.z[rows] for term in design.random]
        found = mean_outcomes(model, X, None, random)
        prepared = model.prepared

        def averages(at, model=model, prepared=prepared, X=X, random=random):
            theta = prepared.from_internal(at[: prepared.n_theta])
            beta = prepared.back @ at[prepared.n_theta : prepared.n_theta + prepared.p]
            moved = evaluate_at_parameters(model, theta, beta)
            total = sum(np.einsum("ia,ab,ib->i", z, T, z) for z, T in zip(random, moved, strict=True))
            return model.distribution.marginal(X @ beta, total).mean

        np.testing.assert_allclose(found.gradient.T, differentiated(averages, psi), rtol=1e-6, atol=1e-8)


def evaluate_at_parameters(model, theta, beta):
    psi = np.concatenate([theta, beta, [] if model.phi is None else [np.log(model.phi)]])
    return evaluate_generalized(model.design, psi, 1).covariances


def test_a_slope_of_the_population_average_counts_the_random_slope(slope):
    (record,) = slope.slopes("age", "urban").records
    T, beta, age = slope.model.covariances[0], slope.beta, CONTRACEPTION.age.mean()
    livch = beta[["livch1", "livch2", "livch3+"]].sum() / 4

    def average(x, urban):
        eta = (
            beta["(Intercept)"] + livch + beta["age"] * x + urban * (beta["urbanY"] + beta["age:urbanY"] * x)
        )
        z = np.array([1.0, x])
        return integrated("logit", eta, sqrt(z @ T @ z))

    h = 1e-3
    slopes = [(average(age + h, urban) - average(age - h, urban)) / (2 * h) for urban in (0, 1)]
    assert [each.response.estimate for each in record.slopes] == pytest.approx(slopes, rel=1e-5)
    assert record.differences[0].response.estimate == pytest.approx(slopes[1] - slopes[0], rel=1e-5)
    assert [each.ratio.estimate for each in record.slopes] == pytest.approx(
        [np.exp(each.slope.estimate) for each in record.slopes]
    )


def moved(slope, urban, age, shift=0.0):
    """Return the mean over the rows of the population average at values of urban and age, or age + shift."""
    design, T = slope.model.design, slope.model.covariances[0]
    X = design.X.copy()
    ages = np.full(len(X), age) if age is not None else CONTRACEPTION.age.to_numpy() + shift
    for column, value in (("age", ages), ("urbanY", urban), ("age:urbanY", ages * urban)):
        X[:, design.columns.index(column)] = value
    z = np.column_stack([np.ones(len(ages)), ages])
    variance = np.einsum("ia,ab,ib->i", z, T, z)
    return slope.model.distribution.marginal(X @ slope.beta.to_numpy(), variance).mean.mean()


def test_a_slope_is_averaged_over_the_rows_as_they_are(slope):
    (record,) = slope.slopes("urban", "age", at=[-5.0, 5.0]).records
    for each in record.slopes:
        expected = moved(slope, 1.0, each.value) - moved(slope, 0.0, each.value)
        assert each.average.estimate == pytest.approx(expected, rel=1e-10)
    (record,) = slope.slopes("age", "urban").records
    h = 1e-4
    slopes = [(moved(slope, u, None, h) - moved(slope, u, None, -h)) / (2 * h) for u in (0.0, 1.0)]
    assert [each.average.estimate for each in record.slopes] == pytest.approx(slopes, rel=1e-6)
    (pair,) = record.differences
    assert pair.average.estimate == pytest.approx(slopes[1] - slopes[0], rel=1e-6)
    assert pair.average.se > 0


def test_the_interaction_with_a_number_compares_its_last_and_first_value(slope):
    (record,) = slope.slopes("urban", "age").records
    (pair,) = record.differences
    ends = record.slopes[-1], record.slopes[0]
    assert (pair.first, pair.second) == tuple(each.value for each in ends)
    assert pair.response.estimate == pytest.approx(ends[0].response.estimate - ends[1].response.estimate)
    assert pair.test.p == pytest.approx(pair.p_unadjusted) == pytest.approx(slope.p_value["age:urbanY"])
    assert record.adjust == "none"


def test_lines_are_drawn_on_three_scales(slope):
    (record,) = slope.slopes("age", "urban").records
    for line in record.lines:
        assert len(line.points) == len(line.population) == len(line.typical) == 25
        link, typical = (np.array([each[1:] for each in points]) for points in (line.points, line.typical))
        np.testing.assert_allclose(typical, special.expit(link), rtol=1e-6)


def test_a_level_per_row_counts_in_the_population_average(ticks):
    (record,) = ticks.means("YEAR").records
    total = sum(T[0, 0] for T in ticks.model.covariances)
    for mean in record.means:
        assert mean.population.estimate == pytest.approx(np.exp(mean.test.estimate + 0.5 * total))
        assert mean.typical.estimate == pytest.approx(np.exp(mean.test.estimate))


def test_the_exposure_of_a_mean_is_one():
    frame = TICKS.assign(hours=np.linspace(0.5, 3.0, len(TICKS)))
    model = fit("TICKS ~ YEAR + (1 | BROOD)", frame, family="poisson", exposure="hours")
    assert model.means("YEAR").records[0].means[0].test.estimate == pytest.approx(model.beta["(Intercept)"])


def test_infinite_coefficients_leave_the_other_means():
    frame = pd.DataFrame({"g": np.repeat(np.arange(30).astype(str), 12), "f": np.tile(["a", "b", "c"], 120)})
    rng = np.random.default_rng(1)
    frame["y"] = np.where(frame.f == "c", 0.0, (rng.random(360) < 0.5).astype(float))
    model = fit("y ~ f + (1 | g)", frame, family="binomial")
    (record,) = model.means("f").records
    assert [mean.population.code for mean in record.means] == [None, None, "not_estimable"]
    assert [each.response.code for each in record.differences] == [None, "not_estimable", "not_estimable"]
    sd = sqrt(model.model.covariances[0][0, 0])
    first = record.means[1]
    expected = integrated("logit", first.test.estimate, sd)
    assert first.population.estimate == pytest.approx(expected, rel=INTEGRATED)
    assert first.population.se > 0


def test_a_linear_model_has_one_scale(slope):
    model = fit("age ~ urban + (1 | district)", CONTRACEPTION)
    (record,) = model.means("urban").records
    assert record.ratio_kind is None
    assert all(mean.population is mean.typical is None for mean in record.means)
    assert all(pair.ratio is pair.response is None for pair in record.differences)
