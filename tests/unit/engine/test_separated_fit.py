"""Fits whose coefficients are infinite: their limit, profiles and replicates."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from mlm_steps.design.build import build_design
from mlm_steps.engine.bootstrap.bootstrap import draw_replicates
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import evaluate_glmm, fit_glmm
from mlm_steps.engine.fit.quadrature import fit_with_enough_points, shift_to
from mlm_steps.engine.pirls.prepared import prepare_glmm
from mlm_steps.engine.profile.profiles import Parameter, profile_fit
from mlm_steps.records.response import LINKS, Response
from tests.unit.engine.dense_glmm import DenseGlmm

CUT2 = special.ndtri(0.975) ** 2


def frame_of(seed=0, n=240):
    generator = np.random.default_rng(seed)
    f, x = np.array(["a", "b", "c"])[generator.integers(0, 3, n)], generator.normal(size=n)
    g = np.arange(n) % 20
    eta = -0.2 + 0.5 * x + 0.7 * generator.normal(size=20)[g]
    frame = pd.DataFrame({"f": f, "x": x, "g": [f"g{i}" for i in g]})
    frame["y"] = np.where(f == "c", 0.0, generator.random(n) < special.expit(eta))
    frame["count"] = np.where(f == "c", 0.0, generator.poisson(np.exp(eta)))
    return frame


def design_of(formula="y ~ f + x + (1 | g)", frame=None, family="binomial", link=None):
    response = Response(family, link or LINKS[family][0])
    return build_design(formula, frame_of() if frame is None else frame, response=response)


def fit_of(design, **options):
    return fit_glmm(design, family_of(design.response.family, design.response.link), **options)


CASES = [("y", "binomial", "logit"), ("y", "binomial", "probit"), ("y", "binomial", "cloglog"),
         ("count", "poisson", "log"), ("count", "negative_binomial", "log")]  # fmt: skip


@pytest.mark.parametrize(("outcome", "family", "link"), CASES)
def test_the_fit_is_the_limit_of_fits_with_the_coefficient_far_out(outcome, family, link):
    design = design_of(f"{outcome} ~ f + x + (1 | g)", family=family, link=link)
    fit = fit_of(design)
    assert fit.beta[2] == -np.inf
    assert np.isfinite(fit.beta[[0, 1, 3]]).all()
    assert np.isnan(fit.se[2])
    assert (fit.se[[0, 1, 3]] > 0).all()
    far = np.where(np.isfinite(fit.beta), fit.beta, -60.0)
    phi = 1.0 if fit.phi is None else min(fit.phi, 1e6)
    dense = DenseGlmm.of(design, family, link).laplace(fit.theta, far, phi)
    assert fit.deviance == pytest.approx(dense, abs=2e-4 if family == "negative_binomial" else 1e-7)
    assert fit.npar == 5 + (family == "negative_binomial")
    assert (fit.fitted[design.X[:, 2] == 1] == 0.0).all()


def test_the_deviance_and_the_finite_estimates_are_those_without_the_rows():
    frame = frame_of()
    fit, rest = fit_of(design_of()), fit_of(design_of(frame=frame[frame["f"] != "c"]))
    assert fit.deviance == pytest.approx(rest.deviance, abs=1e-9)
    np.testing.assert_allclose(fit.beta[[0, 1, 3]], rest.beta, atol=1e-7)
    np.testing.assert_allclose(fit.se[[0, 1, 3]], rest.se, rtol=1e-5)
    np.testing.assert_allclose(fit.theta, rest.theta, atol=1e-6)


def test_coding_does_not_change_the_deviance():
    frame = frame_of()
    other = frame.assign(f=frame["f"].replace({"c": "0"}))
    one, two = fit_of(design_of()), fit_of(design_of(frame=other))
    assert two.beta[:3].tolist() == [-np.inf, np.inf, np.inf]
    assert two.deviance == pytest.approx(one.deviance, abs=1e-9)
    assert two.beta[3] == pytest.approx(one.beta[3], abs=1e-7)


def test_the_smaller_model_can_be_compared():
    one, other = fit_of(design_of("y ~ x + (1 | g)")), fit_of(design_of())
    assert 20.0 < one.deviance - other.deviance < 80.0
    assert other.npar - one.npar == 2


def test_the_profile_of_an_infinite_coefficient_has_one_finite_limit():
    design = design_of()
    fit = fit_of(design)
    (curve,) = profile_fit(fit, [Parameter("beta", None, (2,))])
    assert (curve.low, curve.low_code) == (-np.inf, "boundary")
    assert curve.high_code is None
    held = replace(
        design, X=np.delete(design.X, 2, axis=1), columns=("a", "b", "x"), assign=(0, 1, 2),
        offset=curve.high * design.X[:, 2],
    )  # fmt: skip
    assert fit_of(held).deviance - fit.deviance == pytest.approx(CUT2, abs=1e-3)


def test_the_profile_of_a_finite_coefficient_is_that_of_the_limit():
    frame = frame_of()
    fit, rest = fit_of(design_of()), fit_of(design_of(frame=frame[frame["f"] != "c"]))
    (one,) = profile_fit(fit, [Parameter("beta", None, (3,))])
    (other,) = profile_fit(rest, [Parameter("beta", None, (2,))])
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-4)


def test_a_fit_at_its_own_parameters_is_the_same():
    fit = fit_of(design_of())
    again = evaluate_glmm(fit.design, np.concatenate([fit.theta, fit.beta]), fit.distribution)
    assert again.deviance == pytest.approx(fit.deviance, abs=1e-8)
    np.testing.assert_array_equal(np.isinf(again.beta), np.isinf(fit.beta))
    assert again.convergence is None


def test_replicates_of_separated_outcomes_are_separated():
    found = draw_replicates(fit_of(design_of()), "parametric", 1, "s", range(5))
    assert (found.beta[:, 2] == -np.inf).all()
    assert np.isfinite(found.beta[:, 3]).all()


def test_quadrature_works_in_the_limit():
    design = design_of()
    fit = fit_of(design, agq=25)
    assert fit.beta[2] == -np.inf
    assert fit.agq == 25
    shift = shift_to(fit_of(design), 25)
    assert shift.beta[2] == 0.0
    np.testing.assert_allclose(fit_of(design).theta + shift.theta, fit.theta, atol=0.02)
    assert fit_with_enough_points(design, family_of("binomial")).beta[2] == -np.inf


def test_a_refit_with_the_prepared_limit_starts_afresh():
    design = design_of()
    fit = fit_of(design)
    again = fit_of(design, prepared=fit.prepared, start=np.concatenate([fit.theta, fit.beta]))
    assert again.deviance == pytest.approx(fit.deviance, abs=1e-9)
    assert prepare_glmm(design, fit.distribution).p == fit.prepared.p + 1


def test_completely_separated_outcomes_are_a_failed_fit_that_says_so():
    frame = frame_of()
    fit = fit_of(design_of("z ~ x + (1 | g)", frame.assign(z=(frame["x"] > 0).astype(float))))
    assert fit.convergence.status == "failed"
    assert fit.deviance == 0.0
    assert fit.beta[1] == np.inf
    texts = {notice.code: notice.text for notice in fit.notices}
    assert texts["not_converged"].startswith("The fixed effects predict the outcome of every row exactly")
    assert "predict 240 of 240 rows exactly" in texts["separation"]


def test_groups_that_are_all_constant_are_a_failed_fit_that_says_so():
    frame = frame_of()
    even = (frame["g"].str[1:].astype(int) % 2).astype(float)
    fit = fit_of(design_of("z ~ x + (1 | g)", frame.assign(z=even)))
    assert fit.convergence.status == "failed"
    texts = {notice.code: notice.text for notice in fit.notices}
    assert texts["not_converged"].startswith("All rows of each group of g have the same outcome")
    assert texts["zero_groups"].startswith("10 of 20 groups of g have only zeros")
