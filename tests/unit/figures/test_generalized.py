"""Figures of generalized models."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from mlm_steps.figures import FIGURES
from mlm_steps.records.response import Response
from mlm_steps.records.run import Labels

SVG = "{http://www.w3.org/2000/svg}"
FAMILIES = {
    "binomial": Response("binomial", "logit", None, None),
    "poisson": Response("poisson", "log", None, None),
}
CHECKS = ["quantile_residuals", "binned_residuals"]


def outcomes(frame, family):
    """Return a frame whose outcome has a family."""
    eta = 0.3 * (frame["y"] - frame["y"].mean())
    rng = np.random.default_rng(1)
    drawn = rng.binomial(1, 1 / (1 + np.exp(-eta))) if family == "binomial" else rng.poisson(np.exp(eta))
    return frame.assign(y=drawn)


@pytest.fixture
def given(make_generalized, simulate):
    def make(family, labels=None):
        return make_generalized(
            "y ~ x + w + (1 | g)", outcomes(simulate(12, 8), family), FAMILIES[family], labels
        )

    return make


def words_of(figure):
    root = ElementTree.fromstring(figure.svg)
    return " ".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", CHECKS)
def test_a_figure_of_checks_has_words_data_and_the_same_bytes(given, name, family):
    made = given(family)
    figure = FIGURES[name](made)
    assert figure == FIGURES[name](made)
    assert re.search(r"\d", figure.reading)
    assert figure.reading in figure.alt
    columns, rows = figure.data
    assert {len(row) for row in rows} == {len(columns)}
    assert "points" not in words_of(figure)


@pytest.mark.parametrize(
    ("family", "words"), [("binomial", "Fitted probability"), ("poisson", "Fitted count")]
)
def test_the_axis_names_the_mean_of_the_outcome(given, family, words):
    assert words in words_of(FIGURES["binned_residuals"](given(family)))


def test_sums_per_group_are_drawn_for_yes_and_no(given):
    labels = Labels({}, {"g": "District"}, {})
    assert "Sums per District" in words_of(FIGURES["quantile_residuals"](given("binomial", labels)))
    assert "Sums per" not in words_of(FIGURES["quantile_residuals"](given("poisson")))


def test_a_linear_model_has_none_of_these_figures(make_input, simulate):
    given = make_input({"slope": "y ~ x + (x | g)"}, simulate(8, 6))
    assert [FIGURES[name](given) for name in (*CHECKS, "rates")] == [None, None, None]


def points(figure, kind):
    """Return the drawn values of a kind as (x, y)."""
    columns, rows = figure.data
    assert columns == ("kind", "line", "x", "y", "rows")
    return [(row[2], row[3]) for row in rows if row[0] == kind]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "formula", ["y ~ 1 + (1 | g)", "y ~ x + (x | g)", "y ~ w + (1 | g)", "y ~ x * w + (x | g)"]
)
def test_rates_have_observed_values_groups_and_both_curves(make_generalized, simulate, family, formula):
    given = make_generalized(formula, outcomes(simulate(12, 8), family), FAMILIES[family])
    figure = FIGURES["rates"](given)
    assert figure == FIGURES["rates"](given)
    for kind in ("observed", "group", "population", "typical"):
        y = [value for _, value in points(figure, kind)]
        assert y
        assert min(y) >= 0
        assert family != "binomial" or max(y) <= 1
    assert figure.reading in figure.alt
    assert "population average" in figure.reading


def test_a_curve_without_a_value_is_left_out(make_generalized, simulate):
    rng = np.random.default_rng(4)
    frame = simulate(20, 12)
    c = np.tile(["a", "b", "c"], len(frame) // 3)
    eta = 0.5 * frame["x"] / frame["x"].std()
    y = np.where(c == "c", 0, rng.binomial(1, 1 / (1 + np.exp(-eta))))
    given = make_generalized("y ~ x * c + (1 | g)", frame.assign(c=c, y=y), FAMILIES["binomial"])
    assert not np.isfinite(given.run.fits[0].reported.beta).all()
    figure = FIGURES["rates"](given)
    assert "nan" not in figure.reading
    assert np.isfinite([y for _, y in points(figure, "population")]).all()


def test_without_predictors_the_average_is_the_marginal_mean(make_generalized, simulate):
    given = make_generalized("y ~ 1 + (1 | g)", outcomes(simulate(12, 8), "poisson"), FAMILIES["poisson"])
    figure, optimum = FIGURES["rates"](given), given.run.fits[0].reported
    (_, first), (_, second) = points(figure, "population")
    assert first == second == pytest.approx(np.exp(optimum.beta[0] + optimum.theta[0] ** 2 / 2))
    assert points(figure, "typical")[0][1] == pytest.approx(np.exp(optimum.beta[0]))
    observed = sorted(given.frame.groupby("g", observed=True)["y"].mean())
    assert sorted(y for _, y in points(figure, "observed")) == pytest.approx(observed)


def test_shares_divide_by_the_trials(make_generalized, simulate):
    frame = simulate(10, 6)
    rng = np.random.default_rng(3)
    n = rng.integers(3, 9, len(frame))
    frame = frame.assign(n=n, y=rng.binomial(n, 0.4))
    given = make_generalized("y ~ 1 + (1 | g)", frame, Response("binomial", "logit", "n", None))
    total = frame.groupby("g", observed=True)[["y", "n"]].sum()
    drawn = sorted(y for _, y in points(FIGURES["rates"](given), "observed"))
    assert drawn == pytest.approx(sorted(total["y"] / total["n"]))


def test_the_caterpillar_names_the_scale_of_the_link(given, make_input, simulate):
    figure = FIGURES["caterpillar"](given("binomial"))
    assert "Deviation from the mean, logit scale" in words_of(figure)
    assert "on the logit scale" in figure.reading
    linear = FIGURES["caterpillar"](make_input({"slope": "y ~ x + (x | g)"}, simulate(8, 6)))
    assert "scale" not in words_of(linear)
