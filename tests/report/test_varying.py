"""What the report says of random slopes follows from their test and their interval."""

from dataclasses import replace

import pytest

from mlm_steps.records.comparison import MixtureComponent
from mlm_steps.records.deletions import DeletionsRecord, Heterogeneity
from mlm_steps.report.render import render_report
from mlm_steps.report.sentences.random_slopes import slope_sentences
from mlm_steps.report.text.text import plain_text


def sentence(given, p, low, *, code=None, hlm=None, singular=False, **test):
    """Return what is said of the slope whose test has the p value and whose interval begins at a limit."""
    final = given.run.fits[-1]
    random = tuple(
        row.model_copy(update={"ci_low": low, "ci_low_code": code, "ci_high": None if low is None else 3.3})
        if (row.kind, row.effect_1, row.effect_2) == ("sd", "ses", None)
        else row
        for row in final.random
    )
    terms = tuple(term.model_copy(update={"singular": singular}) for term in final.reml.terms)
    fit = final.model_copy(update={"random": random, "reml": final.reml.model_copy(update={"terms": terms})})
    spread = Heterogeneity(group="school", effect="ses", statistic=170.2, df=158, p=hlm, n_groups=159)
    rungs = [
        rung.model_copy(
            update={
                "deletions": tuple(
                    found.model_copy(update={"p_naive": p, **test}) for found in rung.deletions
                ),
                "heterogeneity": (spread,),
            }
        )
        for rung in given.run.results["deletions"].rungs
        if rung.model == fit.model
    ]
    run = replace(given.run, fits=(fit,), results={"deletions": DeletionsRecord(rungs=tuple(rungs))})
    (found,) = slope_sentences(replace(given, run=run), fit)
    return plain_text(found)


@pytest.mark.parametrize(
    ("p", "low", "words"),
    [
        (0.0076, 0.4, "The slope of status varied between school groups, SD = 0.52, 95\u202f% CI"),
        (0.0076, None, "The slope of status varied between school groups, SD = 0.52; removing"),
        (0.965, 0.0, "There was no clear evidence that the slope of status varied between school groups"),
        (0.965, None, "There was no clear evidence that the slope of status varied between school groups"),
        (None, 0.0, "There was no clear evidence that the slope of status varied between school groups"),
        (0.0076, 0.0, "The evidence that the slope of status varied between school groups is mixed"),
        (0.08, 0.4, "The evidence that the slope of status varied between school groups is mixed"),
        (None, None, "The slope of status was estimated to vary between school groups"),
    ],
)
def test_the_claim_is_as_strong_as_the_evidence(make_given, p, low, words):
    assert sentence(make_given(), p, low).startswith(words)


def test_a_limit_that_is_a_bound_is_no_evidence(make_given):
    words = "The evidence that the slope of status varied between school groups is mixed"
    assert sentence(make_given(), 0.0076, 2.5e-6, code="boundary").startswith(words)


def test_a_p_value_says_which_distribution_it_is_of(make_given):
    assert "raised the REML criterion by 9.76 (naive χ²(2), p = .008);" in sentence(make_given(), 0.0076, 0.4)
    mixture = (MixtureComponent(df=1, weight=0.5), MixtureComponent(df=2, weight=0.5))
    mixed = sentence(make_given(), 0.0076, 0.4, p_boundary=0.0047, mixture=mixture)
    assert "by 9.76 (½χ²₁ + ½χ²₂, p = .005);" in mixed


def test_a_joint_test_that_disagrees_with_that_of_the_variance_alone_is_said_to_be_joint(make_given):
    found = sentence(make_given(), 0.002, 0.4, hlm=0.165)
    assert "is mixed: SD" in found
    assert "HLM’s test of the variance alone gave χ²(158) = 170.20, p = .165" in found
    assert "The first test is joint" in found
    agreeing = sentence(make_given(), 0.002, 0.4, hlm=0.01)
    assert "HLM" not in agreeing
    assert "joint" not in agreeing


def test_two_tests_of_one_variance_that_disagree_are_said_to(make_given):
    found = sentence(make_given(), 0.002, 0.4, hlm=0.165, df=1)
    assert "removing the slope variance raised" in found
    assert "The two tests of this variance disagree" in found


def test_of_a_singular_term_no_slope_is_said_to_vary(make_given):
    found = sentence(make_given(), 0.0001, 0.4, singular=True)
    assert "varied" not in found
    assert found.startswith("In this singular fit, the slope of status")
    assert "The data do not support variation separate" in found


def test_a_slope_that_does_not_clearly_vary_has_no_range(make_given):
    assert "are expected between" not in sentence(make_given(), 0.965, 0.0)


def test_a_new_random_slope_is_named_by_its_label(make_given):
    given = make_given()
    (record,) = given.run.comparisons
    added = ("ses:sector", "ses in (ses || school)", "(1 | class)")
    run = replace(given.run, comparisons=(record.model_copy(update={"added": added}),))
    text = render_report(replace(given, run=run))["md"]
    assert (
        "Adding the interaction of status and sector, status in `(ses || school)` and `(1 | class)` improved"
        in text
    )


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
        for rung in given.run.results["deletions"].rungs
    )
    results = {**given.run.results, "deletions": DeletionsRecord(rungs=rungs)}
    text = render_report(replace(given, run=replace(given.run, results=results)))["md"]
    assert "require a single grouping factor" in text
    assert "several factors" not in text
    assert "tests of the variances of random effects" not in text
