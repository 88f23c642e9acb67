"""The verdict on slopes within and between groups, and when the answer warns of a blend."""

from dataclasses import replace

import pytest

from mlm_steps.records.context import CURVED
from mlm_steps.report.sections.answer import context as answer
from mlm_steps.report.sections.context import context
from mlm_steps.report.sentences.context import verdict_sentence
from mlm_steps.report.text.text import plain_text

from .small_levels import small_contexts, small_slopes


def compared(within, between, *, se=0.3, p=1e-4, pooled=1.0):
    """Return slopes with other estimates; intervals are two standard errors wide to either side."""
    found = small_slopes()
    estimates = {"pooled": pooled, "within": within, "between": between, "contextual": between - within}
    slopes = [
        slope.with_values(
            estimate=estimates[slope.kind],
            se=se,
            ci_low=estimates[slope.kind] - 2 * se,
            ci_high=estimates[slope.kind] + 2 * se,
            p=p,
        )
        for slope in found.slopes
    ]
    return found.with_values(slopes=tuple(slopes), opposite=within * between < 0)


@pytest.mark.parametrize(
    ("slopes", "words"),
    [
        (
            compared(1.0, 3.0),
            "The slope of status was steeper between school groups (3.00) than within them (1.00)",
        ),
        (
            compared(3.0, 1.0),
            "The slope of status was flatter between school groups (1.00) than within them (3.00)",
        ),
        (compared(1.0, 1.1, p=0.7), "no clear evidence that the slopes of status within (1.00) and between"),
        (compared(1.0, -2.0), "within (1.00) and between school groups (−2.00) have opposite signs."),
        (compared(-1.0, 2.0), "opposite signs; over all observations, the slope has the opposite sign"),
        (compared(0.1, -2.0), "opposite signs, but the interval of the slope within groups includes 0."),
        (compared(0.1, -0.2), "opposite signs, but the intervals of both include 0."),
    ],
)
def test_the_verdict_is_in_words(make_given, slopes, words):
    assert words in plain_text(verdict_sentence(make_given(), slopes))


def with_contexts(given, contexts):
    effects = given.run.results["effects"].with_values(contexts=contexts)
    return replace(given, run=replace(given.run, results={**given.run.results, "effects": effects}))


def blends(given):
    return [plain_text(a.text) for a in answer(given)["actions"] if a.kind in ("blended slope", "centring")]


def changed(**values):
    (rung,) = small_contexts()
    (predictor,) = rung.predictors
    return (rung.with_values(predictors=(predictor.with_values(**values),)),)


def test_the_answer_warns_of_a_raw_predictor_whose_slopes_differ(make_given):
    first, second = blends(make_given())
    assert "blends two slopes: 2.19 within and 5.87 between school groups" in first
    assert "the deviance is 62.0 lower with 1 more parameter (ΔAIC = −60.0" in second


def test_it_does_not_warn_of_a_predictor_with_its_group_mean_or_of_equal_slopes(make_given):
    given = make_given()
    assert blends(with_contexts(given, changed(raw=False, means=("ses_m",)))) == []
    (rung,) = small_contexts()
    slopes = tuple(
        slope.with_values(test=slope.test.with_values(p=0.4)) for slope in rung.predictors[0].slopes
    )
    assert blends(with_contexts(given, changed(slopes=slopes))) == []


def test_slopes_of_the_rung_are_told_if_those_of_the_predictor_alone_are_unknown(make_given):
    given = make_given()
    profile = given.run.data_profile.with_values(slopes=())
    alone = replace(given, run=replace(given.run, data_profile=profile))
    (first, _) = blends(alone)
    assert "blends two slopes in Random slope: 2.12 within and 5.25 between school groups" in first
    (rung,) = small_contexts()
    logit = with_contexts(alone, (rung.with_values(link="logit"),))
    assert "blends two slopes in Random slope on the logit scale" in blends(logit)[0]


def test_a_rung_without_a_refit_says_why(make_given):
    (rung,) = small_contexts()
    (predictor,) = rung.predictors
    lost = predictor.with_values(slopes=(), code="not_estimable")
    failed = rung.with_values(predictors=(lost,), reason="no residual variance", delta_aic=None)
    sentences = context(with_contexts(make_given(), (failed,)))["sentences"]
    assert "could not be refitted with separate slopes: no residual variance." in " ".join(
        plain_text(sentence) for sentence in sentences
    )


def test_a_curve_and_an_applied_remedy_are_told(make_given):
    given = make_given()
    (rung,) = small_contexts()
    (predictor,) = rung.predictors
    curved = predictor.with_values(slopes=(), factors=(), raw=False, code="not_applicable", reason=CURVED)
    sentences = context(with_contexts(given, (rung.with_values(predictors=(predictor, curved)),)))[
        "sentences"
    ]
    text = " ".join(plain_text(sentence) for sentence in sentences)
    assert "status is not split into slopes within and between groups: with a curve there is" in text
    advice = given.run.results["remedies"]
    (singular,) = advice.rungs
    first, *others = singular.alternatives
    applied = singular.with_values(alternatives=(first.with_values(applied=True), *others))
    results = {**given.run.results, "remedies": advice.with_values(rungs=(applied,))}
    assert (
        "The fit of Random slope as declared is singular."
        in blends(replace(given, run=replace(given.run, results=results)))[1]
    )
