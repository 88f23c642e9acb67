"""Kenward and Roger's tests of simulated studies, beside Satterthwaite's where there are few groups."""

from dataclasses import replace

import numpy as np
import pytest

import mlm_steps
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.inference import reference
from mlm_steps.power.declared.predictors import Predictor
from mlm_steps.power.declared.sizes import Factor
from mlm_steps.power.declared.truths import raw
from mlm_steps.power.simulation import outcomes_of, simulate
from mlm_steps.power.study import Study

SHARES = {"a": 0.3, "b": 0.3, "c": 0.4}


def test_a_joint_test_is_that_of_a_fit():
    own = Study(
        (Factor("g", 9),),
        (3, 5, 9),
        "y ~ k + (1 | g)",
        lambda c: raw(c, {}, {"g": np.array([[0.5]])}, 1.0),
        (Predictor("k", factor="g", kind="category", shares=SHARES),),
        effects=("k",),
    )
    (outcome,) = simulate(
        own.source, own.truth, own.tests, seed=4, numbers=range(5), df="kenward-roger"
    ).outcomes
    generators = [stream(4, f"power/{own.source.key}", b) for b in range(5)]
    Y = outcomes_of(own.source.template, None, own.truth, generators)
    for b in range(5):
        fit = fit_lmm(replace(own.source.template, y=Y[b]))
        expected = reference(fit, "kenward-roger").joint(own.tests[0].contrasts)
        assert outcome.df[b] == pytest.approx(expected.df, rel=1e-3)
        adjusted = reference(fit, "kenward-roger").vcov[1:, 1:] / expected.scale
        np.testing.assert_allclose(outcome.vcov[b], adjusted, rtol=1e-3)


def test_few_degrees_of_freedom_bring_kenward_and_roger_beside():
    design = {"groups": {"g": 8}, "rows": [3, 12], "predictors": {"w": {"level": 2}, "x": {}}}
    truth = {"fixed": {"w": 0.5, "x": 0.3}, "random": {"g": [[0.3]]}, "sigma": 1.0}
    table = mlm_steps.power("y ~ w + x + (1 | g)", design, truth, replicates=100).table.set_index("effect")
    assert 0.0 < table.loc["w", "kenward_roger"] < 1.0
    assert table.loc["w", "kenward_roger_size_at_0"] < 0.1
    assert np.isnan(table.loc["x", "kenward_roger"])
