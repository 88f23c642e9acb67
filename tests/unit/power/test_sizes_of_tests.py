"""The size of tests in balanced designs that hardly ever have singular fits."""

import numpy as np
import pytest

from mlm_steps.power.declared.predictors import Derivation, Predictor
from mlm_steps.power.declared.sizes import Factor
from mlm_steps.power.declared.truths import raw
from mlm_steps.power.estimates import conditional, counted
from mlm_steps.power.simulation import simulate
from mlm_steps.power.study import Study

TIME = Predictor("x", kind="values", values=(-1.5, -0.5, 0.5, 1.5))
ARM = Predictor("w", factor="g", kind="binary")
CENTRED = (Derivation("xc", "center", "x", "g"),)
INTERCEPT, SLOPE = [[1.0]], [[1.0, 0.2], [0.2, 0.8]]
DESIGNS = {
    "level 2": ("y ~ w + (1 | g)", (ARM,), (), INTERCEPT, 30),
    "level 1": ("y ~ x + (1 | g)", (TIME,), (), INTERCEPT, 20),
    "slope": ("y ~ x + (x | g)", (TIME,), (), SLOPE, 30),
    "cross-level": ("y ~ x * w + (x | g)", (TIME, ARM), (), SLOPE, 40),
    "redrawn": ("y ~ xc + w + (1 | g)", (Predictor("x", icc=0.2), ARM), CENTRED, INTERCEPT, 30),
}
B = 1000


@pytest.mark.parametrize("name", DESIGNS)
def test_the_size_is_alpha_and_the_conditional_estimate_precise(name):
    formula, predictors, derived, T, groups = DESIGNS[name]
    study = Study(
        (Factor("g", groups),), 4, formula, lambda c: raw(c, {}, {"g": np.array(T)}, 0.7), predictors, derived
    )
    found = simulate(study.source, study.truth, study.tests, seed=7, numbers=range(B))
    assert np.mean(found.status == "singular") < 0.01
    for outcome in found.outcomes:
        size, se = conditional(outcome, 0.0, 0.05)
        assert abs(size - 0.05) < 3.0 * se, outcome.test.name
        effect = 2.8 * float(np.sqrt(outcome.vcov[:, 0, 0].mean()))
        share = counted(outcome, np.array([effect]), 0.05).share
        assert conditional(outcome, effect, 0.05)[1] <= 0.35 * np.sqrt(share * (1.0 - share) / B)
