"""The first screen: the answer sentence, the cards, the tiles, and what to act on."""

from dataclasses import replace

import pytest

from mlm_steps.records.hypotheses import DeclaredHypothesis
from mlm_steps.report.render import render_report
from mlm_steps.report.sections.answer import context
from mlm_steps.report.sentences.key_effect import key_effect
from mlm_steps.report.text.text import plain_text


def with_run(given, **changes):
    return replace(given, run=replace(given.run, **changes))


def hypothesis(term, **more):
    return DeclaredHypothesis(name="H1", text="As expected", term=term, **more)


def answer_of(given):
    return plain_text(context(given)["answer"])


def acts(given):
    return {each.kind: plain_text(each.text) for each in context(given)["actions"]}


def test_the_answer_is_what_the_headline_rung_adds_whatever_its_p(make_given):
    given = make_given()
    effect = key_effect(given)
    assert (effect.term, effect.clear) == ("ses:sector", False)
    assert answer_of(given).startswith(
        "There was no clear evidence that sector moderated the slope of status"
    )
    assert "95 % CI [−0.86, 0.18]" in answer_of(given).replace("\u202f", " ")


def test_the_first_hypothesis_decides_the_key_effect_and_the_headline(make_given):
    given = with_run(make_given(), hypotheses=(hypothesis("sector", direction="positive"),))
    assert key_effect(given).term == "sector"
    assert "mathematics was 2.81 points higher" in answer_of(given).casefold()
    at_null = with_run(make_given(), hypotheses=(hypothesis("(Intercept)", rung="null"),))
    assert at_null.headline.model == "null"


def test_a_rung_without_predictors_is_answered_by_its_shares_of_variance(make_given):
    given = make_given()
    null = with_run(given, fits=given.run.fits[:1], comparisons=())
    assert key_effect(null) is None
    assert answer_of(null).startswith("School groups accounted for 18.0")
    assert len(context(null)["tiles"]) == 3


def test_a_headline_without_reliable_results_is_replaced_and_told(make_given):
    given = make_given()
    null, slope = given.run.fits
    failed = with_run(given, fits=(null,), unreliable=(slope,), chosen="slope", comparisons=())
    assert failed.headline.model == "null"
    assert "Random slope, has no reliable results; Null model is shown instead" in acts(failed)["headline"]
    assert "did not converge" in acts(failed)["not converged"]
    cards = {plain_text((card.name,)): card for card in context(failed)["cards"]}
    assert (cards["Random slope"].status, cards["Random slope"].headline) == ("not converged", False)
    assert cards["Null model"].headline


def test_without_reliable_results_there_is_no_answer_but_a_report(make_given):
    given = make_given()
    none = with_run(
        given, fits=(), failed={"null": "no memory", "slope": "no memory"}, comparisons=(), variance=()
    )
    assert "No rung has reliable results" in answer_of(none)
    assert [card.status for card in context(none)["cards"]] == ["failed", "failed"]


def test_a_singular_headline_is_acted_on_with_a_link(make_given):
    text = acts(make_given())["singular"]
    assert "is at its boundary" in text
    assert "See" in text or "see" in text


@pytest.mark.parametrize(("term", "verdict"), [("ses", "supported"), ("ses:sector", "no clear evidence")])
def test_verdicts_stand_in_a_table_with_their_numbers(make_given, term, verdict):
    given = with_run(make_given(), hypotheses=(hypothesis(term, direction="positive"),))
    (row,) = context(given)["hypotheses"].rows
    assert plain_text(row.cells[-1].content) == verdict
    assert row.cells[3].number.source.startswith("fixed:slope:")
    assert "Hypotheses and what the models say about them" in render_report(given)["md"]


def test_units_are_named_as_declared(make_given):
    given = make_given()
    labels = replace(
        given.run.labels, nouns={"school": ("school", "schools"), "observations": (None, "students")}
    )
    tiles = {
        plain_text(tile.name): plain_text(tile.remark)
        for tile in context(with_run(given, labels=labels))["tiles"]
    }
    assert tiles["Sample"] == "students in 12 schools"
    assert tiles["Variance between groups"] == "of the variance lies between schools"


def test_there_are_at_most_five_sentences_and_the_key_figure_stands_once(make_given):
    given = make_given()
    assert len(context(given)["sentences"]) <= 5
    page = render_report(given)["html"]
    figure = context(given)["figure"]
    assert page.count(f'id="figure-{figure.name}"') == 1
