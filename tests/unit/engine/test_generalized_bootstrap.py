"""Simulation from generalized models and refits to the simulated outcomes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.bootstrap.bootstrap import Sample, draw_replicates
from mlm_steps.engine.bootstrap.generalized import parameters_of_fit
from mlm_steps.engine.bootstrap.simulate import draw_outcomes, refit_outcomes, simulate
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import evaluate_glmm, fit_glmm
from mlm_steps.errors import FitError
from mlm_steps.records.response import LINKS, Response

DATA = Path(__file__).parents[2] / "reference" / "data"


@pytest.fixture(scope="module")
def cbpp():
    frame = pd.read_csv(DATA / "cbpp.csv", dtype={"herd": str, "period": str})
    response = Response("binomial", "logit", "size")
    return fit_glmm(
        build_design("incidence ~ period + (1 | herd)", frame, response=response), family_of("binomial")
    )


def model_of(family, n=3000, phi=3.0):
    """Return a model of many groups at known parameters."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"y": generator.integers(1, 3, n).astype(float), "x": generator.normal(size=n)})
    frame["y"] -= float(family == "binomial")
    frame["g"] = [f"g{i}" for i in np.arange(n) % (n // 3)]
    link = LINKS[family][0]
    design = build_design("y ~ x + (1 | g)", frame, response=Response(family, link))
    distribution = family_of(family, link)
    psi = [0.5, 0.2, -0.3, *([np.log(phi)] if distribution.has_dispersion else [])]
    return evaluate_glmm(design, np.array(psi), distribution)


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "gamma"])
def test_outcomes_have_the_marginal_mean_and_variance(family):
    fit = model_of(family)
    Y = simulate(fit, 200, 1)
    mean = np.exp(0.2 - 0.3 * fit.design.X[:, 1] + 0.125)
    assert (Y / mean).mean() == pytest.approx(1.0, abs=0.01)
    spread = np.exp(0.25) - 1.0
    own = {"poisson": 1 / mean, "negative_binomial": 1 / mean + np.exp(0.25) / 3, "gamma": np.exp(0.25) / 3}
    expected = np.mean(spread + own[family])
    assert np.mean((Y / mean - 1.0) ** 2) == pytest.approx(expected, rel=0.05)


def test_events_follow_the_trials_and_the_probabilities(cbpp):
    Y = simulate(cbpp, 4000, 1, conditional=True)
    assert (cbpp.design.trials >= Y).all()
    assert (np.floor(Y) == Y).all()
    expected = cbpp.fitted * cbpp.design.trials
    np.testing.assert_allclose(Y.mean(axis=0), expected, atol=5 * np.sqrt(expected.max() / 4000))


def test_replicates_depend_on_their_own_number_alone(cbpp):
    whole = draw_replicates(cbpp, "parametric", 3, "bootstrap/m", range(6))
    part = draw_replicates(cbpp, "parametric", 3, "bootstrap/m", range(4, 6))
    np.testing.assert_array_equal(part.theta, whole.theta[4:])
    np.testing.assert_array_equal(part.beta, whole.beta[4:])
    assert (whole.sigma == 1.0).all()


def test_a_refit_is_the_fit_to_that_outcome(cbpp):
    Y = draw_outcomes(cbpp, [stream(1, "s", b) for b in range(3)]).T
    found = refit_outcomes(cbpp, Y)
    frame = pd.read_csv(DATA / "cbpp.csv", dtype={"herd": str, "period": str})
    for b in range(3):
        design = build_design(
            "incidence ~ period + (1 | herd)", frame.assign(incidence=Y[:, b]), response=cbpp.design.response
        )
        alone = fit_glmm(design, cbpp.distribution)
        assert found.criterion[b] == pytest.approx(alone.deviance, abs=1e-7)
        np.testing.assert_allclose(found.beta[b], alone.beta, atol=1e-5)
        np.testing.assert_allclose(found.theta[b], alone.theta, atol=1e-4)


def test_the_spread_of_the_replicates_is_near_the_standard_errors(cbpp):
    found = draw_replicates(cbpp, "parametric", 1, "bootstrap/m", range(200))
    assert found.failed == 0
    np.testing.assert_allclose(found.beta.std(axis=0), cbpp.se, rtol=0.2)
    sample = Sample(cbpp, found)
    np.testing.assert_allclose(sample.covariances[0][:, 0, 0], found.theta[:, 0] ** 2)


def test_groups_are_drawn_with_their_trials(cbpp):
    found = draw_replicates(cbpp, "cases", 1, "bootstrap/m", range(20))
    assert found.failed == 0
    assert np.abs(found.beta.mean(axis=0) - cbpp.beta).max() < 0.3


def test_residuals_are_not_resampled(cbpp):
    with pytest.raises(FitError, match="no sums of a mean and a residual"):
        draw_replicates(cbpp, "residual", 1, "bootstrap/m", range(2))


def test_an_outcome_that_cannot_be_fitted_is_a_failed_replicate(cbpp):
    found = refit_outcomes(cbpp, np.zeros((cbpp.design.n, 1)))
    assert found.status.tolist() == ["failed"]
    assert np.isnan(found.criterion).all()


def test_the_dispersion_is_among_the_replicates():
    fit = model_of("negative_binomial", n=300)
    found = draw_replicates(fit, "parametric", 1, "s", range(8))
    assert found.phi.shape == (8,)
    assert 1.5 < np.nanmedian(found.phi) < 6.0
    assert parameters_of_fit(fit).size == 4
