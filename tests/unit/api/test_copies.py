"""Public results survive pickle, copy and deepcopy, so that joblib and multiprocessing can hand them over."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import DesignError, Fault, FitError, FormulaError, MlmError, UsageError
from mlm_steps.inference import METHODS

WAYS = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
FORMULAS = (
    "y ~ x * f + (x | g)",
    "y ~ x + f + (1 | g) + (1 | h)",
    "y ~ x + f + (1 | g / h)",
    "y ~ f + x + (1 | g)",
)


def data_of(fit):
    return fit._state.origin.data


RESULTS = {
    "anova": lambda fit: fit.anova(),
    "ranova": lambda fit: fit.ranova(),
    "advice": lambda fit: fit.advice(),
    "intervals": lambda fit: fit.confint("wald"),
    "profiles": lambda fit: fit.profile(["sigma"]),
    "bootstrap": lambda fit: fit.bootstrap(4),
    "prediction": lambda fit: fit.predict(random=True),
    "simulation": lambda fit: fit.simulate(2, 1),
    "refits": mlm_steps.allfit,
    "at": lambda fit: fit.at(fit.theta),
    "contrast": lambda fit: fit.contrast({"x": 1.0}),
    "slopes": lambda fit: fit.slopes("x", "f"),
    "regions": lambda fit: mlm_steps.fit("y ~ x * z + (1 | g)", data_of(fit)).johnson_neyman("x", "z"),
    "means": lambda fit: fit.means("f"),
    "comparison": lambda fit: mlm_steps.compare(mlm_steps.fit("y ~ 1 + (1 | g)", data_of(fit)), fit),
}


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(0)
    g = np.repeat(np.arange(15), 8)
    x, z = generator.normal(size=(2, 120))
    y = 5 + x + generator.normal(size=15)[g] + 0.5 * generator.normal(size=15)[g] * x
    return pd.DataFrame(
        {
            "y": y + generator.normal(size=120),
            "x": x,
            "z": z,
            "f": generator.choice(list("pq"), 120),
            "g": g,
            "h": generator.integers(0, 6, 120),
        }
    )


def read(fit):
    """Return what every public attribute of a fit holds."""
    names = [name for name in dir(fit) if not name.startswith("_")]
    values = {name: getattr(fit, name) for name in names}
    return {name: value for name, value in values.items() if not callable(value)}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_fit_that_has_been_read_is_copied_with_all_it_can_do(frame, formula, method):
    fit = mlm_steps.fit(formula, frame, df=method)
    before, shown = read(fit), repr(fit)
    predicted = fit.predict(frame, interval="prediction").frame
    for way in WAYS.values():
        other = way(fit)
        assert repr(other) == shown
        assert read(other).keys() == before.keys()
        pd.testing.assert_frame_equal(other.coefficients, fit.coefficients)
        pd.testing.assert_frame_equal(other.anova(), fit.anova())
        pd.testing.assert_frame_equal(other.predict(frame, interval="prediction").frame, predicted)
        for value in read(other).values():
            way(value)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", RESULTS)
def test_every_result_is_copied_and_prints_the_same(frame, kind, way):
    fit = mlm_steps.fit(FORMULAS[0], frame)
    repr(fit)
    result = RESULTS[kind](fit)
    shown = repr(result)
    assert repr(WAYS[way](result)) == shown


ERRORS = [
    UsageError(Fault("at", "what", "hint")),
    DesignError(Fault("", "one"), Fault("", "two")),
    FormulaError(Fault("", "what", excerpt="y ~", offset=3), 3),
    FitError(Fault("", "what"), trace=[(1, 2.0, None)]),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("way", WAYS)
def test_errors_are_copied_whole(error, way):
    other = WAYS[way](error)
    assert type(other) is type(error)
    assert other.faults == error.faults
    assert vars(other) == vars(error)


def _slope(fit):
    return float(fit.confint("wald").table.loc["x", "low"])


def _refit(formula, frame):
    fit = mlm_steps.fit(formula, frame)
    repr(fit)
    return fit


def test_other_processes_take_fits_and_give_them_back(frame):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        fit = pool.submit(_refit, FORMULAS[0], frame).result()
        assert pool.submit(_slope, fit).result() == pytest.approx(_slope(fit))
        with pytest.raises(MlmError, match="there is no column w"):
            pool.submit(_refit, "y ~ w + (1 | g)", frame).result()
