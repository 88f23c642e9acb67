"""What the report says of random slopes follows from their test and their interval."""

from dataclasses import replace

import pytest

from mlm_steps.records.deletions import DeletionsRecord
from mlm_steps.report.render import render_report
from mlm_steps.report.text import plain_text
from mlm_steps.report.varying import slope_sentences


def sentence(given, p, low):
    """Return what is said of the slope whose test has the p value and whose interval begins at a limit."""
    final = given.run.fits[-1]
    random = tuple(
        row.model_copy(update={"ci_low": low, "ci_high": None if low is None else 3.3})
        if (row.kind, row.effect_1, row.effect_2) == ("sd", "ses", None)
        else row
        for row in final.random
    )
    fit = final.model_copy(update={"random": random})
    rungs = [
        rung.model_copy(
            update={"deletions": tuple(test.model_copy(update={"p_naive": p}) for test in rung.deletions)}
        )
        for rung in given.run.deletions.rungs
        if rung.model == fit.model
    ]
    run = replace(given.run, fits=(fit,), deletions=DeletionsRecord(rungs=tuple(rungs)))
    (found,) = slope_sentences(replace(given, run=run), fit)
    return plain_text(found)


@pytest.mark.parametrize(
    ("p", "low", "words"),
    [
        (0.0076, 0.4, "The slope of Status varied between levels of School, SD = 0.5155, 95\u202f% CI"),
        (0.0076, None, "The slope of Status varied between levels of School, SD = 0.5155; leaving"),
        (0.965, 0.0, "The slope of Status showed no clear variation between levels of School"),
        (0.965, None, "The slope of Status showed no clear variation between levels of School"),
        (None, 0.0, "The slope of Status showed no clear variation between levels of School"),
        (0.0076, 0.0, "The evidence that the slope of Status varied between levels of School is mixed"),
        (0.08, 0.4, "The evidence that the slope of Status varied between levels of School is mixed"),
        (None, None, "The slope of Status was estimated to vary between levels of School"),
    ],
)
def test_the_claim_is_as_strong_as_the_evidence(make_given, p, low, words):
    assert sentence(make_given(), p, low).startswith(words)


def test_a_slope_that_does_not_clearly_vary_has_no_range(make_given):
    assert "are expected between" not in sentence(make_given(), 0.965, 0.0)


def test_a_new_random_slope_is_named_by_its_label(make_given):
    given = make_given()
    (record,) = given.run.comparisons
    added = ("ses:sector", "ses in (ses || school)", "(1 | class)")
    run = replace(given.run, comparisons=(record.model_copy(update={"added": added}),))
    text = render_report(replace(given, run=run))["md"]
    assert "Adding Status × Sector, Status in `(ses || school)` and `(1 | class)` improved fit" in text


def test_a_column_that_codes_a_factor_reads_as_the_factor_and_its_level(make_given):
    run = make_given().run
    assert run.effect_label("sectorCatholic") == "Sector [Catholic]"
    assert run.effect_label("ses") == "Status"


def test_rungs_with_several_factors_have_one_sentence_in_place_of_tests(make_given):
    given = make_given()
    rungs = tuple(
        rung.model_copy(
            update={
                "heterogeneity": tuple(
                    test.model_copy(
                        update={"statistic": None, "df": None, "p": None, "code": "several_factors"}
                    )
                    for test in rung.heterogeneity
                )
            }
        )
        for rung in given.run.deletions.rungs
    )
    text = render_report(replace(given, run=replace(given.run, deletions=DeletionsRecord(rungs=rungs))))["md"]
    assert "are for rungs with one grouping factor" in text
    assert "several factors" not in text
    assert "tests of the variances of random effects" not in text
