"""The textbook GLMM that others are checked with, against numbers of lme4 and against itself."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from tests.unit.engine.dense_glmm import DenseGlmm, log_density, slope_and_curvature

REFERENCE = Path(__file__).parents[2] / "reference"
FAMILIES = [
    ("binomial", "logit"),
    ("binomial", "probit"),
    ("binomial", "cloglog"),
    ("poisson", "log"),
    ("negative_binomial", "log"),
    ("gamma", "log"),
]


@pytest.fixture(scope="module")
def cbpp():
    frame = pd.read_csv(REFERENCE / "data" / "cbpp.csv", dtype={"herd": str, "period": str})
    model = DenseGlmm.of(build_design("incidence ~ period + (1 | herd)", frame))
    return replace(model, trials=frame["size"].to_numpy(float))


@pytest.fixture(scope="module")
def lme4():
    models = json.loads((REFERENCE / "glmm" / "agq.json").read_text(encoding="utf-8"))["models"]
    return models[0]["fits"]


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_the_derivatives_are_those_of_scipys_densities(family, link):
    generator = np.random.default_rng(0)
    eta, k = generator.normal(size=50), generator.integers(0, 5, 50) + float(family == "gamma")
    h, trials = 1e-3, np.full(50, 4.0)

    def differences(f):
        return (8 * (f(eta + h) - f(eta - h)) - (f(eta + 2 * h) - f(eta - 2 * h))) / (12 * h)

    def density(eta):
        return log_density(family, link, k, trials, 1.3, eta)

    slope, w = slope_and_curvature(family, link, k, trials, 1.3, eta)
    np.testing.assert_allclose(differences(density), slope, atol=1e-10)
    second = differences(lambda eta: slope_and_curvature(family, link, k, trials, 1.3, eta)[0])
    np.testing.assert_allclose(second, -w, atol=1e-10)
    assert (w >= 0).all()


def test_laplace_and_quadrature_are_lme4s(cbpp, lme4):
    for name, Q in (("nAGQ1", 1), ("nAGQ7", 7), ("nAGQ25", 25)):
        theta, beta = np.array(lme4[name]["theta"]), np.array(lme4[name]["fixef"])
        deviance = cbpp.laplace(theta, beta) if Q == 1 else cbpp.agq(theta, beta, Q=Q)
        assert deviance == pytest.approx(-2 * lme4[name]["loglik_full"], abs=1e-7)


def test_quadrature_with_one_point_is_laplace_and_with_many_the_integral(cbpp):
    theta, beta = np.array([0.9]), np.array([-1.0, -0.5, -0.5, -1.0])
    assert cbpp.agq(theta, beta, Q=1) == pytest.approx(cbpp.laplace(theta, beta), abs=1e-10)
    assert cbpp.agq(theta, beta, Q=51) == pytest.approx(cbpp.integral(theta, beta), abs=1e-10)
    assert cbpp.integral(theta, beta, step=0.1) == pytest.approx(cbpp.integral(theta, beta), abs=1e-10)
