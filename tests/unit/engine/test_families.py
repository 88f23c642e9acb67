"""The families: derivatives against differences, distributions against scipy's, checks of outcomes."""

import numpy as np
import pytest
from scipy import stats

from mlm_steps.engine.families import FAMILIES, Outcome, family_of

STEP = 1e-5
DIFFERENCE = 2e-9
"""Error of a central difference with this step, relative to the size of the function."""
EXACT = 1e-12
"""Rounding of two computations of one density."""

ALL = [(name, link) for name, kind in FAMILIES.items() for link in kind.links]
ETA = np.array([-8.0, -2.5, -0.3, 0.0, 0.4, 1.1, 2.2, 3.0])
PHI = [0.3, 4.0, 99.0, 101.0, 1e7]


def outcome_of(name):
    if name == "binomial":
        return Outcome.of(np.array([0, 1, 3, 5, 0, 1, 12, 7.0]), np.array([1, 1, 5, 5, 4, 9, 12, 7.0]))
    if name == "gamma":
        return Outcome.of(np.array([0.1, 1.0, 2.5, 0.01, 7.0, 3.0, 20.0, 1e-3]))
    return Outcome.of(np.array([0, 1, 2, 0, 7, 3, 20, 41.0]))


def distribution(family, outcome, eta, phi):
    mu = family.mean(eta)
    if family.name == "binomial":
        return stats.binom(outcome.trials, mu)
    if family.name == "poisson":
        return stats.poisson(mu)
    if family.name == "gamma":
        return stats.gamma(phi, scale=mu / phi)
    return stats.nbinom(phi, phi / (phi + mu))


def density(family, outcome, eta, phi):
    return family.constant(outcome, phi) + family.log_density(outcome, eta, phi)


@pytest.mark.parametrize(("name", "link"), ALL)
@pytest.mark.parametrize("phi", PHI[:-1])
def test_the_log_density_is_scipys_with_all_constants(name, link, phi):
    family, outcome = family_of(name, link), outcome_of(name)
    given = distribution(family, outcome, ETA, phi)
    expected = given.logpdf(outcome.y) if name == "gamma" else given.logpmf(outcome.y)
    np.testing.assert_allclose(density(family, outcome, ETA, phi), expected, rtol=1e-10)


def test_the_negative_binomial_keeps_its_digits_near_poissons_limit():
    poisson, other, outcome = family_of("poisson"), family_of("negative_binomial"), outcome_of("poisson")
    mu, phi = np.exp(ETA), 1e9
    # The first term of the expansion in 1 / phi; the next one is of the order of 1e-14.
    expected = ((outcome.y - mu) ** 2 - outcome.y) / (2 * phi)
    found = density(other, outcome, ETA, phi) - density(poisson, outcome, ETA, 1.0)
    np.testing.assert_allclose(found, expected, atol=5e-14)
    np.testing.assert_allclose(other.in_dispersion(outcome, ETA, phi).log_density, -expected, atol=5e-14)


@pytest.mark.parametrize(("name", "link"), ALL)
@pytest.mark.parametrize("phi", PHI[:-1])
def test_derivatives_in_eta_are_those_of_the_log_density(name, link, phi):
    family, outcome = family_of(name, link), outcome_of(name)
    found = family.derivatives(outcome, ETA, phi)

    def slopes(function):
        return (function(ETA + STEP) - function(ETA - STEP)) / (2 * STEP)

    numeric = (
        slopes(lambda eta: family.log_density(outcome, eta, phi)),
        -slopes(lambda eta: family.derivatives(outcome, eta, phi).slope),
        slopes(lambda eta: family.derivatives(outcome, eta, phi).curvature),
    )
    for exact, approximate in zip(found, numeric, strict=True):
        np.testing.assert_allclose(exact, approximate, rtol=1e-8, atol=DIFFERENCE * (1 + np.abs(exact).max()))
    assert (found.curvature >= 0).all()


@pytest.mark.parametrize("name", [name for name, kind in FAMILIES.items() if kind.has_dispersion])
@pytest.mark.parametrize("phi", PHI)
def test_derivatives_in_the_logarithm_of_phi(name, phi):
    family, outcome = family_of(name), outcome_of(name)
    found = family.in_dispersion(outcome, ETA, phi)

    def at(log_phi):
        value = float(np.exp(log_phi))
        own = family.derivatives(outcome, ETA, value)
        return np.array([density(family, outcome, ETA, value), own.slope, own.curvature])

    step = 1e-4
    numeric = (at(np.log(phi) + step) - at(np.log(phi) - step)) / (2 * step)
    for exact, approximate in zip(found, numeric, strict=True):
        np.testing.assert_allclose(exact, approximate, rtol=2e-8, atol=1e-8 * (1 + np.abs(exact).max()))


@pytest.mark.parametrize(("name", "link"), ALL)
def test_moments_and_cdf_are_scipys(name, link):
    family, outcome, phi = family_of(name, link), outcome_of(name), 2.5
    given = distribution(family, outcome, ETA, phi)
    np.testing.assert_allclose(family.variance(ETA, phi, outcome.trials), given.var(), rtol=1e-7)
    for y in (outcome.y, outcome.y - 1.0, outcome.y + 1.0):
        found = family.cdf(y, ETA, phi, outcome.trials)
        np.testing.assert_allclose(found, given.cdf(y), rtol=1e-9, atol=1e-14)
    slope = (family.mean(ETA + STEP) - family.mean(ETA - STEP)) / (2 * STEP)
    np.testing.assert_allclose(family.mean_slope(ETA), slope, rtol=1e-7, atol=1e-10)
    inside = ETA[1:-1] - (1.0 if link == "cloglog" else 0.0)
    np.testing.assert_allclose(family.link_of(family.mean(inside)), inside, atol=1e-10)


@pytest.mark.parametrize(("name", "link"), ALL)
def test_draws_have_the_mean_and_the_variance(name, link):
    family, rng, n = family_of(name, link), np.random.default_rng(7), 40_000
    eta, trials, phi = np.full(n, -0.4), np.full(n, 6.0 if name == "binomial" else 1.0), 3.0
    drawn = family.draw(eta, phi, trials, rng)
    variance = float(family.variance(eta[:1], phi, trials[:1])[0])
    assert drawn.mean() == pytest.approx(
        float(family.mean(eta[:1])[0]) * trials[0], abs=5 * (variance / n) ** 0.5
    )
    assert drawn.var() == pytest.approx(variance, rel=0.06)


@pytest.mark.parametrize(("name", "link"), ALL)
def test_far_from_the_data_nothing_is_lost_or_overflows(name, link):
    family, outcome = family_of(name, link), outcome_of(name)
    for far in (-700.0, -40.0, 40.0, 700.0):
        eta = np.full(outcome.y.size, far)
        found = (family.log_density(outcome, eta, 2.0), *family.derivatives(outcome, eta, 2.0))
        assert all(np.isfinite(each).all() for each in found)
        assert (found[2] >= 0).all()


@pytest.mark.parametrize(("name", "link"), ALL)
def test_the_log_density_has_one_mode_also_where_the_mean_overflows(name, link):
    family, outcome = family_of(name, link), outcome_of(name)
    eta = np.linspace(-1000.0, 1000.0, 2001)
    values = np.array([family.log_density(outcome, np.full(outcome.y.size, at), 2.0) for at in eta])
    rises = np.diff(values, axis=0) / (1.0 + np.abs(values[1:]))
    falls_before = np.minimum.accumulate(rises, axis=0)
    assert not ((rises > 1e-12) & (falls_before < -1e-12)).any()


def test_distribution_variances_on_the_link_scale():
    assert family_of("binomial").distribution_variance("theoretical", 0.3, 1.0, 5.0) == pytest.approx(
        np.pi**2 / 3
    )
    assert family_of("binomial", "cloglog").distribution_variance(
        "theoretical", 0.3, 1.0, 1.0
    ) == pytest.approx(np.pi**2 / 6)
    # Nakagawa et al. (2017): the mean of Salamanders' Poisson model is 1.828.
    assert family_of("poisson").distribution_variance("lognormal", 1.828, 1.0, 1.0) == pytest.approx(
        np.log1p(1 / 1.828)
    )
    assert family_of("gamma").distribution_variance("delta", 5.0, 4.0, 1.0) == 0.25
    # E y^-1 of a gamma variable: trigamma is the variance of its logarithm.
    assert family_of("gamma").distribution_variance("trigamma", 5.0, 4.0, 1.0) == pytest.approx(
        stats.loggamma(4.0).var()
    )


@pytest.mark.parametrize(
    ("name", "y", "trials", "row", "words"),
    [
        ("poisson", [1, 2, -3], None, 2, "negative: -3"),
        ("negative_binomial", [1, 2.5, 3], None, 1, "whole number: 2.5"),
        ("poisson", [0, 0, 0], None, None, "all counts are 0"),
        ("gamma", [1, 0, 3], None, 1, "above 0: 0"),
        ("gamma", [2, 2, 2], None, None, "one value only"),
        ("binomial", [0, 1, 2], None, 2, "0 or 1: 2"),
        ("binomial", [0, 0.5, 1], None, 1, "whole number: 0.5"),
        ("binomial", [1, 4, 2], [3, 3, 3], 1, "0 to 3, its number of trials: 4"),
        ("binomial", [0, 1, 2], [3, 0, 3], 1, "above 0: 0"),
        ("binomial", [0, 1, 2], [3, 2.5, 3], 1, "above 0: 2.5"),
        ("binomial", [1, 1, 1], None, None, "the event always occurs"),
        ("binomial", [0, 0, 0], [2, 3, 4], None, "the event never occurs"),
    ],
)
def test_an_outcome_at_fault_is_named_with_its_row(name, y, trials, row, words):
    outcome = Outcome.of(np.array(y, dtype=float), None if trials is None else np.array(trials, dtype=float))
    [fault] = family_of(name).check(outcome)
    assert fault.row == row
    assert words in fault.what
    assert fault.hint


@pytest.mark.parametrize("name", FAMILIES)
def test_a_good_outcome_has_no_fault(name):
    assert list(family_of(name).check(outcome_of(name))) == []


def test_an_unknown_link_is_refused():
    with pytest.raises(ValueError, match="no link 'sqrt'"):
        family_of("poisson", "sqrt")
