"""What the report says of a comparison follows from its test and from the criteria of information."""

from dataclasses import replace

import pytest

from mlm_steps.report.render import render_report
from mlm_steps.report.sentences.comparisons import comparison_sentence
from mlm_steps.report.text.text import plain_text


def sentence(given, **changes):
    (record,) = given.run.comparisons
    return plain_text(comparison_sentence(given, record.model_copy(update=changes)))


@pytest.mark.parametrize(
    ("p", "aic", "bic", "words"),
    [
        (0.001, -21.2, -7.3, " improved fit (Random slope"),
        (0.01, -2.6, 8.1, " improved fit by the likelihood-ratio test and AIC, but not by BIC (Random"),
        (0.04, 0.3, 8.1, " improved fit by the likelihood-ratio test, but not by AIC and BIC (Random"),
        (
            0.0504,
            -1.8,
            5.0,
            " did not clearly improve fit by the likelihood-ratio test and BIC, but did by AIC (",
        ),
        (0.4, 1.3, 8.1, " did not clearly improve fit (Random slope"),
        (0.4, None, None, " did not clearly improve fit (Random slope"),
    ],
)
def test_criteria_that_disagree_are_named(make_given, p, aic, bic, words):
    found = sentence(make_given(), p_boundary=None, mixture=None, p_naive=p, delta_aic=aic, delta_bic=bic)
    assert words in found


@pytest.mark.parametrize(
    ("p", "text"), [(0.0504, ".0504"), (0.0497, ".0497"), (0.05, ".0500"), (0.056, ".056")]
)
def test_beside_a_verdict_p_tells_its_side_of_the_level_everywhere(make_given, p, text):
    given = make_given()
    (record,) = given.run.comparisons
    record = record.model_copy(update={"p_boundary": None, "mixture": None, "p_naive": p})
    run = replace(given.run, comparisons=(record,))
    report = render_report(replace(given, run=run))["md"]
    assert f"*p* = {text}" in report
    ladder = report[report.index("### The ladder") : report.index("### The headline model")]
    assert f"| {text} |" in ladder
    assert ladder.count(text) == 2  # a cell of the table, and the sentence
    assert ("did not clearly improve fit" in report) == (p >= 0.05)


def test_the_level_of_the_run_decides_which_p_values_need_another_digit(make_given):
    given = make_given()
    fits = tuple(fit.model_copy(update={"confidence": 0.9}) for fit in given.run.fits)
    given = replace(given, run=replace(given.run, fits=fits))
    assert given.alpha == 0.1
    found = sentence(given, p_boundary=None, mixture=None, p_naive=0.0996)
    assert "p = .0996" in found
    assert "p = .050" in sentence(given, p_boundary=None, mixture=None, p_naive=0.0504)
