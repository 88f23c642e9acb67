"""The figures of the hierarchy, of coefficients over rungs, of means and of optimisers."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from mlm_steps.figures import FIGURES

SVG = "{http://www.w3.org/2000/svg}"
LADDER = {"null": "y ~ 1 + (1 | g)", "x": "y ~ x + (1 | g)", "both": "y ~ x + c + (1 | g)"}


@pytest.fixture
def given(make_input, simulate):
    return make_input(LADDER, simulate(12, 8))


def words(figure):
    root = ElementTree.fromstring(figure.svg)
    return " ".join(" ".join(each.itertext()) for each in root.iter(f"{SVG}text"))


def test_the_forest_has_each_coefficient_in_each_rung_that_has_it(given):
    figure = FIGURES["forest"](given)
    assert [row[:2] for row in figure.data[1]] == [("x", "x"), ("x", "both"), ("cb", "both"), ("cc", "both")]
    estimates = {c.column: c.estimate for c in given.run.fits[-1].coefficients}
    assert figure.data[1][1][2] == estimates["x"]


def test_one_rung_with_predictors_makes_no_forest(make_input, simulate):
    ladder = {name: LADDER[name] for name in ("null", "x")}
    assert FIGURES["forest"](make_input(ladder, simulate(6, 6))) is None


def test_the_means_have_a_row_per_level_with_its_interval(given):
    figure = FIGURES["means"](given)
    assert [row[1] for row in figure.data[1]] == ["a", "b", "c"]
    assert all(low < mean < high for *_, mean, low, high in figure.data[1])


def test_two_means_are_no_figure(make_input, simulate):
    assert FIGURES["means"](make_input({"m": "y ~ x + (1 | g)"}, simulate(6, 6))) is None


def test_the_hierarchy_counts_units_and_names_variables_on_their_level(given):
    profile = given.run.data_profile
    profile.columns = tuple(
        SimpleNamespace(name=name, used=True, declared_level=None) for name in ("y", "x", "w", "g")
    )
    profile.variable_levels = (
        SimpleNamespace(variable="w", factor="g", level="between", conflicting_levels=()),
    )
    figure = FIGURES["hierarchy"](given)
    assert figure.data[1] == (
        ("g", "g groups", 12, "", "", "w"), ("", "observations", 96, "", "", "y; x"),
    )  # fmt: skip
    assert "8 observations in each" in words(figure)


def test_crossed_and_nested_factors_are_told_apart(given):
    profile = given.run.data_profile
    one = profile.factors[0]
    names = ("district", "g", "rater")
    profile.factors = tuple(SimpleNamespace(**{**vars(one), "name": name}) for name in names)
    profile.nesting = (
        SimpleNamespace(inner="g", outer="district", relation="nested", n_cells=12),
        SimpleNamespace(inner="rater", outer="district", relation="crossed", n_cells=30),
        SimpleNamespace(inner="g", outer="rater", relation="partially_crossed", n_cells=30),
    )
    figure = FIGURES["hierarchy"](given)
    rows = {row[0]: row[3:5] for row in figure.data[1]}
    assert rows["g"] == ("district", "rater")
    assert rows["rater"] == ("", "district; g")
    told = ". Rater groups and district groups are crossed. G groups and rater groups are partly crossed."
    assert figure.reading.endswith(told)


def test_searches_that_end_elsewhere_are_counted(given):
    reading = FIGURES["optimisers"](given).reading
    assert "2 of 3 searches in 1 rung" in reading


def test_a_moderator_of_the_groups_gives_a_panel_per_level(make_input, simulate):
    figure = FIGURES["raw_data"](make_input({"m": "y ~ x * w + (x | g)"}, simulate(12, 8)))
    root = ElementTree.fromstring(figure.svg)
    assert len(list(root.iter(f"{SVG}svg"))) == 3
    assert {row[2] for row in figure.data[1]} == {1, 2}


def test_a_moderator_of_the_rows_leaves_one_panel(make_input, simulate):
    frame = simulate(12, 8)
    frame["w"] = frame["w"].cat.rename_categories(lambda level: level)
    frame.loc[frame.index[::2], "w"] = "no"
    frame.loc[frame.index[1::2], "w"] = "yes"
    figure = FIGURES["raw_data"](make_input({"m": "y ~ x * w + (x | g)"}, frame))
    assert {row[2] for row in figure.data[1]} == {1}
