"""Profile intervals of generalized models, against minimisation of the textbook deviance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from mlm_steps.design.build import build_design
from mlm_steps.engine.criterion.lambda_ import lower_factor, pack, unpack
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.profile.profiles import Parameter, parameters_of, profile_fit
from mlm_steps.records.response import Response
from tests.unit.engine.dense_glmm import DenseGlmm

CUT2 = special.ndtri(0.975) ** 2
RISE_TOL = 5e-4
"""Distance of the rise at a limit from the squared quantile: the last step is taken on a parabola."""


def data(seed=2, J=14, size=9):
    generator = np.random.default_rng(seed)
    g = np.repeat(np.arange(J), size)
    x = generator.normal(size=g.size)
    b = generator.normal(size=(J, 2)) @ np.array([[0.8, 0.3], [0.0, 0.5]])
    eta = -0.2 + 0.5 * x + b[g, 0] + b[g, 1] * x
    n = generator.integers(1, 6, g.size)
    frame = pd.DataFrame({"x": x, "year": 2000 + 4 * x, "g": g.astype(str), "n": n.astype(float)})
    frame["events"] = generator.binomial(n, special.expit(eta)).astype(float)
    frame["count"] = generator.poisson(np.exp(eta) * generator.gamma(2.0, 0.5, g.size)).astype(float)
    return frame


def fitted(formula, family, agq=1):
    frame = data()
    design = build_design(formula, frame)
    design = replace(
        design,
        response=Response(family, family_of(family).link),
        trials=frame["n"].to_numpy() if family == "binomial" else None,
    )
    return fit_glmm(design, family_of(family), agq=agq)


class Textbook:
    """The dense deviance of a fit as a function of (theta, beta, log phi)."""

    def __init__(self, fit):
        self.dense = DenseGlmm.of(fit.design, fit.family, fit.link)
        self.fit, self.m = fit, fit.theta.size
        self.psi = np.concatenate([fit.theta, fit.beta, [] if fit.phi is None else [np.log(fit.phi)]])

    def __call__(self, psi):
        phi = 1.0 if self.fit.phi is None else np.exp(psi[-1])
        theta, beta = psi[: self.m], psi[self.m : self.m + self.fit.beta.size]
        if self.fit.agq == 1:
            return self.dense.laplace(theta, beta, phi)
        return self.dense.agq(theta, beta, phi, Q=self.fit.agq)

    def rise(self, build, start):
        """Return the rise of the deviance to its minimum over y, where build(y) is psi."""
        found = optimize.minimize(lambda y: self(build(y)), start, method="BFGS", options={"gtol": 1e-5})
        return found.fun - self.fit.deviance


def check(fit, limit, build, start):
    assert Textbook(fit).rise(build, start) == pytest.approx(CUT2, abs=RISE_TOL)


def profiles(fit):
    parameters = parameters_of(fit.design)
    return dict(zip(parameters, profile_fit(fit, parameters), strict=True))


@pytest.mark.parametrize("agq", [1, 5])
def test_limits_of_a_coefficient_are_where_the_deviance_has_risen_enough(agq):
    fit = fitted("events ~ x + (1 | g)", "binomial", agq)
    found, psi = profiles(fit), Textbook(fit).psi
    for column in (0, 1):
        curve = found[Parameter("beta", None, (column,))]
        place = fit.theta.size + column
        for limit in (curve.low, curve.high):
            check(fit, limit, lambda y, c=limit, p=place: np.insert(y, p, c), np.delete(psi, place))


def test_limits_of_standard_deviations_and_of_the_correlation():
    fit = fitted("events ~ x + (x | g)", "binomial")
    found, psi = profiles(fit), Textbook(fit).psi
    T = fit.covariances[0]
    sds, rho = np.sqrt(np.diag(T)), T[0, 1] / np.sqrt(T[0, 0] * T[1, 1])

    def with_covariance(sd, rho, beta):
        factor = np.diag(sd) @ np.array([[1.0, 0.0], [rho, np.sqrt(1 - rho**2)]])
        return np.concatenate([pack(factor), beta])

    for effect in (0, 1):
        curve = found[Parameter("sd", 0, (effect,))]
        assert curve.estimate == pytest.approx(sds[effect], rel=1e-6)
        other = 1 - effect
        start = np.array([np.log(sds[other]), np.arctanh(rho), *psi[3:]])
        for limit in (curve.low, curve.high):

            def build(y, c=limit, effect=effect):
                sd = np.empty(2)
                sd[effect], sd[1 - effect] = c, np.exp(y[0])
                return with_covariance(sd, np.tanh(y[1]), y[2:])

            check(fit, limit, build, start)
    curve = found[Parameter("correlation", 0, (0, 1))]
    assert curve.estimate == pytest.approx(rho, rel=1e-6)
    for limit in (curve.low, curve.high):
        if limit not in (-1.0, 1.0):
            check(
                fit, limit, lambda y, c=limit: with_covariance(np.exp(y[:2]), c, y[2:]),
                np.concatenate([np.log(sds), psi[3:]]),
            )  # fmt: skip


def test_limits_of_the_dispersion():
    fit = fitted("count ~ x + (1 | g)", "negative_binomial")
    curve, psi = profiles(fit)[Parameter("phi")], Textbook(fit).psi
    assert curve.estimate == pytest.approx(fit.phi, rel=1e-6)
    for limit in (curve.low, curve.high):
        check(fit, limit, lambda y, c=limit: np.append(y, np.log(c)), psi[:-1])


def test_the_upper_limit_of_the_dispersion_is_infinite_where_poisson_fits():
    generator = np.random.default_rng(0)
    g = np.repeat(np.arange(20), 8)
    y = generator.poisson(np.exp(0.5 + 0.5 * generator.normal(size=20)[g])).astype(float)
    design = build_design("y ~ 1 + (1 | g)", pd.DataFrame({"y": y, "g": g.astype(str)}))
    design = replace(design, response=Response("negative_binomial", "log"))
    curve = profiles(fit_glmm(design, family_of("negative_binomial")))[Parameter("phi")]
    assert curve.high == np.inf
    assert curve.high_code == "boundary"
    assert 0.5 < curve.low < np.inf


def test_units_of_a_covariate_do_not_matter():
    one = profiles(fitted("events ~ x + (x | g)", "binomial"))
    other = profiles(fitted("events ~ I(x * 1000) + (I(x * 1000) | g)", "binomial"))
    slope = Parameter("beta", None, (1,))
    assert other[slope].low == pytest.approx(one[slope].low / 1000, rel=1e-4)
    sd = Parameter("sd", 0, (1,))
    assert other[sd].high == pytest.approx(one[sd].high / 1000, rel=1e-4)
    rho = Parameter("correlation", 0, (0, 1))
    assert other[rho].low == pytest.approx(one[rho].low, abs=1e-4)


def test_a_standard_deviation_of_zero_has_a_lower_limit_of_zero():
    row = np.arange(120)
    frame = pd.DataFrame({"y": (row // 12 < 4).astype(float), "g": row % 12})  # 4 of 10 in every group
    design = build_design("y ~ 1 + (1 | g)", frame.assign(g=frame["g"].astype(str)))
    design = replace(design, response=Response("binomial", "logit"))
    fit = fit_glmm(design, family_of("binomial"))
    curve = profiles(fit)[Parameter("sd", 0, (0,))]
    assert fit.singular
    assert (curve.low, curve.low_code) == (0.0, "boundary")
    check(fit, curve.high, lambda y, c=curve.high: np.insert(y, 0, c), fit.beta)


def test_results_do_not_depend_on_the_number_of_processes():
    fit = fitted("events ~ x + (1 | g)", "binomial")
    parameters = parameters_of(fit.design)
    one, two = (profile_fit(fit, parameters, workers=workers) for workers in (1, 2))
    for a, b in zip(one, two, strict=True):
        assert (a.low, a.high) == (b.low, b.high)


def test_rotating_a_factor_keeps_its_covariance_matrix():
    Lambda = np.array([[0.8, 0.0], [0.3, 0.5]])
    swapped = lower_factor(Lambda[::-1])
    np.testing.assert_allclose(swapped @ swapped.T, (Lambda @ Lambda.T)[::-1, ::-1], atol=1e-15)
    np.testing.assert_allclose(unpack(pack(Lambda), 2), Lambda)
