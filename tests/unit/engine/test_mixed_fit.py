"""What all fits of mixed models have in common."""

import inspect

import numpy as np
import pytest

from mlm_steps.engine import evaluate_at, fit_lmm, linear_fit
from mlm_steps.engine.result.mixed_fit import MixedFit, sigma_of


class Other:
    """A fit without a residual standard deviation."""

    family = "poisson"


def test_a_linear_model_has_every_member(design):
    fit = fit_lmm(design)
    names = [name for name, member in inspect.getmembers(MixedFit) if isinstance(member, property)]
    assert len(names) > 20
    assert [name for name in names if not hasattr(fit, name)] == []


def test_the_deviance_of_a_reml_fit_is_that_of_ml_at_its_theta(design):
    fit = fit_lmm(design, method="REML")
    assert fit.deviance == pytest.approx(evaluate_at(design, fit.theta, method="ML").criterion, rel=1e-12)
    assert fit.deviance > fit_lmm(design, method="ML").deviance - 1e-8


def test_covariances_are_the_factors_in_their_unit(design):
    fit = fit_lmm(design)
    for T, Lambda in zip(fit.covariances, fit.Lambda, strict=True):
        np.testing.assert_allclose(T, fit.scale**2 * Lambda @ Lambda.T)


def test_only_a_linear_model_has_a_residual_standard_deviation(design):
    fit = fit_lmm(design)
    assert linear_fit(fit) is fit
    assert sigma_of(fit) == fit.sigma
    assert sigma_of(Other()) is None
    with pytest.raises(TypeError, match="poisson"):
        linear_fit(Other())
