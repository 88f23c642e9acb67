"""The bootstrap in a notebook."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import FitError, UsageError


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(60), 5)
    x = rng.normal(size=g.size)
    y = 1.0 + 0.5 * x + rng.normal(size=60)[g] + rng.normal(size=g.size)
    frame = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in g], "h": [f"h{i % 4}" for i in range(300)]})
    return mlm_steps.fit("y ~ x + (1 | g)", frame), frame


@pytest.fixture(scope="module")
def drawn(fitted):
    return fitted[0].bootstrap(400, seed=2)


def test_standard_errors_are_those_of_the_model(fitted, drawn):
    fit, _ = fitted
    # The standard deviation of B values is known to 1 / sqrt(2 B): 3.5 %; four times that.
    assert drawn.table.loc["x", "se"] == pytest.approx(fit.se["x"], rel=0.14)
    assert drawn.table.loc["sigma", "estimate"] == pytest.approx(fit.sigma)
    wald = fit.ci.loc["x", "high"] - fit.ci.loc["x", "low"]
    assert drawn.table.loc["x", "high"] - drawn.table.loc["x", "low"] == pytest.approx(wald, rel=0.25)


def test_a_smaller_bootstrap_is_the_beginning_of_a_larger_one(fitted, drawn):
    fewer = fitted[0].bootstrap(10, seed=2)
    np.testing.assert_allclose(fewer.values, drawn.values[:10], rtol=1e-6)
    assert not np.allclose(fitted[0].bootstrap(10, seed=3).values, fewer.values)


def test_all_numbers_have_intervals_that_hold_the_estimate(drawn):
    assert list(drawn.table.index[:4]) == ["sd_(Intercept)|g", "sigma", "(Intercept)", "x"]
    assert {"icc_adjusted", "icc_unadjusted", "r2_marginal", "r2_conditional"} < set(drawn.table.index)
    assert (drawn.table["low"] < drawn.table["estimate"]).all()
    assert (drawn.table["estimate"] < drawn.table["high"]).all()
    wide, narrow = drawn.confint(0.95).table, drawn.confint(0.5).table
    assert (wide["low"] < narrow["low"]).all()
    assert drawn.confint(parm=["x"]).table.index.tolist() == ["x"]


def test_the_print_says_how_the_numbers_were_made(drawn):
    assert repr(drawn).startswith("parametric bootstrap, B=400, 0 failed, 0 singular; seed 2")
    assert "95 % percentile intervals" in repr(drawn)
    assert "(parametric bootstrap, B=400, 0 failed)" in repr(drawn.confint())


def test_confint_speaks_of_the_bootstrap_too(fitted):
    intervals = fitted[0].confint("bootstrap", parm="sigma")
    assert intervals.method == "parametric bootstrap, B=2000, 0 failed"
    assert intervals.table.index.tolist() == ["sigma"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "wild"}, "no bootstrap is called"),
        ({"replicates": 1}, "less than 2"),
        ({"seed": -1}, "less than 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(fitted, arguments, message):
    with pytest.raises(UsageError, match=message):
        fitted[0].bootstrap(**arguments)


def test_crossed_cases_are_refused(fitted):
    crossed = mlm_steps.fit("y ~ x + (1 | g) + (1 | h)", fitted[1])
    with pytest.raises(FitError, match="crossed"):
        crossed.bootstrap(5, kind="cases")
