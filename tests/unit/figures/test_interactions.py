"""Figures of interactions."""

from dataclasses import replace

import numpy as np
import pytest

from mlm_steps.figures import FIGURES
from mlm_steps.records import EffectsRecord

FORMULAS = {"null": "y ~ 1 + (1 | g)", "cross": "y ~ x * z + x * w + c * w + (x | g)"}
NAMES = ("simple_slopes", "johnson_neyman")


@pytest.fixture
def given(make_input, simulate):
    """Return a model in which a slope depends on a number and a category, and a category on another."""
    frame = simulate(20, 8)
    frame["z"] = np.random.default_rng(1).normal(size=20)[np.repeat(np.arange(20), 8)]
    frame["y"] += 0.8 * frame["x"] * frame["z"]
    return make_input(FORMULAS, frame)


@pytest.mark.parametrize("name", NAMES)
def test_without_interactions_nothing_is_drawn(make_input, simulate, name):
    made = make_input({"null": FORMULAS["null"]}, simulate(12, 6))
    assert made.run.results["effects"] == EffectsRecord()
    assert FIGURES[name](made) is None
    assert FIGURES[name](replace(made, run=replace(made.run, results={}))) is None


def test_every_line_of_a_pair_is_in_the_data_once(given):
    columns, rows = FIGURES["simple_slopes"](given).data
    assert columns == ("focal", "moderator", "conditions", "value", "x", "expected", "low", "high")
    assert len({row[:5] for row in rows}) == len(rows)
    assert {("x", "z"), ("x", "w"), ("c", "w")} <= {row[:2] for row in rows}
    assert len({row[3] for row in rows if row[:2] == ("c", "w")}) == 2
    assert all(low < expected < high for *_, expected, low, high in rows)


def test_regions_are_those_of_the_record(given):
    _, rows = FIGURES["johnson_neyman"](given).data
    regions = [pair.region for pair in given.run.results["effects"].slopes if pair.region is not None]
    assert len(rows) == sum(len(region.curve) for region in regions)
    for *_, low, high, differs in rows:
        assert differs == (low > 0 or high < 0)


def test_at_most_four_panels_are_drawn_and_the_reading_says_so(given):
    reading = FIGURES["simple_slopes"](given).reading
    assert "4 of " in reading
    assert "panels are drawn; the table holds all" in reading
