"""Sentences on the conclusions under variants of the final rung."""

from dataclasses import replace

from mlm_steps.report.render import render_report
from mlm_steps.report.sentences.sensitivity import (
    change_sentences,
    lead_sentence,
    records_of,
    remark_sentences,
)
from mlm_steps.report.standard.checklist import answers
from mlm_steps.report.text.text import plain_text


def test_a_changed_conclusion_is_told_with_its_numbers_and_what_they_estimate(make_given):
    given = make_given()
    records = records_of(given)
    changed, stable, moved = (plain_text(each) for each in change_sentences(given, records))
    assert changed == (
        "The conclusion about sector [Catholic] changes under 2 of 3 variants. In the rung it is significant "
        "(1.00, p = .040); it is not significant, or has the opposite sign, with level-1 predictors centred "
        "within school groups (status) (0.70, p = .210; here not adjusted for the group means of the centred "
        "predictors); and without 3 rows (−1.30, p = .030)."
    )
    assert stable == "The conclusion about status is the same under all variants."
    assert moved == (
        "The estimate of status (2.80 in the rung) differs by more than one standard error with level-1 "
        "predictors centred within school groups (status) (2.10, p < .001; here the slope within groups), "
        "with the same conclusion."
    )


def test_variants_with_numbers_are_counted_and_the_others_have_a_reason(make_given):
    given = make_given()
    records = records_of(given)
    assert "was estimated and tested again under 3 variants" in plain_text(lead_sentence(given, records))
    (reason,) = (plain_text(each) for each in remark_sentences(given, records))
    assert reason == (
        "With random slopes of all level-1 terms: the search did not converge: the scaled gradient is 11."
    )


def test_the_table_marks_changes_singular_fits_and_other_quantities(make_given):
    text = render_report(make_given())["md"]
    section = text[text.index("## Sensitivity of the conclusions") : text.index("## Singular and doubtful")]
    assert "| As fitted | 2.80 | < .001 | 1.00 | .040 |" in section
    assert "| Without 3 rows ‡ | 2.70 | < .001 | −1.30 | .030 ◆ |" in section
    assert "2.10 a | < .001 | 0.70 b | .210 ◆ |" in section
    assert "◆ the conclusion changes; a the slope within groups; b not adjusted" in section
    assert "3 variants for the sensitivity analysis" in text


def test_the_item_is_answered_by_variants_with_numbers_alone(make_given):
    given = make_given()

    def state(given):
        (found,) = [answer for answer in answers(given) if answer.id == "F4"]
        return found.status, found.where.section

    def with_kinds(*kinds):
        results = {f"sensitivity/{kind}": given.run.results[f"sensitivity/{kind}"] for kind in kinds}
        return replace(given, run=replace(given.run, results=results))

    assert state(given) == ("filled", "sensitivity")
    assert state(with_kinds("df")) == ("filled", "sensitivity")
    assert state(with_kinds("random_structure")) == ("gap", "checklist")
    assert state(with_kinds()) == ("gap", "checklist")
