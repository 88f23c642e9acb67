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


def test_a_linear_model_has_no_figure_of_checks(make_input, simulate):
    given = make_input({"slope": "y ~ x + (x | g)"}, simulate(8, 6))
    assert [FIGURES[name](given) for name in CHECKS] == [None, None]
