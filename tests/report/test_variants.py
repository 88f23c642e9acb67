"""The section on the variants of the analysis, and its figure."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

from mlm_steps.figures import FIGURES, FigureInput
from mlm_steps.records.curve import curve_of
from mlm_steps.records.variants import VariantsRecord, key_coefficients
from mlm_steps.report.render import render_report
from mlm_steps.report.sections import variants as section
from mlm_steps.report.sentences.variants import failure_sentences, lead_sentences, summary_sentence
from mlm_steps.report.text.text import plain_text


def curve(given):
    key = key_coefficients(given.run)
    return curve_of(given.run, key, key.columns[0])


def found(given):
    return given.run.result(VariantsRecord, "variants/0-5").variants


def test_the_lead_counts_the_variants_and_warns_that_they_share_data(make_given):
    given = make_given()
    lead, caution = (plain_text(each) for each in lead_sentences(given, found(given), [curve(given)]))
    assert lead == (
        "The ladder was fitted in 5 variants: 2 outcomes and 4 subsets, combined with one another. Shown is "
        "the coefficient of status × sector [Catholic] in Random slope."
    )
    assert "not independent" in caution
    assert caution.endswith("Each estimate is in the units of its outcome.")


def test_the_summary_has_median_range_and_agreement(make_given):
    given = make_given()
    assert plain_text(summary_sentence(given, curve(given))) == (
        "The estimate of status × sector [Catholic] has the median 1.00 and ranges from −0.20 (Math, "
        "Large <schools> | all) to 1.40 (Reading, All <schools> | all). Of 3 estimates, 2 have the sign of "
        "the median; for 2 of them, the 95 % interval does not contain 0."
    )


def test_variants_without_numbers_are_listed_with_their_reasons(make_given):
    given = make_given()
    some, whole = (plain_text(each) for each in failure_sentences(given, found(given)))
    assert some.startswith("No estimates of Random slope for Math, Catholic <schools> | all: sector: it")
    assert whole == (
        "No estimates for Reading, None <schools> | all: no row is left: none of 160 rows meets the "
        "condition."
    )


def test_a_run_without_variants_has_no_section(make_given):
    given = make_given()
    results = {job: each for job, each in given.run.results.items() if not job.startswith("variants")}
    assert section.context(replace(given, run=replace(given.run, results=results))) is None


def test_a_named_coefficient_and_rung_are_shown(make_given):
    given = make_given()
    record = given.run.result(VariantsRecord, "variants/0-5")
    named = record.with_values(coefficient="sector", rung="slope")
    run = replace(given.run, results={**given.run.results, "variants/0-5": named})
    assert key_coefficients(run).columns == ("sectorCatholic",)
    nothing = record.with_values(coefficient="absent")
    run = replace(given.run, results={**given.run.results, "variants/0-5": nothing})
    assert key_coefficients(run) is None
    text = render_report(replace(given, run=run))["md"]
    assert "The ladder was fitted in 5 variants" in text


def test_the_figure_has_a_mark_for_every_variant_and_value(make_given):
    given = make_given()
    figure = FIGURES["variants"](FigureInput(given.run, None, given.formulas))
    root = ElementTree.fromstring(figure.svg)
    words = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert {"Math", "Reading"} <= words
    assert figure.reading == (
        "2 of 3 intervals do not contain 0; those that do are grey; the dashed line is the median; open "
        "diamonds are singular fits; crosses are variants without an estimate."
    )
    columns, rows = figure.data
    estimates = [dict(zip(columns, row, strict=True))["estimate"] for row in rows]
    assert estimates == [-0.2, 1.0, 1.4, None, None]
