"""Sentences on models with a family speak of odds, rates and expected counts, on a named scale."""

import math
from dataclasses import replace

import pytest

from mlm_steps.records import Optimum
from mlm_steps.records import effects as records
from mlm_steps.records.effects import BackTransformed
from mlm_steps.report.sections import effects, ladder, rungs
from mlm_steps.report.sentences.coefficients import boundary_sentences, coefficient_sentence
from mlm_steps.report.sentences.generalized import event_sentence, kind_of_models, likelihood_words
from mlm_steps.report.sentences.random_slopes import slope_sentences
from mlm_steps.report.standard.checklist import answers
from mlm_steps.report.text.text import Number, plain_text

LOGIT, PROBIT, POISSON = ("binomial", "logit"), ("binomial", "probit"), ("poisson", "log")
SECTOR = "sectorCatholic"
CODES = {"logit": "OR", "cloglog": "HR", "probit": None, "log": "IRR"}


def generalized(fit, family="binomial", link="logit", **more):
    """Return a linear fit as one of another family, with exponentials of its coefficients."""
    code = CODES[link]
    coefficients = tuple(
        c.model_copy(
            update={
                "df": None,
                "df_method": "z",
                "exp_kind": code,
                **(
                    {}
                    if code is None
                    else {
                        "exp_estimate": math.exp(c.estimate),
                        "exp_low": math.exp(c.ci_low),
                        "exp_high": math.exp(c.ci_high),
                    }
                ),
            }
        )
        for c in fit.coefficients
    )
    linear_only = dict.fromkeys(("sigma", "log_det_L2", "log_det_RX2", "pwrss"))
    ml = Optimum.model_validate(fit.ml.model_dump() | linear_only | {"phi": more.pop("phi", None)})
    random = tuple(row for row in fit.random if row.effect_1 is not None)
    update = {"family": family, "link": link, "reml": None, "ml": ml, "method": "ML", "random": random}
    return fit.model_copy(update={**update, "coefficients": coefficients, **more})


@pytest.fixture
def make_generalized(make_given):
    def make(family="binomial", link="logit", **more):
        given = make_given()
        fits = tuple(generalized(fit, family, link, **more) for fit in given.run.fits)
        return replace(given, run=replace(given.run, fits=fits))

    return make


def sentence(given, column):
    fit = given.run.fits[-1]
    (found,) = [c for c in fit.coefficients if c.column == column]
    return plain_text(coefficient_sentence(given, fit, found))


@pytest.mark.parametrize(
    ("response", "more", "column", "words"),
    [
        (
            LOGIT,
            {},
            "ses",
            "Where sector is Public, each additional unit of status was associated with 16.44 times the",
        ),
        (
            LOGIT,
            {"event": "yes"},
            SECTOR,
            "At the mean of status, the odds of mathematics were 16.61 times as high",
        ),
        (
            LOGIT,
            {"event": "low"},
            SECTOR,
            "At the mean of status, the odds of mathematics = low were 16.61 times",
        ),
        (
            ("binomial", "cloglog"),
            {},
            SECTOR,
            "At the mean of status, the hazard of mathematics was 16.61 times as high",
        ),
        (
            PROBIT,
            {},
            SECTOR,
            "At the mean of status, the probability of mathematics was higher for sector = Catholic than for",
        ),
        (
            PROBIT,
            {},
            "ses",
            "Where sector is Public, status was positively associated with the probability",
        ),
        (
            POISSON,
            {},
            SECTOR,
            "At the mean of status, the expected count of mathematics was 16.61 times as high",
        ),
        (
            POISSON,
            {"exposure": "years"},
            SECTOR,
            "At the mean of status, the rate of mathematics was 16.61 times as high",
        ),
    ],
)
def test_a_coefficient_is_read_as_a_ratio_of_what_it_changes(make_generalized, response, more, column, words):
    text = sentence(make_generalized(*response, **more), column)
    assert text.startswith(words)
    assert "points" not in text
    assert "units of" not in text


def test_a_product_is_a_ratio_of_ratios_on_a_named_scale(make_generalized):
    text = sentence(make_generalized(), "ses:sectorCatholic")
    assert "on the scale of the log odds, ratio of odds ratios = 0.71" in text


def test_an_unclear_coefficient_claims_nothing(make_generalized):
    given = make_generalized()
    fit = given.run.fits[-1]
    unclear = tuple(c.model_copy(update={"p": 0.4}) for c in fit.coefficients)
    given = replace(given, run=replace(given.run, fits=(fit.model_copy(update={"coefficients": unclear}),)))
    assert sentence(given, "ses").startswith(
        "Where sector is Public, there was no clear evidence of an association between status and the odds "
        "of mathematics, OR = 16.4"
    )


def test_a_separated_coefficient_has_no_ratio(make_generalized):
    given = make_generalized()
    fit = given.run.fits[-1]
    infinite = fit.coefficients[2].model_copy(
        update={"estimate": math.inf, "se": None, "p": None, "ci_low": None, "code": "separation",
                "exp_estimate": math.inf}
    )  # fmt: skip
    text = plain_text(coefficient_sentence(given, fit, infinite))
    assert text.startswith("Sector [Catholic]: the coefficient has no finite estimate (γ₀₁ = ∞)")


def test_random_slopes_have_a_range_of_ratios(make_generalized):
    given = make_generalized()
    terms = tuple(term.model_copy(update={"singular": False}) for term in given.run.fits[-1].ml.terms)
    fit = given.run.fits[-1]
    fit = fit.model_copy(update={"ml": fit.ml.model_copy(update={"terms": terms})})
    run = replace(given.run, fits=(fit,), results={})
    (found,) = slope_sentences(replace(given, run=run), fit)
    text = plain_text(found)
    low, high = (math.exp(2.8 + sign * 1.96 * 0.5155) for sign in (-1, 1))
    assert "on the scale of the log odds" in text
    assert f"the odds ratios are expected between {low:.2f} and {high:.2f}" in text
    assert "on the other side of 1" in text


def test_a_variance_of_zero_is_compared_with_the_distribution(make_generalized):
    given = make_generalized("poisson", "log")
    fit = given.run.fits[0]
    zero = tuple(
        row.model_copy(update={"estimate": 0.0, "at_boundary": True})
        for row in fit.random
        if row.kind == "sd"
    )
    (text,) = map(plain_text, boundary_sentences(given, fit.model_copy(update={"random": zero})))
    assert "no more variation than the Poisson distribution explains" in text


def cells(grid):
    return {plain_text(line.head): [plain_text(cell.content) for cell in line.cells] for line in grid.rows}


def test_the_ladder_has_ratios_and_no_residual_row(make_generalized):
    found = ladder.context(make_generalized("negative_binomial", "log", phi=3.3061))
    grid = found["tables"][0]
    shown = cells(grid)
    assert shown["IRR"][-1] == "0.71"
    assert shown["Dispersion φ"] == ["3.306", "3.306"]
    assert shown["Distribution (link)"] == ["negative binomial (log)"] * 2
    assert not {"Residual σ²", "REML criterion", "Random effects: residual", "PRV level 1 (σ²)"} & set(shown)
    notes = " ".join(map(plain_text, [*grid.notes, *found["notes"]]))
    assert "REML" not in notes
    assert "tests by the normal approximation" in notes


def test_an_intercept_has_no_ratio(make_generalized):
    grid = rungs.context(make_generalized())["rungs"][0]["fixed"]
    heads = [plain_text(column.label) for column in grid.columns]
    (line,) = grid.rows
    assert not line.cells[heads.index("OR") - 1].content


def test_a_ratio_leads_to_its_cell(make_generalized):
    given = make_generalized()
    fit = given.run.fits[-1]
    found = coefficient_sentence(given, fit, fit.coefficients[1])
    sources = [piece.source for piece in found if isinstance(piece, Number)]
    assert [f"fixed:slope:ses:{field}" for field in ("exp_estimate", "exp_low", "exp_high")] == sources[:3]


def test_models_and_likelihoods_are_named(make_generalized, make_given):
    logistic, counts = make_generalized(), make_generalized("poisson", "log")
    assert kind_of_models(logistic.run.fits) == "logistic mixed"
    assert kind_of_models((*logistic.run.fits, *counts.run.fits)) == "logistic and Poisson mixed"
    assert kind_of_models(make_given().run.fits) == "linear mixed"
    fit = logistic.run.fits[0]
    assert likelihood_words(fit) == "ML (Laplace approximation)"
    assert likelihood_words(fit.model_copy(update={"agq": 15})) == "ML (adaptive quadrature with 15 points)"


def test_the_event_is_said(make_generalized):
    given = make_generalized(event="low")
    assert plain_text(event_sentence(given, given.run.fits)) == "The event is Mathematics = low."
    assert event_sentence(given, make_generalized().run.fits) is None


def test_items_on_residual_variances_do_not_apply(make_generalized, make_given):
    texts = {answer.id: answer.text for answer in answers(make_generalized())}
    assert texts["E4"] == "Deviance, parameters, AIC, BIC, n, J"
    assert "REML" in {answer.id: answer.text for answer in answers(make_given())}["E4"]
    words = " ".join(texts[key] for key in ("C5", "D2", "E1", "E4", "E6"))
    assert not {"REML", "Residual", "residual", "df"} & set(words.replace(",", " ").split())


def with_effects(given):
    """Return the run with population averages, ratios and slopes on the scale of the outcome."""
    record = given.run.results["effects"]
    back = BackTransformed(estimate=0.4567, se=0.0345, ci_low=0.3901, ci_high=0.5249)
    ratio = BackTransformed(estimate=2.083, se=0.385, ci_low=1.4501, ci_high=2.9917)
    change = records.Tested(
        estimate=0.1557, se=0.0406, statistic=3.83, p=0.0001, ci_low=0.0761, ci_high=0.2353
    )
    means = tuple(
        each.model_copy(
            update={
                "ratio_kind": "OR",
                "means": tuple(
                    m.model_copy(update={"population": back, "typical": back}) for m in each.means
                ),
                "differences": tuple(
                    pair.model_copy(update={"ratio": ratio, "response": change}) for pair in each.differences
                ),
            }
        )
        for each in record.means
    )
    slopes = tuple(
        each.model_copy(
            update={
                "slopes": tuple(
                    at.model_copy(update={"ratio": ratio, "response": change}) for at in each.slopes
                )
            }
        )
        for each in record.slopes
    )
    results = {**given.run.results, "effects": record.model_copy(update={"means": means, "slopes": slopes})}
    return replace(given, run=replace(given.run, results=results))


def test_means_are_population_averages_with_the_typical_group_beside(make_generalized):
    context = effects.context(with_effects(make_generalized()))
    first, second = context["means"]
    heads = [plain_text(column.label) for column in first.columns]
    assert heads[:3] == ["Level", "Population average", "SE"]
    assert heads[4] == "Typical group"
    (line, *_) = [line for line in first.rows if line.cells]
    shown = [plain_text(cell.content) for cell in line.cells]
    assert shown[:3] == ["45.7 %", "3.5 %", "[39.0 %, 52.5 %]"]
    assert line.cells[0].number.source.endswith(":population")
    words = [plain_text(cell.content) for line in second.rows for cell in line.cells]
    assert "2.08 [1.45, 2.99]" in words
    assert "0.156" in words


def test_counts_have_means_in_their_own_units(make_generalized):
    context = effects.context(with_effects(make_generalized("poisson", "log")))
    (line, *_) = [line for line in context["means"][0].rows if line.cells]
    assert plain_text(line.cells[0].content) == "0.457"


def test_a_moderation_is_said_on_both_scales(make_generalized):
    context = effects.context(with_effects(make_generalized()))
    text = plain_text(context["sentences"][0])
    assert "on the scale of the log odds" in text
    assert "the odds ratio was 2.08 at" in text
    assert "averaged over school groups, the probability of mathematics changed by 0.156" in text


def test_a_level_is_said_with_both_population_averages(make_generalized):
    given = with_effects(make_generalized())
    record = given.run.results["effects"]
    plain = tuple(each.model_copy(update={"conditions": ()}) for each in record.means)
    results = {**given.run.results, "effects": record.model_copy(update={"means": plain})}
    given = replace(given, run=replace(given.run, results=results))
    ends = "; averaged over school groups, the probability of mathematics was 45.7 % against 45.7 %."
    assert sentence(given, SECTOR).endswith(ends)


def test_linear_models_have_no_second_scale(make_given):
    given = with_effects(make_given())
    (table,) = effects.context(given)["means"]
    assert "Population average" not in [plain_text(column.label) for column in table.columns]
    assert "averaged" not in sentence(given, SECTOR)


def test_the_ratio_of_sum_contrasts_is_not_said_to_compare_two_levels(make_generalized):
    given = make_generalized()
    columns = tuple(
        c.model_copy(update={"contrast": "sum"}) if c.name == "sector" else c
        for c in given.run.data_profile.columns
    )
    fit = given.run.fits[-1]
    renamed = fit.coefficients[2].model_copy(update={"column": "sector1"})
    fit = fit.model_copy(update={"coefficients": (*fit.coefficients[:2], renamed)})
    profile = given.run.data_profile.model_copy(update={"columns": columns})
    given = replace(given, run=replace(given.run, fits=(fit,), data_profile=profile))
    text = sentence(given, "sector1")
    assert "OR" not in text
    assert text.startswith("The odds of mathematics were lower for sector = Catholic than for Public")


def test_events_among_trials_have_the_name_of_the_events(make_generalized):
    given = make_generalized(outcome="cbind(math, n - math)")
    assert sentence(given, SECTOR).startswith(
        "At the mean of status, the odds of mathematics were 16.61 times as high"
    )


def test_an_item_stays_with_the_author_unless_the_run_answers_it(make_generalized):
    found = {answer.id: answer for answer in answers(make_generalized())}
    assert (found["F1"].status, found["F1"].where.section) == ("gap", "checklist")
