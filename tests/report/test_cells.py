"""Numbers and marks of the ladder, and the drawing of the hierarchy, where runs are unlike the usual one."""

import math
from dataclasses import replace

import pytest

from mlm_steps.records import FactorProfile, Icc, NestingRelation
from mlm_steps.report.render import render_report
from mlm_steps.report.sentences.coefficients import coefficient_sentence
from mlm_steps.report.sentences.comparisons import has_increase
from mlm_steps.report.sentences.variance import partition_sentences
from mlm_steps.report.text.text import plain_text


def with_random(given, **estimates):
    """Return the input with other estimates of some kinds in the last rung."""
    last = given.run.fits[-1]
    random = tuple(
        p.model_copy(update={"estimate": estimates[p.kind], "at_boundary": False})
        if p.kind in estimates and p.term_index is not None
        else p
        for p in last.random
    )
    return replace(
        given, run=replace(given.run, fits=(*given.run.fits[:-1], last.model_copy(update={"random": random})))
    )


def ladder_of(given):
    text = render_report(given)["md"]
    return text[text.index("## The ladder") : text.index("### The headline model")]


def test_a_small_variance_beside_a_large_one_keeps_two_digits(make_given):
    given = with_random(make_given(), variance=0.001234, sd=0.03513)
    assert "0.0012 (0.035)" in ladder_of(given)


def test_a_correlation_near_its_bound_is_not_printed_as_one(make_given):
    text = ladder_of(with_random(make_given(), correlation=-0.9973))
    assert "−.997" in text
    assert "−1.00" not in text


def test_reduced_rank_without_a_parameter_at_its_bound_is_marked_all_the_same(make_given):
    given = make_given()
    assert given.run.fits[-1].reported.terms[0].singular
    assert "−.40‡" in ladder_of(with_random(given, correlation=-0.4, variance=1.0, sd=1.0, covariance=-0.4))


def factor(name, levels, like):
    return like.model_copy(update={"name": name, "n_levels": levels})


def hierarchy(given, relation):
    like = given.run.data_profile.factors[0]
    factors = (factor("school", 20, like), factor("region", 5, like))
    between = NestingRelation(inner="school", outer="region", relation=relation, n_cells=20)
    profile = given.run.data_profile.model_copy(update={"factors": factors, "nesting": (between,)})
    page = render_report(replace(given, run=replace(given.run, data_profile=profile)))["html"]
    drawing = page[page.index('<ol class="levels"') :]
    return drawing[: drawing.index("</ol>")].split("<li>")[1:]


def test_nested_factors_stand_below_and_crossed_ones_beside_each_other(make_given):
    given = make_given()
    assert isinstance(given.run.data_profile.factors[0], FactorProfile)
    nested = hierarchy(given, "nested")
    assert [tier.count("<div>") for tier in nested] == [1, 1, 1]
    assert "region" in nested[0]
    crossed = hierarchy(given, "partially_crossed")
    assert [tier.count("<div>") for tier in crossed] == [2, 1]


def test_the_share_between_groups_is_read_over_the_covariate_of_a_slope(make_given):
    given = make_given()
    rows = [
        Icc(group="school", kind="vpc", value=value, x=x, effect="ses")
        for x, value in ((-2.414, 0.107), (0.5, 0.05), (1.873, 0.0862))
    ]
    rows.append(Icc(group="school", kind="vpc_minimum", value=0.0499, x=0.12, effect="ses"))
    last = given.run.variance[-1]
    record = last.model_copy(update={"icc": (*last.icc, *rows)})
    with_vpc = replace(given, run=replace(given.run, variance=(*given.run.variance[:-1], record)))
    text = render_report(with_vpc)["md"]
    assert "the residual ICC is .11 at status = −2.41, lowest (.05) near 0.12, and .09 at 1.87." in text


def test_a_covariate_of_two_values_has_no_least_share_between_them(make_given):
    given = make_given()
    rows = [Icc(group="school", kind="vpc", value=0.1, x=x, effect="ses") for x in (0.0, 1.0)]
    rows.append(Icc(group="school", kind="vpc_minimum", value=0.05, x=0.4, effect="ses"))
    last = given.run.variance[-1]
    record = last.model_copy(update={"icc": rows})
    n = given.run.data_profile.rows
    halves = {"mean": 0.5, "sd": math.sqrt(0.25 * n / (n - 1)), "minimum": 0.0, "maximum": 1.0}
    columns = tuple(
        column.model_copy(update=halves) if column.name == "ses" else column
        for column in given.run.data_profile.columns
    )
    profile = given.run.data_profile.model_copy(update={"columns": columns})
    run = replace(given.run, data_profile=profile, variance=(record,))
    (sentence,) = partition_sentences(replace(given, run=run))
    assert plain_text(sentence).endswith("is .10 at status = 0 and .10 at 1.")


def test_an_interval_by_another_method_than_the_test_says_so(make_given):
    given = make_given()
    fit = given.run.fits[-1]
    profiled = fit.coefficients[1].model_copy(update={"ci_method": "profile, ML"})
    assert "[2.45, 3.15] (profile, ML), t(10.1)" in plain_text(coefficient_sentence(given, fit, profiled))


@pytest.mark.parametrize(("residual", "intercept", "explained"), [(0.06, -0.02, True), (-0.02, 0.06, False)])
def test_only_variance_between_groups_grows_by_what_level_1_loses(make_given, residual, intercept, explained):
    (record,) = make_given().run.comparisons
    shares = {"Residual": residual, "school": intercept}
    prv = tuple(change.model_copy(update={"prv": shares[change.group]}) for change in record.prv)
    assert has_increase(record.model_copy(update={"prv": prv})) is explained


def test_the_columns_of_sum_contrasts_are_explained(make_given):
    given = make_given()
    columns = tuple(
        column.model_copy(update={"contrast": "sum"}) if column.levels else column
        for column in given.run.data_profile.columns
    )
    profile = given.run.data_profile.model_copy(update={"columns": columns})
    text = render_report(replace(given, run=replace(given.run, data_profile=profile)))["md"]
    assert "sum contrasts over Public, Catholic; [1] is 1 for Public and −1 for Catholic." in text.replace(
        "\\", ""
    )
