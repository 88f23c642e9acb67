"""Alternatives to singular fits: the headline rung first, everything else folded."""

from dataclasses import replace

import pytest

from mlm_steps.report.render import render_report
from mlm_steps.report.sections.remedies import MOST_NAMED, MOST_VERDICTS, context
from mlm_steps.report.text.text import plain_text

from .conftest import advice


@pytest.fixture
def section(make_given):
    """Return the section for the rungs of a record."""

    def made(*rungs):
        given = make_given()
        record = advice().with_values(rungs=rungs)
        given = replace(given, run=replace(given.run, results={**given.run.results, "remedies": record}))
        render_report(given)
        return context(given)

    return made


def test_the_headline_rung_is_shown_and_the_others_are_folded(section):
    slope = advice().rungs[0]
    null = slope.with_values(model="null", status="doubtful")
    found = section(null, slope)
    assert [plain_text(card["label"]) for card in found["rungs"]] == ["Random slope"]
    assert [plain_text(card["label"]) for card in found["others"]] == ["Null model"]
    assert plain_text(found["others_title"]) == "Other rungs: Null model (doubtful)"


def test_many_rungs_are_counted(section):
    slope = advice().rungs[0]
    null = slope.with_values(model="null")
    found = section(*([null] * (MOST_NAMED + 1)), slope)
    assert plain_text(found["others_title"]).startswith(f"{MOST_NAMED + 1} other rungs whose fits are")


def test_of_many_alternatives_those_that_converged_with_the_smallest_aic_are_told_first(section):
    slope = advice().rungs[0]
    first = slope.alternatives[0]
    more = [first.with_values(formula=f"y ~ {k}", delta_aic=float(k)) for k in range(8)]
    lost = first.with_values(formula="y ~ z", ending="failed", delta_aic=None, verdict="not_estimable")
    (card,) = section(slope.with_values(alternatives=(lost, *reversed(more))))["rungs"]
    assert len(card["verdicts"]) == MOST_VERDICTS
    assert len(card["more_verdicts"]) == 9 - MOST_VERDICTS
    told = " ".join(plain_text(line) for line in card["verdicts"])
    assert all(f"ΔAIC = {k}.0" in told for k in range(1, MOST_VERDICTS))
    assert "ΔAIC = 7.0" not in told
