"""Profiles, bootstrap and simulation of generalized models through the API."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import FitError

DATA = Path(__file__).parents[2] / "reference" / "data"


@pytest.fixture(scope="module")
def cbpp():
    frame = pd.read_csv(DATA / "cbpp.csv", dtype={"herd": str, "period": str})
    return mlm_steps.fit("cbind(incidence, size - incidence) ~ period + (1 | herd)", frame, family="binomial")


@pytest.fixture(scope="module")
def counts():
    frame = pd.read_csv(DATA / "sim_counts.csv.gz", dtype={"site": str})
    return mlm_steps.fit(
        "count ~ treat + x + (1 | site)", frame, family="negative_binomial", exposure="exposure"
    )


@pytest.fixture(scope="module")
def separated():
    frame = pd.read_csv(DATA / "sim_separated.csv", dtype={"g": str})
    return mlm_steps.fit("y ~ f + x + (1 | g)", frame, family="binomial")


def test_profile_limits_are_lme4s(cbpp):
    # confint(glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)), lme4 1.1-31
    expected = {
        "sd_(Intercept)|herd": (0.3460732, 1.09997465),
        "(Intercept)": (-1.9012120, -0.94775401),
        "period2": (-1.6167833, -0.40776307),
        "period3": (-1.8010244, -0.51153607),
        "period4": (-2.5007506, -0.80075532),
    }
    table = cbpp.confint().table
    assert list(table.index) == list(expected)
    for name, limits in expected.items():
        np.testing.assert_allclose(table.loc[name, ["low", "high"]].astype(float), limits, atol=5e-5)


def test_the_dispersion_has_an_interval_beside_the_standard_deviations(counts):
    table = counts.confint(parm="theta_").table
    assert list(table.index) == ["sd_(Intercept)|site", "phi"]
    assert table.loc["phi", "low"] < counts.phi < table.loc["phi", "high"]
    assert "sigma" not in counts.confint().table.index


def test_the_bootstrap_has_the_models_parameters_and_no_shares_of_variance(counts):
    found = counts.bootstrap(10, seed=2)
    assert list(found.estimates.index) == ["sd_(Intercept)|site", "phi", "(Intercept)", "treatyes", "x"]
    assert found.estimates["phi"] == counts.phi
    assert found.values.shape == (10, 5)
    again = counts.bootstrap(10, seed=2)
    pd.testing.assert_frame_equal(again.values, found.values)


def test_residuals_cannot_be_resampled(counts):
    with pytest.raises(FitError, match="no sums of a mean and a residual"):
        counts.bootstrap(10, kind="residual")


def test_simulated_outcomes_are_events(cbpp):
    drawn = cbpp.simulate(3, 1)
    assert drawn.shape == (56, 3)
    assert (drawn >= 0).all(axis=None)
    assert (drawn.to_numpy() == np.floor(drawn.to_numpy())).all()


def test_an_infinite_estimate_has_one_finite_limit(separated):
    row = separated.confint().table.loc["fc"]
    assert (row["low"], row["low_code"]) == (-np.inf, "boundary")
    assert row["high"] == pytest.approx(-3.10176, abs=1e-4)
    curve = separated.profile("fc").confint().table.loc["fc"]
    assert curve["high"] == pytest.approx(-3.10176, abs=1e-2)


def test_replicates_of_an_infinite_estimate_are_infinite(separated):
    table = separated.bootstrap(5).table
    assert table.loc["fc", ["estimate", "low", "high"]].tolist() == [-np.inf] * 3
    assert np.isnan(table.loc["fc", "bias"])
