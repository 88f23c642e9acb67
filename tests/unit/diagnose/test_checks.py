"""Checks of generalized models: closed forms, models that hold and models that do not."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.diagnose import CHECKS, Subject, diagnose
from mlm_steps.diagnose.base import Subject as Base
from mlm_steps.diagnose.conditional_residuals import quantile_residuals
from mlm_steps.engine.bootstrap.new_modes import drawn_with_modes
from mlm_steps.engine.fit.generalized import fit_generalized
from mlm_steps.engine.pirls.laplace import modes_at
from mlm_steps.engine.posterior.effective import effective_parameters
from mlm_steps.records.response import Response

EXACT = 1e-8
"""Two ways to the same linear algebra."""


def frame(seed, *, groups=40, size=6, noise=0.0, zeros=0.0):
    """Return outcomes of every family; ``noise`` is added to the linear predictor of each row."""
    rng = np.random.default_rng(seed)
    n = groups * size
    g, x = np.repeat(np.arange(groups), size), rng.normal(size=n)
    b = rng.normal(0.0, 0.6, groups)[g]
    eta = 0.4 + 0.5 * x + b + rng.normal(0.0, noise, n) if noise else 0.4 + 0.5 * x + b
    trials = rng.integers(2, 12, n)
    chance = 1.0 / (1.0 + np.exp(-eta))
    return pd.DataFrame(
        {
            "g": [f"g{each:02d}" for each in g],
            "x": x,
            "count": np.where(rng.random(n) < zeros, 0, rng.poisson(np.exp(eta))),
            "n": trials,
            "k": rng.binomial(trials, chance),
            "yes": rng.binomial(1, chance),
            "size": rng.gamma(3.0, np.exp(eta) / 3.0),
        }
    )


def fitted(data, outcome, family, trials=None, formula="~ x + (1 | g)"):
    link = {"binomial": "logit"}.get(family, "log")
    response = Response(family, link, trials, None)
    return fit_generalized(build_design(f"{outcome} {formula}", data, response=response))


FITS = {
    "count": ("count", "poisson", None),
    "share": ("k", "binomial", "n"),
    "yes": ("yes", "binomial", None),
    "nb": ("count", "negative_binomial", None),
    "size": ("size", "gamma", None),
}


@pytest.mark.parametrize("name", FITS)
def test_effective_parameters_are_the_trace_of_the_textbook(name):
    fit = fitted(frame(1, noise=0.5), *FITS[name])
    model = fit.prepared
    state = modes_at(model, fit.psi_internal, fit.u)
    wide = np.zeros((model.n, model.factors[0].J))
    wide[np.arange(model.n), model.factors[0].refs] = state.A[0][:, 0]
    A = np.hstack([wide, model.X])
    inner = A.T @ (A * state.derivatives.curvature[:, None])
    P = np.diag([1.0] * wide.shape[1] + [0.0] * model.p)
    expected = np.trace(np.linalg.solve(inner + P, inner))
    assert effective_parameters(fit) == pytest.approx(expected, rel=EXACT)
    assert model.p < expected < wide.shape[1] + model.p


def test_effective_parameters_without_random_variation_are_those_of_the_fixed_part():
    data = frame(3)
    rng = np.random.default_rng(0)
    data["count"] = rng.poisson(np.exp(0.4 + 0.5 * data["x"]))
    fit = fitted(data.assign(g=rng.permutation(data["g"])), "count", "poisson")
    if fit.theta[0] > 1e-6:
        pytest.skip("this draw has a variance")
    assert effective_parameters(fit) == pytest.approx(fit.design.p, rel=EXACT)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("count", {"dispersion", "zeros"}),
        ("share", {"dispersion"}),
        ("yes", set()),
        ("nb", {"zeros"}),
        ("size", set()),
    ],
)
def test_checks_apply_to_the_families_that_have_them(name, expected):
    record = diagnose(Subject("a", fitted(frame(2, noise=0.5), *FITS[name]), 1))
    always = {"conditional_residuals", "simulated_residuals", "binned_residuals"}
    assert {each.check for each in record.checks} == always | expected
    sums = [each.of for each in record.checks if each.check == "simulated_residuals"]
    assert sums == ([None, "g"] if name == "yes" else [None])
    assert {each.check for each in record.checks} <= set(CHECKS)


@pytest.mark.parametrize("name", ["count", "share", "yes", "nb", "size"])
def test_a_model_that_holds_has_no_concern(name):
    record = diagnose(Subject("a", fitted(frame(5, groups=60), *FITS[name]), 7))
    assert [each.sentence for each in record.checks if each.flag == "concern"] == []


def test_extra_variation_is_seen_at_the_modes_and_not_among_new_data_sets():
    """Statistics, section 22.8: new random effects hide a wrong dispersion within groups."""
    record = diagnose(Subject("a", fitted(frame(4, groups=80, size=5, noise=0.8), "count", "poisson"), 1))
    flags = {each.check: each.flag for each in record.checks}
    assert flags["dispersion"] == flags["conditional_residuals"] == "concern"
    assert flags["simulated_residuals"] != "concern"
    noisy = fitted(frame(4, groups=80, size=5, noise=0.8), "count", "negative_binomial")
    assert {each.flag for each in diagnose(Subject("a", noisy, 1)).checks} <= {"ok", "look"}


def test_additional_zeros_are_seen():
    record = diagnose(Subject("a", fitted(frame(6, groups=80, zeros=0.3), "count", "poisson"), 1))
    check = next(each for each in record.checks if each.check == "zeros")
    assert check.flag == "concern"
    assert check.statistic > check.high > 1.0 > check.low
    assert "more than the model allows" in check.sentence


def test_a_wrong_curve_is_seen_in_binned_residuals():
    data = frame(8, groups=100, size=10)
    rng = np.random.default_rng(1)
    chance = 1.0 / (1.0 + np.exp(-(data["x"] ** 2 + data["x"] - 1.0)))
    fit = fitted(data.assign(yes=rng.binomial(1, chance)), "yes", "binomial")
    record = diagnose(Subject("a", fit, 1))
    check = next(each for each in record.checks if each.check == "binned_residuals")
    assert check.flag == "concern"
    curve = record.curve("binned_residuals")
    outside = [abs(point[1]) > point[3] for point in curve.points]
    assert check.statistic == pytest.approx(np.mean(outside))
    assert sum(point[4] for point in curve.points) == fit.design.n


def test_the_dispersion_is_pearsons_sum_over_its_degrees_of_freedom():
    fit = fitted(frame(9, noise=0.5), "k", "binomial", "n")
    check = diagnose(Subject("a", fit, 1)).checks[0]
    mean, n = fit.fitted, fit.design.trials
    pearson = np.sum((fit.design.y - n * mean) ** 2 / (n * mean * (1 - mean)))
    assert check.df == pytest.approx(fit.design.n - effective_parameters(fit))
    assert check.statistic == pytest.approx(pearson / check.df)


def test_the_same_seed_gives_the_same_record_and_another_seed_another():
    fit = fitted(frame(10), "count", "poisson")
    first, again, other = (diagnose(Subject("a", fit, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_residuals_of_true_parameters_are_normal():
    fit = fitted(frame(11, groups=300, size=6), "count", "poisson")
    subject = Subject("a", fit, 1)
    drawn = next(iter(drawn_with_modes(fit, [np.random.default_rng(0)])))
    residuals = quantile_residuals(subject, drawn.y, drawn.eta, np.random.default_rng(1))
    assert abs(residuals.mean()) < 0.1
    assert 0.85 < residuals.std() < 1.05


def test_a_large_model_leaves_out_the_checks_that_take_long(monkeypatch):
    monkeypatch.setattr("mlm_steps.diagnose.base.SECONDS", 1e-9)
    fit = fitted(frame(12), "count", "poisson")
    codes = {each.check: each.code for each in diagnose(Subject("a", fit, 1)).checks}
    assert codes["conditional_residuals"] == codes["binned_residuals"] == "too_large"
    assert codes["dispersion"] is None
    assert Base("a", fit, 1, thorough=True).drawn


def test_rows_that_are_predicted_exactly_are_left_out():
    data = frame(13)
    data["f"] = np.where(np.arange(len(data)) % 10 == 0, "c", "a")
    data.loc[data["f"] == "c", "yes"] = 0
    fit = fitted(data, "yes", "binomial", formula="~ x + f + (1 | g)")
    assert np.isinf(fit.beta).any()
    record = diagnose(Subject("a", fit, 1))
    assert all(each.statistic is not None for each in record.checks)
    assert sum(p[4] for p in record.curve("binned_residuals").points) == np.sum(data["f"] == "a")
