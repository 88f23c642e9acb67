from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from mlm_steps.figures import FIGURES, GENERALIZED, PLANNED
from mlm_steps.figures.scene import make_scene
from mlm_steps.records.run import Labels

LADDER = {"null": "y ~ 1 + (1 | g)", "x": "y ~ x + (1 | g)", "slope": "y ~ x * w + c + (x | g)"}
SVG = "{http://www.w3.org/2000/svg}"
LINEAR = [name for name in FIGURES if name not in GENERALIZED | PLANNED | {"variants"}]
"""The figures that linear models have; that of variants needs a run with ``vary``."""


def scene_of(given):
    """Return the scene of the last rung."""
    return make_scene(given, given.run.fits[-1])


TOLD_SHORTLY = ("forest", "vpc", "within_between")
"""Figures whose alternative text has the finding in other words than the caption."""


@pytest.fixture
def given(make_input, simulate):
    return make_input(LADDER, simulate(12, 8))


@pytest.mark.parametrize("name", LINEAR)
def test_a_figure_has_words_data_and_svg_of_its_own_ids(given, name):
    figure = FIGURES[name](given)
    root = ElementTree.fromstring(figure.svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert figure.name == name
    assert root.tag == f"{SVG}svg"
    assert all(identifier.startswith(f"{name}-") for identifier in ids)
    assert len(ids) == len(set(ids))
    assert not list(root.iter(f"{SVG}style"))
    assert re.search(r"\d", figure.reading)
    assert len(figure.alt.replace(figure.reading, "").split()) > 5  # the caption alone does not name axes
    assert name not in TOLD_SHORTLY or figure.reading not in figure.alt
    columns, rows = figure.data
    assert rows
    assert {len(row) for row in rows} == {len(columns)}


@pytest.mark.parametrize("name", LINEAR)
def test_the_same_input_gives_the_same_bytes(given, name):
    assert FIGURES[name](given) == FIGURES[name](given)


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize(
    "text", ["<script>", "$x^2$ {", "two\nlines\x00", "שלום", "漢字", "a & b", r"\frac{1}"]
)
def test_labels_are_plain_text_in_svg(make_input, simulate, name, text):
    labels = Labels(dict.fromkeys(LADDER, text), dict.fromkeys(("y", "x", "w", "g"), text), {"y": text})
    frame = simulate(6, 6)
    frame["g"] = frame["g"].cat.rename_categories(lambda level: f"{text}{level}")
    figure = FIGURES[name](make_input(LADDER, frame, labels))
    root = ElementTree.fromstring(figure.svg)
    words = "".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    assert not list(root.iter(f"{SVG}script"))
    assert text.replace("\x00", " ").split()[0] in words


@pytest.mark.parametrize("groups", [5, 160, 1500])
@pytest.mark.parametrize("name", LINEAR)
def test_figures_stay_small_from_few_to_many_groups(make_input, simulate, name, groups):
    figure = FIGURES[name](make_input(LADDER, simulate(groups, 5)))
    assert len(figure.svg) < 400_000


@pytest.mark.parametrize("name", list(FIGURES))
def test_a_run_without_fits_has_no_figure(given, name):
    assert FIGURES[name](replace(given, run=replace(given.run, fits=()))) is None


def test_one_rung_makes_no_ladder(make_input, simulate):
    assert FIGURES["ladder"](make_input({"null": LADDER["null"]}, simulate(6, 6))) is None


@pytest.mark.parametrize(
    ("formula", "label", "ticks", "fitted"),
    [
        ("y ~ 1 + (1 | g)", "", (), 1),
        ("y ~ x + (1 | g)", "x", (), 1),
        ("y ~ w + x + (1 | g)", "x", (), 1),
        ("y ~ x * w + (x | g)", "x", (), 2),
        ("y ~ c + (1 | g)", "c", ("a", "b", "c"), 1),
        ("y ~ poly(x, 2) + offset(x) + (1 | g)", "x", (), 1),
        ("log(y + 100) ~ w + (1 | g)", "w", ("no", "yes"), 1),
        ("y ~ 0 + x + (0 + x | g)", "x", (), 1),
    ],
)
def test_the_main_predictor_varies_inside_groups_if_one_does(
    make_input, simulate, formula, label, ticks, fitted
):
    scene = scene_of(make_input({"m": formula}, simulate(10, 6)))
    assert (scene.shape.label, scene.shape.ticks, len(scene.shape.fitted)) == (label, ticks, fitted)


def test_the_fitted_lines_are_those_of_the_model(given):
    scene = scene_of(given)
    beta = dict(zip(given.run.fits[-1].columns, given.run.fits[-1].reported.beta, strict=True))
    no, yes = scene.shape.fitted
    slope = np.diff(no.y)[0] / np.diff(no.x)[0]
    assert slope == pytest.approx(beta["x"])
    assert np.diff(yes.y)[0] / np.diff(yes.x)[0] == pytest.approx(beta["x"] + beta["x:wyes"])


def test_a_groups_line_is_its_least_squares_line(given):
    line = scene_of(given).shape.lines[0]
    rows = given.frame[given.frame["g"] == line.label]
    slope, intercept = np.polyfit(rows["x"], rows["y"], 1)
    assert line.y == pytest.approx(intercept + slope * line.x)


def test_the_caterpillar_counts_the_intervals_without_zero(given):
    figure = FIGURES["caterpillar"](given)
    columns, rows = figure.data
    clear = [
        row for row in rows if row[0] == "g" and row[1] == "x" and row[columns.index("interval_without_0")]
    ]
    assert f"{len(clear)} of 12 groups" in figure.reading.partition("Slope of x")[2]


def test_the_raw_data_say_how_many_groups_have_no_line_and_why(make_input, simulate):
    frame = simulate(12, 8)
    short = frame.groupby("g", observed=True).cumcount() < np.where(frame["g"] == frame["g"].iloc[0], 2, 8)
    given = make_input({"slope": "y ~ x + (x | g)"}, frame[short].reset_index(drop=True))
    rising = scene_of(given).shape.rising
    assert (
        f"of the 11 groups with a line, {rising} rise and {11 - rising} fall; 1 of 12 has no line "
        "(fewer than 3 observations or a single value of the predictor)."
    ) in FIGURES["raw_data"](given).reading


def test_the_raw_data_count_all_groups_where_each_has_a_line(given):
    assert ": over all groups, " in FIGURES["raw_data"](given).reading


@pytest.mark.parametrize("formula", ["y ~ factor(t) + (1 | g)", "y ~ x + factor(t) + (x | g)"])
def test_a_number_taken_as_categories_is_drawn_and_held_at_values_that_occur(make_input, simulate, formula):
    frame = simulate(12, 8)
    frame["t"] = frame.groupby("g", observed=True).cumcount() % 3 * 7
    (line,) = scene_of(make_input({"m": formula}, frame)).shape.fitted
    assert np.isfinite(line.y).all()
    assert "x" in formula or line.x.tolist() == [0, 7, 14]
