"""If two df methods disagree about a singular fit, the report gives both and the more conservative one."""

from dataclasses import replace

import pytest

from mlm_steps.records import TermTest
from mlm_steps.report.render import render_report
from mlm_steps.report.sentences.answer import answer_sentence
from mlm_steps.report.sentences.coefficients import coefficient_sentence
from mlm_steps.report.sentences.disputes import cautious_p, dispute_of, dispute_phrase
from mlm_steps.report.sentences.key_effect import KeyEffect
from mlm_steps.report.text.text import plain_text


def disputing(given, satterthwaite, kenward_roger, reported="satterthwaite"):
    """Return the input with the tests of the product in the last rung, each as df and p."""
    final = given.run.fits[-1]
    tests = dict(zip(("satterthwaite", "kenward-roger"), (satterthwaite, kenward_roger), strict=True))
    product = final.coefficients[-1]
    made = {
        method: product.model_copy(update={"df": df, "p": p, "df_method": method})
        for method, (df, p) in tests.items()
    }
    if reported not in made:
        made[reported] = product.model_copy(update={"df": None, "p": 0.001, "df_method": reported})
    others = tuple(test for method, test in made.items() if method != reported)
    rows = (*final.coefficients[:-1], made[reported])
    fit = final.model_copy(update={"coefficients": rows, "coefficients_other": others})
    return replace(given, run=replace(given.run, fits=(*given.run.fits[:-1], fit))), fit


@pytest.mark.parametrize(
    ("satterthwaite", "kenward_roger", "safer"),
    [
        ((88.7, 0.012), (2.1, 0.164), "kenward-roger"),
        ((10.0, 0.049), (9.0, 0.051), "kenward-roger"),
        ((10.0, 0.011), (9.0, 0.009), "satterthwaite"),
        ((10.0, 0.098), (9.0, 0.102), "kenward-roger"),
        ((30.1, 1e-6), (10.0, 1e-5), "kenward-roger"),
        ((10.0, 0.6), (40.0, 0.6), "satterthwaite"),
        ((10.0, 0.02), (9.0, 0.03), None),
        ((29.9, 1e-6), (10.0, 1e-5), None),
        ((10.0, 0.2), (9.0, 0.8), None),
    ],
)
def test_methods_disagree_across_a_level_or_by_three_times_the_df(
    make_given, satterthwaite, kenward_roger, safer
):
    _, fit = disputing(make_given(), satterthwaite, kenward_roger)
    found = dispute_of(fit, fit.coefficients[-1])
    assert (None if found is None else found.safer.df_method) == safer


def test_a_finding_needs_both_methods_and_prints_both(make_given):
    given, fit = disputing(make_given(), (88.7, 0.012), (2.1, 0.164))
    text = plain_text(coefficient_sentence(given, fit, fit.coefficients[-1]))
    assert text.startswith("There was no clear evidence that sector moderated the slope of status, ")
    assert "t(88.7) = −1.45, p = .012 (Satterthwaite); Kenward–Roger gives t(2.1) = −1.45, p = .164" in text
    assert "; the methods disagree whether p is below .05, and Kenward–Roger is more conservative" in text
    assert cautious_p(fit, fit.coefficients[-1]) == 0.164


def test_the_report_does_not_let_all_tests_of_a_singular_fit_stand(make_given):
    given, _ = disputing(make_given(), (88.7, 0.012), (2.1, 0.164))
    text = render_report(given)["md"]
    assert "they disagree about Status × Sector [Catholic] in Random slope" in text
    assert "and their tests stand" not in text
    assert "Kenward–Roger methods disagree about Status × Sector [Catholic] in Random slope; see" in text
    assert text.count("Kenward–Roger is more conservative") >= 2  # the finding, the table of the rung
    given, _ = disputing(make_given(), (10.0, 0.02), (9.0, 0.03))
    text = render_report(given)["md"]
    assert "their results agree" in text
    assert "is more conservative" not in text


def test_beside_a_third_method_both_are_printed(make_given):
    given, fit = disputing(make_given(), (88.7, 0.012), (2.1, 0.164), reported="z")
    text = plain_text(coefficient_sentence(given, fit, fit.coefficients[-1]))
    assert "; Satterthwaite gives t(88.7)" in text
    assert "; Kenward–Roger gives t(2.1)" in text


def test_the_f_test_of_a_term_is_compared_too(make_given):
    fit = make_given().run.fits[-1]
    one = TermTest(
        type="III", term="f", num_df=2, den_df=60.0, df_method="satterthwaite", statistic=4.0, p=0.02
    )
    other = one.model_copy(update={"den_df": 3.0, "df_method": "kenward-roger", "statistic": 3.9, "p": 0.15})
    fit = fit.model_copy(update={"anova": (one,), "anova_other": (other,)})
    found = dispute_of(fit, one)
    assert plain_text(dispute_phrase(found)).startswith("; Kenward–Roger gives F(2, 3) = 3.90, p = .150;")


def test_an_answer_that_follows_the_safer_test_of_a_term_gives_both(make_given):
    given = make_given()
    term = "ses:sector"
    one = TermTest(
        type="III", term=term, num_df=2, den_df=60.0, df_method="satterthwaite", statistic=4.0, p=0.02
    )
    other = one.model_copy(update={"den_df": 3.0, "df_method": "kenward-roger", "statistic": 3.9, "p": 0.15})
    fit = given.run.fits[-1].model_copy(update={"anova": (one,), "anova_other": (other,)})
    text = plain_text(answer_sentence(given, KeyEffect(given, fit, term, fit.coefficients[-2:])))
    assert text.startswith("There was no clear evidence of an interaction of")
    assert "Kenward–Roger gives F(2, 3) = 3.90, p = .150; the methods disagree" in text
