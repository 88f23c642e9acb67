"""Fits of generalized linear mixed models: known optima, boundaries, faults."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.all_fit import refit_all
from mlm_steps.engine.fit.glmm import evaluate_glmm, fit_glmm
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.errors import FitError

DATA = Path(__file__).parents[2] / "reference" / "data"
SAME = 1e-6
"""Difference of two deviances of one optimum."""


@pytest.fixture(scope="module")
def cbpp():
    return pd.read_csv(DATA / "cbpp.csv", dtype={"herd": str, "period": str})


def cbpp_design(frame):
    design = build_design("incidence ~ period + (1 | herd)", frame)
    return replace(design, trials=frame["size"].to_numpy(float))


def simulated(seed, family, *, J=12, n=240, tau=0.7, phi=2.0):
    generator = np.random.default_rng(seed)
    g = generator.integers(0, J, n)
    frame = pd.DataFrame({"x": generator.normal(size=n), "g": g.astype(str), "row": np.arange(n).astype(str)})
    eta = 0.3 + 0.5 * frame.x.to_numpy() + tau * generator.normal(size=J)[g]
    frame["y"] = family.draw(eta, phi, np.ones(n), generator)
    return frame


def test_cbpp_is_glmmtmbs(cbpp):
    fit = fit_glmm(cbpp_design(cbpp), family_of("binomial"))
    assert fit.deviance == pytest.approx(184.052564, abs=SAME)
    assert fit.convergence.status == "converged"
    # glmmTMB 1.1.5
    np.testing.assert_allclose(fit.beta, [-1.39853, -0.99233, -1.12867, -1.58031], atol=1e-5)
    np.testing.assert_allclose(fit.se, [0.232471, 0.306642, 0.326637, 0.427440], atol=1e-5)
    assert fit.npar == 5


def test_three_forms_of_one_binomial_outcome_have_one_optimum(cbpp):
    whole = fit_glmm(cbpp_design(cbpp), family_of("binomial"))
    rows = cbpp.loc[cbpp.index.repeat(cbpp["size"])].reset_index(drop=True)
    place = rows.groupby(["herd", "period"]).cumcount()
    rows["incidence"] = (place < rows["incidence"]).astype(float)
    split = fit_glmm(build_design("incidence ~ period + (1 | herd)", rows), family_of("binomial"))
    np.testing.assert_allclose(split.beta, whole.beta, atol=1e-7)
    np.testing.assert_allclose(split.se, whole.se, rtol=1e-6)
    from scipy.special import comb

    constant = 2 * np.log(comb(cbpp["size"], cbpp["incidence"])).sum()
    assert split.deviance - whole.deviance == pytest.approx(constant, abs=1e-8)


def test_a_fit_evaluated_at_its_own_parameters_is_itself(cbpp):
    fit = fit_glmm(cbpp_design(cbpp), family_of("binomial"))
    again = evaluate_glmm(fit.design, np.concatenate([fit.theta, fit.beta]), family_of("binomial"))
    assert again.deviance == pytest.approx(fit.deviance, abs=1e-9)
    np.testing.assert_allclose(again.modes[0], fit.modes[0], atol=1e-7)
    assert again.convergence is None


@pytest.mark.parametrize("name", ["poisson", "negative_binomial", "gamma"])
def test_a_variance_without_evidence_is_zero_and_singular(name):
    family = family_of(name)
    frame = simulated(8, family, tau=0.0)
    # Equal means in all groups: less variation than by chance.
    fit = fit_glmm(build_design("y ~ x + (1 | g)", balanced(frame, family)), family)
    assert fit.theta[0] == 0.0
    assert fit.singular
    assert fit.convergence.status == "singular"
    assert np.isfinite(fit.se).all()
    assert fit.notices[0].code == "singular"


def balanced(frame, family):
    """Return one half of the rows, given to all groups."""
    half = frame.iloc[:30]
    return pd.concat([half.assign(g=str(j)) for j in range(6)], ignore_index=True)


@pytest.mark.parametrize("name", ["binomial", "poisson", "negative_binomial", "gamma"])
def test_the_start_does_not_matter(name):
    family = family_of(name)
    design = build_design("y ~ x + (x | g)", simulated(4, family))
    fit = fit_glmm(design, family)
    for scale in (0.05, 3.0):
        other = fit_glmm(design, family, control=Control(start=scale))
        assert other.deviance == pytest.approx(fit.deviance, abs=SAME)


def test_the_scale_and_the_origin_of_a_covariate_do_not_matter():
    family = family_of("poisson")
    frame = simulated(4, family)
    frame["year"] = 2000 + 10 * frame.x
    fit, far = (fit_glmm(build_design(f"y ~ {x} + ({x} | g)", frame), family) for x in ("x", "year"))
    assert far.deviance == pytest.approx(fit.deviance, abs=SAME)
    assert far.beta[1] == pytest.approx(fit.beta[1] / 10, rel=1e-5)
    assert far.se[1] == pytest.approx(fit.se[1] / 10, rel=1e-4)
    assert far.covariances[0][1, 1] == pytest.approx(fit.covariances[0][1, 1] / 100, rel=1e-4)


def test_counts_without_extra_variation_reach_poissons_limit():
    frame = simulated(3, family_of("poisson"), tau=0.5)
    poisson = fit_glmm(build_design("y ~ x + (1 | g)", frame), family_of("poisson"))
    # Binomial counts vary less than Poisson's.
    generator = np.random.default_rng(1)
    frame["y"] = generator.binomial(6, 0.4, len(frame)).astype(float)
    fits = [
        fit_glmm(build_design("y ~ x + (1 | g)", frame), family_of(name))
        for name in ("poisson", "negative_binomial")
    ]
    assert fits[1].deviance == pytest.approx(fits[0].deviance, abs=1e-4)
    assert "poisson_limit" in {notice.code for notice in fits[1].notices}
    np.testing.assert_allclose(fits[1].se, fits[0].se, rtol=1e-4)
    assert poisson.convergence.status == "converged"


@pytest.mark.parametrize(
    ("name", "formula", "words"),
    [
        ("binomial", "y ~ x + (1 | row)", "from one trial per row"),
        ("negative_binomial", "y ~ x + (1 | row)", "dispersion"),
        ("gamma", "y ~ x + (1 | g)", "above 0"),
    ],
)
def test_a_design_that_cannot_be_estimated_is_refused(name, formula, words):
    frame = simulated(2, family_of("poisson" if name != "binomial" else "binomial"))
    with pytest.raises(FitError, match=words):
        fit_glmm(build_design(formula, frame), family_of(name))


def test_a_level_per_row_of_poisson_counts_is_overdispersion():
    frame = simulated(6, family_of("negative_binomial"), phi=1.0)
    fit = fit_glmm(build_design("y ~ x + (1 | g) + (1 | row)", frame), family_of("poisson"))
    assert fit.convergence.status == "converged"
    assert fit.covariances[0][0, 0] > 0.2


@pytest.mark.parametrize("name", ["poisson", "negative_binomial"])
def test_other_optimisers_find_the_same_optimum(name):
    family = family_of(name)
    design = build_design("y ~ x + (x | g)", simulated(4, family))
    found = refit_all(fit_glmm(design, family), optimizers=["l-bfgs-b", "nelder-mead", "trust-constr"])
    assert found.agree
    assert {refit.optimizer for refit in found.refits} == {"auto", "l-bfgs-b", "nelder-mead", "trust-constr"}
    assert all(refit.delta < 1e-3 for refit in found.refits)


def test_a_search_that_ends_early_says_so_and_has_no_standard_errors():
    family = family_of("poisson")
    design = build_design("y ~ x + (x | g)", simulated(4, family))
    for control in (Control(max_evaluations=9), Control(max_evaluations=9, optimizer="nelder-mead")):
        fit = fit_glmm(design, family, control=control)
        assert fit.convergence.status == "failed"
        assert np.isnan(fit.se).all()
        assert fit.notices[0].code == "not_converged"


def test_an_unknown_optimiser_is_refused():
    design = build_design("y ~ x + (x | g)", simulated(4, family_of("poisson")))
    with pytest.raises(FitError, match="no optimiser 'best'"):
        fit_glmm(design, family_of("poisson"), control=Control(optimizer="best"))
