"""Whether Laplace's approximation is good enough, and how many points are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.fit.quadrature import fit_with_enough_points, laplace_notices, shift_to
from mlm_steps.records.response import Response

DATA = Path(__file__).parents[2] / "reference" / "data"
BINOMIAL = family_of("binomial")


def design_of(name, formula, trials=None, **types):
    frame = pd.read_csv(DATA / name, dtype=types)
    return build_design(formula, frame, response=Response("binomial", "logit", trials))


@pytest.fixture(scope="module")
def cbpp():
    return design_of("cbpp.csv", "incidence ~ period + (1 | herd)", "size", herd=str, period=str)


@pytest.fixture(scope="module")
def toenail():
    return design_of("sim_toenail.csv", "y ~ month * treat + (1 | id)", id=str, treat=str)


def test_the_shift_is_about_the_distance_to_the_other_optimum(cbpp):
    fit, other = fit_glmm(cbpp, BINOMIAL), fit_glmm(cbpp, BINOMIAL, agq=25)
    shift = shift_to(fit, 25)
    np.testing.assert_allclose(fit.theta + shift.theta, other.theta, atol=2e-4)
    np.testing.assert_allclose(fit.beta + shift.beta, other.beta, atol=2e-4)
    assert shift.largest == pytest.approx(0.029, abs=0.001)
    np.testing.assert_allclose(shift.beta_se, shift.beta / fit.se, rtol=1e-6)


def test_units_of_a_slope_do_not_matter(cbpp):
    frame = pd.read_csv(DATA / "Contraception.csv.gz", dtype={"district": str})
    frame["y"] = (frame["use"] == "Y").astype(float)
    response = Response("binomial", "logit")
    one, other = (
        fit_glmm(build_design(formula, frame, response=response), BINOMIAL)
        for formula in ("y ~ age + (age | district)", "y ~ I(age / 100) + (I(age / 100) | district)")
    )
    for a, b in zip(shift_to(one, 7).theta_se, shift_to(other, 7).theta_se, strict=True):
        assert a == pytest.approx(b, abs=1e-3)


def test_a_good_approximation_needs_no_notice(cbpp):
    assert not list(laplace_notices(fit_glmm(cbpp, BINOMIAL)))


def test_a_bad_approximation_is_said_with_what_changes(toenail):
    (notice,) = laplace_notices(fit_glmm(toenail, BINOMIAL))
    assert notice.code == "laplace_inaccurate"
    assert "the standard deviation of (Intercept) by id (4.17) would be smaller by about 1.1" in notice.text
    assert "the coefficient of (Intercept) (-2.33) would be larger" in notice.text
    assert "agq: 25" in notice.text
    assert not list(laplace_notices(fit_glmm(toenail, BINOMIAL, agq=25)))


def test_the_number_of_points_grows_until_the_estimates_stay(cbpp, toenail):
    assert fit_with_enough_points(cbpp, BINOMIAL).agq == 7
    found = fit_with_enough_points(toenail, BINOMIAL)
    assert found.agq >= 25
    assert shift_to(found, 101).largest < 0.02


def test_toenail_like_data_need_more_than_seven_points(toenail):
    """The deviances of statistics, section 22.2."""
    expected = {1: 586.864, 7: 585.377, 15: 583.627, 25: 583.835, 51: 583.814}
    for points, deviance in expected.items():
        assert fit_glmm(toenail, BINOMIAL, agq=points).deviance == pytest.approx(deviance, abs=6e-4)


def test_several_factors_are_left_to_laplace():
    design = design_of(
        "sim_bin_nested.csv.gz", "y ~ x + (1 | school) + (1 | item)", school=str, item=str
    )  # fmt: skip
    fit = fit_with_enough_points(design, BINOMIAL)
    assert fit.agq == 1
    assert shift_to(fit, 7) is None
    assert not list(laplace_notices(fit))
