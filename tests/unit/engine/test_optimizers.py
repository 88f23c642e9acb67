"""Optimisers chosen by name: each finds the optimum of a harmless model, and none is believed."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Control, fit_lmm
from mlm_steps.engine.search import optimizers as package
from mlm_steps.engine.search.optimizers import NEEDS, OPTIMIZERS, installed
from mlm_steps.errors import FitError

USABLE = [word for word in OPTIMIZERS if installed(word)]
STRICT = 1e-6
"""Criterion above the optimum: optimisers end by a step of 1e-6."""


def schools(seed=3, J=400, size=16):
    """Return a frame like the workshop's: many pupils in many schools, a small share of variance between."""
    generator = np.random.default_rng(seed)
    g = np.repeat(np.arange(J), size)
    ses = generator.normal(size=J)[g] * 0.5 + generator.normal(size=g.size) * 0.6
    math = 57 + 3.9 * ses + 1.9 * generator.normal(size=J)[g] + 7.9 * generator.normal(size=g.size)
    return pd.DataFrame({"math": math, "ses": ses, "schcode": [f"s{code:03}" for code in g]})


@pytest.fixture(scope="module")
def trap():
    return build_design("math ~ ses + (1 | schcode)", schools())


@pytest.fixture(scope="module")
def harmless():
    generator = np.random.default_rng(8)
    g = np.repeat(np.arange(60), 8)
    x = generator.normal(size=g.size)
    b = generator.normal(size=(60, 2)) * [1.0, 0.8]
    frame = pd.DataFrame({"y": b[g, 0] + (1 + b[g, 1]) * x + generator.normal(size=g.size), "x": x, "g": g})
    return build_design("y ~ x + (x | g)", frame)


@pytest.mark.parametrize("word", USABLE)
@pytest.mark.parametrize("start", [None, 1.0])
def test_each_optimiser_reaches_the_optimum_of_a_harmless_model(word, start, harmless, method):
    best = fit_lmm(harmless, method=method)
    found = fit_lmm(
        harmless, method=method, control=Control(optimizer=word, start=start), prepared=best.prepared
    )
    assert found.criterion == pytest.approx(best.criterion, abs=STRICT)
    np.testing.assert_allclose(found.theta, best.theta, atol=1e-4)
    assert found.convergence.status == "converged"
    assert found.convergence.optimizer == word
    assert 1 < found.convergence.evaluations <= Control().max_evaluations


@pytest.mark.parametrize("word", USABLE)
def test_an_optimiser_that_starts_at_a_singular_optimum_stays_there(word):
    design = build_design("math ~ ses + (ses | schcode)", schools(J=60))
    best = fit_lmm(design)
    assert best.convergence.status == "singular"
    found = fit_lmm(design, control=Control(optimizer=word), start=best.theta, prepared=best.prepared)
    assert found.criterion == pytest.approx(best.criterion, abs=1e-4)


def test_the_bound_at_zero_is_a_trap_and_who_is_caught_is_not_called_converged(trap):
    best = fit_lmm(trap)
    caught = fit_lmm(trap, control=Control(optimizer="l-bfgs-b", start=1.0), prepared=best.prepared)
    assert best.convergence.status == "converged"
    assert caught.criterion > best.criterion + 50
    assert caught.theta == pytest.approx([0.0], abs=1e-8)
    assert caught.convergence.claimed
    assert caught.convergence.status == "failed"
    assert "no minimum" in caught.convergence.reasons[0]


def test_restarts_lead_out_of_the_trap(trap):
    best = fit_lmm(trap)
    control = Control(optimizer="l-bfgs-b", start=1.0, restarts=3)
    freed = fit_lmm(trap, control=control, prepared=best.prepared)
    assert freed.criterion == pytest.approx(best.criterion, abs=STRICT)
    assert freed.convergence.status == "converged"


@pytest.mark.parametrize("word", USABLE)
def test_evaluations_are_counted_and_end(word, harmless):
    found = fit_lmm(harmless, control=Control(optimizer=word, start=1.0, max_evaluations=7))
    assert found.convergence.evaluations == 7
    assert found.convergence.status == "failed"
    assert not found.convergence.claimed
    assert "7 evaluations" in found.convergence.reasons[0]


@pytest.mark.parametrize("word", [word for word in USABLE if word != "powell"])
def test_a_coarse_tolerance_saves_evaluations(word, harmless):
    fine, coarse = (
        fit_lmm(harmless, control=Control(optimizer=word, start=1.0, tolerance=tolerance))
        for tolerance in (1e-12, 1e-4)
    )
    assert coarse.convergence.evaluations < fine.convergence.evaluations


def test_the_newton_search_can_start_and_restart_where_it_is_told(harmless):
    best = fit_lmm(harmless)
    told = fit_lmm(harmless, control=Control(start=1.0, restarts=2), prepared=best.prepared)
    assert told.criterion == pytest.approx(best.criterion, abs=1e-9)
    assert told.convergence.evaluations > best.convergence.evaluations


def test_an_optimiser_that_is_not_there_is_refused(harmless, monkeypatch):
    with pytest.raises(FitError, match="no optimiser 'simplex'"):
        fit_lmm(harmless, control=Control(optimizer="simplex"))
    monkeypatch.setitem(NEEDS, "powell", "a_library_that_nobody_has")
    assert not package.installed("powell")
    with pytest.raises(FitError, match="needs a_library_that_nobody_has"):
        fit_lmm(harmless, control=Control(optimizer="powell"))
