"""The criterion alone at given parameters."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at, fit_lmm
from mlm_steps.engine.result.evaluate import criterion_at
from mlm_steps.errors import FitError


def test_the_criterion_alone_is_that_of_the_whole_model(design, theta, method):
    fit = fit_lmm(design, method=method)
    assert criterion_at(fit, fit.theta) == pytest.approx(fit.criterion, rel=1e-12)
    assert criterion_at(fit, theta) == pytest.approx(
        evaluate_at(design, theta, method=method).criterion, rel=1e-11
    )


@pytest.mark.parametrize("wrong", [[], [1.0, 2.0, 3.0], [np.inf]])
def test_a_theta_of_the_wrong_kind_is_refused(frame, wrong):
    fit = fit_lmm(build_design("y ~ x + (1 | g)", frame))
    with pytest.raises(FitError, match="1 finite numbers"):
        criterion_at(fit, np.array(wrong))
