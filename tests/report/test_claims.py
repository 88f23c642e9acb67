"""Numbers of the report agree with one another, and none of them is an extrapolation."""

import re
from dataclasses import replace

import pytest

from mlm_steps.records.effects import Stretch
from mlm_steps.report.render import render_report
from mlm_steps.report.sentences.claims import claim
from mlm_steps.report.sentences.coefficients import null_sentence
from mlm_steps.report.sentences.regions import region_sentence
from mlm_steps.report.text.text import plain_text


def region(given, **changes):
    pair = next(pair for pair in given.run.results["effects"].slopes if pair.region is not None)
    found = pair.region.model_copy(update=changes)
    return plain_text(region_sentence(given, pair, found))


PERCENT = {"observed_low": 0.0, "observed_high": 100.0}


@pytest.mark.parametrize(
    ("bounds", "stretches", "words"),
    [
        ((369.0, 1723.0), (), "at no observed value of status (0 to 100) did the effect of sector"),
        ((-108.0, 369.0), (), "at no observed value of status (0 to 100) did the effect of sector"),
        ((-108.0,), (Stretch(low=0.0, high=100.0, sign=1),), "positive at all observed values of status, 0"),
        ((), (Stretch(low=0.0, high=100.0, sign=-1),), "negative at all observed values of status, 0"),
        ((-108.0, 41.5), (Stretch(low=41.5, high=100.0, sign=1),), "was positive from 41.5 to 100;"),
        ((12.0, 41.5), (Stretch(low=12.0, high=41.5, sign=1),), "was positive from 12 to 41.5;"),
    ],
)
def test_bounds_outside_the_observed_values_are_not_printed(make_given, bounds, stretches, words):
    found = region(make_given(), **PERCENT, bounds=bounds, stretches=stretches)
    assert words in found
    numbers = [float(text.replace("−", "-")) for text in re.findall(r"−?\d+(?:\.\d+)?", found)]
    assert all(0 <= number <= 100 for number in numbers if number != 12)  # 12 schools
    assert "0 to 100" in found


def test_a_design_effect_stands_beside_the_size_that_gives_it(make_given):
    given = make_given()
    text = plain_text(null_sentence(given))
    icc, effect = (float(re.search(pattern, text)[1]) for pattern in (r"ICC = (\.\d+)", r"mean is ([\d.]+)"))
    size = float(re.search(r"ñ = ([\d.]+),", text)[1])
    assert 1 + (size - 1) * icc == pytest.approx(effect, abs=0.02)


def test_without_lines_in_the_data_none_are_said_to_meet(make_given):
    given = make_given()
    advice = given.run.results["remedies"]
    (rung,) = advice.rungs
    (term,) = rung.terms
    directions = tuple(one.model_copy(update={"crossing": None}) for one in term.directions)
    rung = rung.model_copy(update={"terms": (term.model_copy(update={"directions": directions}),)})
    results = {**given.run.results, "remedies": advice.model_copy(update={"rungs": (rung,)})}
    run = replace(given.run, results=results)
    assert "meet at" not in render_report(replace(given, run=run))["md"]
    assert "meet at" in render_report(given)["md"]


def test_the_variance_between_groups_is_told_once(make_given):
    text = render_report(make_given())["md"]
    assert text.count("accounted for 18.0\u202f% of the variance in mathematics") == 1


def test_only_an_experiment_has_effects(make_given):
    given = make_given()
    slope = next(c for each in given.run.fits for c in each.coefficients if c.column == "ses")
    fit = given.run.fits[-1].model_copy(update={"coefficients": (given.run.fits[-1].coefficients[0], slope)})
    trial = replace(given, run=replace(given.run, experimental=True))
    for clear in (True, False):
        observed, assigned = (plain_text(claim(each, fit, slope, clear=clear)) for each in (given, trial))
        assert "associat" in observed
        assert "associat" not in assigned
        assert ("led to" if clear else "an effect of") in assigned
