"""Simulated null distributions of tests between generalized models."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.compare import compare_lrt
from mlm_steps.compare.bootstrap import simulated_statistics
from mlm_steps.compare.nesting import relate
from mlm_steps.compare.simulations import Simulations
from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.records.response import Response

DATA = Path(__file__).parents[2] / "reference" / "data"
TRIALS = Response("binomial", "logit", "size")


def estimates(name, formula, response, **types):
    frame = pd.read_csv(DATA / name, dtype=types)
    return Estimates(build_design(formula, frame, response=response))


@pytest.fixture(scope="module")
def cbpp():
    types = {"herd": str, "period": str}
    formulas = ("incidence ~ 1 + (1 | herd)", "incidence ~ period + (1 | herd)")
    return tuple(estimates("cbpp.csv", formula, TRIALS, **types) for formula in formulas)


def statistics(pair, numbers):
    fits = tuple(each.under("ML") for each in pair)
    return simulated_statistics(fits, relate(*(f.design for f in fits)), seed=1, step="s", numbers=numbers)


def test_statistics_depend_on_their_number_alone(cbpp):
    np.testing.assert_array_equal(statistics(cbpp, range(6))[4:], statistics(cbpp, range(4, 6)))


def test_statistics_of_fixed_effects_are_about_chi_square(cbpp):
    found = statistics(cbpp, range(100))
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()
    assert 2.4 < found.mean() < 4.6  # 3 expected; small samples have larger statistics


def test_half_of_the_statistics_of_a_dispersion_are_zero():
    frame = pd.DataFrame({"g": np.repeat([f"g{i}" for i in range(20)], 10)})
    generator = np.random.default_rng(0)
    eta = 1.0 + 0.5 * generator.normal(size=20)[np.arange(200) // 10]
    frame["y"] = generator.poisson(np.exp(eta)).astype(float)
    pair = tuple(
        Estimates(build_design("y ~ 1 + (1 | g)", frame, response=Response(family, "log")))
        for family in ("poisson", "negative_binomial")
    )
    found = statistics(pair, range(60))
    assert 0.3 < (found < 1e-4).mean() < 0.8
    assert (found >= 0.0).all()


def test_the_p_value_is_in_the_record(cbpp):
    asked = Simulations(seed=1, bootstrap="always", replicates=39)
    record = compare_lrt(*cbpp, names=("a", "b"), method="ML", asked=asked)
    assert record.p_boot == pytest.approx(1 / 40)
    assert (record.replicates, record.failed) == (39, 0)
