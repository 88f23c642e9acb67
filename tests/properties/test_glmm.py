"""What must hold for every generalized linear mixed model, whatever the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.pirls.prepared import prepare_glmm
from mlm_steps.engine.pirls.quadrature import deviance
from mlm_steps.records.response import Response
from tests.unit.engine.dense_glmm import DenseGlmm

from .fuzz.gaussian import Gaussian

GRADIENT_TOL = 1e-6
"""Of the gradient: differences of the deviance have an error of about 1e-8."""
FAMILIES = [
    ("binomial", "logit"),
    ("binomial", "probit"),
    ("binomial", "cloglog"),
    ("poisson", "log"),
    ("negative_binomial", "log"),
    ("gamma", "log"),
]
STRUCTURES = [
    "(1 | g)",
    "(x | g)",
    "(x || g)",
    "(1 | g) + (0 + v | g)",
    "(1 | g/h)",
    "(x | g/h)",
    "(1 | g) + (1 | k)",
    "(x | g) + (1 | k)",
    "(1 | g) + (1 | k) + (1 | s)",
]


def simulate(family, link, seed=0, J=8, n=90, trials=4):
    """Return a frame with an outcome of a family, several factors, trials and an exposure."""
    generator = np.random.default_rng(seed)
    g, k, h, s = (generator.integers(0, size, n) for size in (J, 5, 3, 3))
    x, v = generator.normal(size=(2, n))
    eta = 0.3 + 0.4 * x + 0.6 * generator.normal(size=J)[g] + 0.3 * generator.normal(size=5)[k]
    size = generator.integers(1, trials + 1, n).astype(float)
    exposure = generator.uniform(0.5, 2.0, n)
    own = family_of(family, link)
    y = own.draw(eta + (0.0 if family == "binomial" else np.log(exposure)), 2.0, size, generator)
    frame = pd.DataFrame({"y": y, "x": x, "v": v, "size": size, "exposure": exposure})
    factors = {"g": g, "h": h, "k": k, "s": s}
    return frame.assign(**{name: [f"{name}{code}" for code in codes] for name, codes in factors.items()})


def response_of(family, link):
    binomial = family == "binomial"
    return Response(family, link, "size" if binomial else None, None if binomial else "exposure")


def design_of(family, link, random, frame=None):
    frame = simulate(family, link) if frame is None else frame
    return build_design(f"y ~ x + {random}", frame, response=response_of(family, link))


def fitted(family, link, random="(1 | g)", frame=None, **options):
    return fit_glmm(design_of(family, link, random, frame), family_of(family, link), **options)


def point(model, seed=3):
    """Return a parameter vector that is nobody's optimum."""
    generator = np.random.default_rng(seed)
    psi = 0.4 * generator.normal(size=model.size)
    for factor in model.factors:
        diagonal = factor.pattern.rows == factor.pattern.columns
        psi[factor.theta[diagonal]] = generator.uniform(0.3, 0.9, diagonal.sum())
    return psi


def differences(function, psi, h=2e-4):
    return np.array(
        [
            8 * (function(psi + e) - function(psi - e)) - (function(psi + 2 * e) - function(psi - 2 * e))
            for e in h * np.eye(psi.size)
        ]
    ) / (12 * h)


@pytest.mark.parametrize("random", STRUCTURES)
@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_the_gradient_is_that_of_differences(family, link, random):
    model = prepare_glmm(design_of(family, link, random), family_of(family, link))
    psi = point(model)
    exact = deviance(model, psi).gradient
    numeric = differences(lambda each: deviance(model, each).value, psi)
    np.testing.assert_allclose(exact, numeric, GRADIENT_TOL, GRADIENT_TOL * np.abs(numeric).max())


@pytest.mark.parametrize("random", ["(1 | g)", "(x | g)", "(1 | g) + (0 + v | g)"])
@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_the_gradient_of_quadrature_is_that_of_differences(family, link, random):
    model = prepare_glmm(design_of(family, link, random), family_of(family, link))
    psi = point(model)
    exact = deviance(model, psi, 5).gradient
    numeric = differences(lambda each: deviance(model, each, 5).value, psi)
    np.testing.assert_allclose(exact, numeric, GRADIENT_TOL, GRADIENT_TOL * np.abs(numeric).max())


@pytest.mark.parametrize("random", STRUCTURES)
@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_the_deviance_is_the_textbooks(family, link, random):
    design = design_of(family, link, random)
    model = prepare_glmm(design, family_of(family, link))
    psi = point(model)
    theta, fixed, phi = model.split(psi)
    dense = DenseGlmm.of(design, family, link)
    expected = dense.laplace(model.from_internal(theta), model.back @ fixed, phi)
    assert deviance(model, psi).value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_quadrature_leads_to_dense_integration(family, link):
    for random, points in (("(1 | g)", 51), ("(x | g)", 31)):
        design = design_of(family, link, random)
        fit = fit_glmm(design, family_of(family, link), agq=points)
        phi = 1.0 if fit.phi is None else fit.phi
        exact = DenseGlmm.of(design, family, link).integral(fit.theta, fit.beta, phi, step=0.1)
        assert fit.deviance == pytest.approx(exact, abs=1e-8 * abs(exact))


def test_the_three_forms_of_one_binomial_outcome_are_equal():
    frame = simulate("binomial", "logit")
    frame["share"], frame["rest"] = frame["y"] / frame["size"], frame["size"] - frame["y"]
    logit, trials = Response("binomial", "logit"), Response("binomial", "logit", "size")
    forms = [("y", trials), ("share", trials), ("cbind(y, rest)", logit), ("cbind(y, size - y)", logit)]
    fits = [
        fit_glmm(build_design(f"{left} ~ x + (1 | g)", frame, response=response), family_of("binomial"))
        for left, response in forms
    ]
    for other in fits[1:]:
        assert other.deviance == fits[0].deviance
        np.testing.assert_array_equal(other.beta, fits[0].beta)
        np.testing.assert_array_equal(other.theta, fits[0].theta)
        np.testing.assert_array_equal(other.vcov, fits[0].vcov)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_one_row_per_trial_differs_by_the_constant(link):
    frame = simulate("binomial", link)
    repeated = frame.loc[frame.index.repeat(frame["size"].astype(int))]
    order = repeated.groupby(level=0).cumcount()
    rows = repeated.assign(y=(order < repeated["y"]).astype(float)).reset_index(drop=True)
    one, many = fitted("binomial", link, frame=frame), None
    design = build_design("y ~ x + (1 | g)", rows, response=Response("binomial", link))
    many = fit_glmm(design, family_of("binomial", link))
    constant = 2.0 * np.log(special.binom(frame["size"], frame["y"])).sum()
    assert many.deviance == pytest.approx(one.deviance + constant, abs=1e-7)
    np.testing.assert_allclose(many.beta, one.beta, atol=1e-6)
    np.testing.assert_allclose(many.theta, one.theta, atol=1e-6)
    np.testing.assert_allclose(many.se, one.se, rtol=1e-6)


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_frequency_weights_are_repeated_rows(family, link):
    frame = simulate(family, link)
    frame["a"] = np.random.default_rng(4).integers(1, 4, len(frame)).astype(float)
    response = response_of(family, link)
    weighted = build_design("y ~ x + (1 | g)", frame, response=response, weights="a")
    many = frame.loc[frame.index.repeat(frame["a"].astype(int))].reset_index(drop=True)
    repeated = build_design("y ~ x + (1 | g)", many, response=response)
    one, other = (fit_glmm(design, family_of(family, link)) for design in (weighted, repeated))
    assert one.deviance == pytest.approx(other.deviance, abs=1e-7)
    np.testing.assert_allclose(one.beta, other.beta, atol=1e-6)


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_order_of_rows_and_labels_do_not_matter(family, link):
    frame = simulate(family, link)
    plain = fitted(family, link, "(x | g) + (1 | k)", frame)
    moved = frame.sample(frac=1.0, random_state=7, ignore_index=True)
    moved["g"] = moved["g"].map({name: f"z{i * 37 % 11}" for i, name in enumerate(sorted(set(moved["g"])))})
    other = fitted(family, link, "(x | g) + (1 | k)", moved)
    assert other.deviance == pytest.approx(plain.deviance, abs=1e-7)
    np.testing.assert_allclose(other.beta, plain.beta, atol=1e-5)
    np.testing.assert_allclose(other.se, plain.se, rtol=1e-4)


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_shifting_a_covariate_moves_the_intercept_only(family, link):
    frame = simulate(family, link)
    plain = fitted(family, link, "(x | g)", frame)
    moved = fitted(family, link, "(x | g)", frame.assign(x=frame["x"] + 100.0))
    assert moved.deviance == pytest.approx(plain.deviance, abs=1e-6)
    np.testing.assert_allclose(moved.beta[1], plain.beta[1], atol=1e-5)
    np.testing.assert_allclose(moved.beta[0] + 100.0 * moved.beta[1], plain.beta[0], atol=1e-4)
    np.testing.assert_allclose(moved.covariances[0][1, 1], plain.covariances[0][1, 1], atol=1e-5)


@pytest.mark.parametrize("random", STRUCTURES)
def test_a_gaussian_family_gives_the_deviance_of_the_linear_model(random):
    """Statistics, section 3: d(theta, sigma), for which Laplace's approximation is exact."""
    generator = np.random.default_rng(5)
    frame = simulate("poisson", "log")
    frame["y"] = 2.0 + 0.5 * frame["x"] + generator.normal(size=8)[frame["g"].str[1:].astype(int)]
    frame["y"] += 0.7 * generator.normal(size=len(frame))
    design = build_design(f"y ~ x + {random}", frame)
    linear = fit_lmm(design, method="ML")
    model = prepare_glmm(design, Gaussian())
    fixed = np.linalg.solve(model.back, linear.beta)
    psi = np.concatenate(
        [model.to_internal(linear.sigma * linear.theta), fixed, [2.0 * np.log(linear.sigma)]]
    )
    found = deviance(model, psi)
    assert found.value == pytest.approx(linear.criterion, rel=1e-12)
    free = np.abs(psi) > 1e-8
    assert np.abs(found.gradient[free]).max() < 1e-4  # the optimum of one is that of the other
    other = point(model)
    theta, fixed, phi = model.split(other)
    T = DenseGaussian(design).deviance(model.from_internal(theta), model.back @ fixed, phi)
    assert deviance(model, other).value == pytest.approx(T, rel=1e-12)


class DenseGaussian:
    """The marginal normal density of y, with the n by n covariance matrix."""

    def __init__(self, design):
        self.design, self.dense = design, DenseGlmm.of(design)

    def deviance(self, theta, beta, sigma2):
        A = self.dense.Z @ self.dense.Lambda(theta)
        V = A @ A.T + sigma2 * np.eye(self.design.n)
        e = self.design.y - self.design.X @ beta
        return np.linalg.slogdet(V)[1] + e @ np.linalg.solve(V, e) + self.design.n * np.log(2 * np.pi)


def test_negative_binomial_becomes_poisson():
    frame = simulate("poisson", "log")
    design = build_design("y ~ x + (1 | g)", frame, response=Response("poisson", "log", None, "exposure"))
    poisson = prepare_glmm(design, family_of("poisson"))
    binomial = prepare_glmm(design, family_of("negative_binomial"))
    psi = point(poisson)
    limit = deviance(poisson, psi).value
    gaps = [deviance(binomial, np.append(psi, np.log(phi))).value - limit for phi in (1e3, 1e5, 1e7)]
    assert abs(gaps[1]) == pytest.approx(abs(gaps[0]) / 100, rel=0.1)
    assert abs(gaps[2]) == pytest.approx(abs(gaps[1]) / 100, rel=0.1)
    fit, other = fit_glmm(design, family_of("poisson")), fit_glmm(design, family_of("negative_binomial"))
    assert other.deviance <= fit.deviance + 1e-6
    assert other.npar == fit.npar + 1


def test_the_binomial_mirror_image_has_opposite_signs():
    for link in ("logit", "probit"):
        frame = simulate("binomial", link)
        plain = fitted("binomial", link, frame=frame)
        mirrored = fitted("binomial", link, frame=frame.assign(y=frame["size"] - frame["y"]))
        assert mirrored.deviance == pytest.approx(plain.deviance, abs=1e-8)
        np.testing.assert_allclose(mirrored.beta, -plain.beta, atol=1e-6)
        np.testing.assert_allclose(mirrored.theta, plain.theta, atol=1e-6)


def test_an_offset_is_a_covariate_with_coefficient_one():
    frame = simulate("poisson", "log").assign(log_e=lambda d: np.log(d["exposure"]))
    plain = Response("poisson", "log")
    by_key = build_design("y ~ x + (1 | g)", frame, response=Response("poisson", "log", None, "exposure"))
    by_formula = build_design("y ~ x + offset(log_e) + (1 | g)", frame, response=plain)
    one, other = (fit_glmm(design, family_of("poisson")) for design in (by_key, by_formula))
    assert one.deviance == pytest.approx(other.deviance, abs=1e-9)
    doubled = frame.assign(exposure=2.0 * frame["exposure"])
    moved = fit_glmm(
        build_design("y ~ x + (1 | g)", doubled, response=Response("poisson", "log", None, "exposure")),
        family_of("poisson"),
    )
    np.testing.assert_allclose(moved.beta - one.beta, [-np.log(2.0), 0.0], atol=1e-6)


def test_a_gamma_outcome_in_other_units_moves_the_deviance_by_the_logarithm_of_the_unit():
    frame = simulate("gamma", "log")
    plain = fitted("gamma", "log", frame=frame)
    moved = fitted("gamma", "log", frame=frame.assign(y=1000.0 * frame["y"]))
    assert moved.deviance == pytest.approx(plain.deviance + 2.0 * len(frame) * np.log(1000.0), abs=1e-6)
    assert moved.phi == pytest.approx(plain.phi, rel=1e-5)
    assert replace(moved).theta == pytest.approx(plain.theta, abs=1e-5)
