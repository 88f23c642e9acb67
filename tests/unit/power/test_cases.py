"""Specs of planned studies against independently computed values.

The values come from closed forms and simulations of another program for the same designs, from R (lme4 1.1-31
with lmerTest 3.1-3) and from the publications that the specs name.
"""

from pathlib import Path

import numpy as np
import pytest

from mlm_steps.power.estimates import conditional
from mlm_steps.power.evaluate import evaluate
from mlm_steps.power.scenarios import scenarios
from mlm_steps.power.simulation import simulate
from mlm_steps.power.study import closed_answers
from mlm_steps.spec.planning.power import PowerSpec
from mlm_steps.spec.syntax import decoded
from mlm_steps.spec.tree import read_tree, value_of

FOLDER = Path(__file__).parents[2] / "power"

CLOSED = {
    ("sleepstudy", "days=1", "days"): 0.0937577,
    ("sleepstudy", "days=2", "days"): 0.2308368,
    ("sleepstudy", "days=3", "days"): 0.4487456,
    ("sleepstudy", "days=4", "days"): 0.6842470,
    ("sleepstudy", "days=5", "days"): 0.8615608,
    ("sleepstudy", "days=6", "days"): 0.9548942,
    ("arend-50x10", "design", "w"): 0.4930911,
    ("arend-50x10", "design", "x:w"): 0.3030090,
    ("arend-30x15", "design", "x"): 0.2959760,
    ("cluster-trial", "design", "treated"): 0.3874270,
    ("unequal", "design", "treated"): 0.6181277,
    ("crossed", "design", "c"): 0.3840193,
}
"""Exact for these designs."""
DETECTABLE = {("sleepstudy-detectable", "days"): 4.595499, ("cluster-trial", "treated"): 0.837970}
SIMULATED = {
    ("sleepstudy", "days=5", "days"): (0.8618, 0.0025),
    ("mathieu", "design", "xc:w"): (0.61223, 0.01071),
    ("arend-50x10", "design", "w"): (0.49873, 0.00207),
    ("arend-50x10", "design", "x:w"): (0.30972, 0.00186),
    ("arend-30x15", "design", "x"): (0.29632, 0.00236),
    ("unequal", "design", "treated"): (0.6252, 0.0042),
    ("crossed", "design", "c"): (0.37920, 0.00604),
}
"""Conditional estimates of another program with their standard errors."""
DRAWN = {
    ("mathieu", "xc:w"): (0.61564, 0.00348),
    ("mlmpower", "x1w"): (0.9392, 0.0027),
    ("mlmpower", "x1w:z1g"): (0.3191, 0.0140),
    ("mathieu-latent", "xc:w"): (0.6464, 0.00326),
}
"""Means of the closed form over drawn designs with their standard errors. In those of mlmpower correlations
vary from .1 to .3 between designs, here they are .2."""

SHARED = (("mlmpower-icc10",), ("mlmpower-icc25",), ("mlmpower-uncorrelated",))
"""Specs that are tried beside the shared file of reference values."""


def studies(name):
    root, faults = read_tree(decoded((FOLDER / f"{name}.yaml").read_bytes()))
    assert not faults
    spec = PowerSpec.model_validate(value_of(root)["power"])
    return {scenario.name: scenario.study for scenario in scenarios(spec, seed=1)}


def answer_of(study, effect):
    return next(each for each in closed_answers(study) if each.test.name == effect)


@pytest.mark.parametrize("case", CLOSED, ids=" ".join)
def test_closed_answers(case):
    name, cell, effect = case
    assert answer_of(studies(name)[cell], effect).power == pytest.approx(CLOSED[case], abs=1e-4)


@pytest.mark.parametrize("case", DETECTABLE, ids=" ".join)
def test_smallest_detectable_effects(case):
    name, effect = case
    study = next(iter(studies(name).values()))
    found = evaluate(study, closed_answers(study))
    assert {each.effect: each.detectable for each in found}[effect] == pytest.approx(
        DETECTABLE[case], abs=1e-4
    )


@pytest.mark.parametrize("case", DRAWN, ids=" ".join)
def test_means_over_drawn_designs(case):
    name, effect = case
    answer, (value, se) = answer_of(studies(name)["design"], effect), DRAWN[case]
    assert abs(answer.power - value) < 3.5 * np.hypot(answer.se, se)


@pytest.mark.parametrize("case", SIMULATED, ids=" ".join)
def test_simulated_studies(case):
    name, cell, effect = case
    study, (value, se) = studies(name)[cell], SIMULATED[case]
    index = [test.name for test in study.tests].index(effect)
    count = 200 if name == "crossed" else 400
    simulated = simulate(study.source, study.truth, study.tests, seed=1, numbers=range(count))
    own, error = conditional(
        simulated.outcomes[index], float(study.tests[index].contrasts[0] @ study.truth.beta), 0.05
    )
    assert abs(own - value) < 3.5 * np.hypot(error, se)
    assert abs(conditional(simulated.outcomes[index], 0.0, 0.05)[0] - 0.05) < 0.02


def test_every_spec_is_tried():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {
        name for name, *_ in [*CLOSED, *SIMULATED, *DRAWN, *DETECTABLE, *SHARED]
    }
