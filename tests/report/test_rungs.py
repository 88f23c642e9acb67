"""The section of the rungs: what it adds when there is more to say."""

from dataclasses import replace

from mlm_steps.records import TermTest
from mlm_steps.report.render import render_report


def with_fit(given, **update):
    fits = (*given.run.fits[:-1], given.run.fits[-1].model_copy(update=update))
    return replace(given, run=replace(given.run, fits=fits))


def term(name, num_df, **numbers):
    return TermTest(type="III", term=name, num_df=num_df, df_method="satterthwaite", **numbers)


def test_terms_of_several_coefficients_have_a_table_of_f_tests(make_given):
    given = make_given()
    tested = {"sum_sq": 9.0, "mean_sq": 4.5, "p": 0.0123, "statistic": 4.5678, "den_df": 17.25}
    single = with_fit(given, anova=(term("ses", 1, **tested),))
    several = with_fit(given, anova=(term("ses", 2, **tested), term("gone", 0)))
    assert "tests of the terms" not in render_report(single)["md"]
    text = render_report(several)["md"]
    assert "Type III *F* tests of the terms of" in text
    row = next(line for line in text.splitlines() if "4.57" in line)
    assert [cell.strip() for cell in row.split("|")[2:-1]] == ["4.57", "2", "17.2", ".012"]
    assert "gone" not in text


def test_a_singular_fit_shows_the_df_of_the_other_method(make_given):
    given = make_given()
    rows = given.run.fits[-1].coefficients
    others = tuple(row.model_copy(update={"df_method": "kenward-roger", "df": 12.34}) for row in rows)
    text = render_report(with_fit(given, coefficients_other=others))["md"]
    assert "The fit is singular. Kenward–Roger degrees of freedom, in the same order: 12.3, 12.3" in text


def test_a_fit_above_what_another_optimiser_finds_is_not_called_the_best(make_given):
    given = make_given()
    assert "No optimiser finds a better point" in render_report(given)["md"]
    optimum = given.run.fits[-1].reml
    lowest = min(
        end.criterion for end in given.run.results["allfit"].rungs[-1].refits if end.criterion is not None
    )
    higher = with_fit(given, reml=optimum.model_copy(update={"criterion": lowest + 0.5}))
    text = render_report(higher)["md"]
    assert "An optimiser finds a better point" in text
    assert "No optimiser finds a better point" not in text


def test_reasons_against_a_fit_are_a_sentence(make_given):
    given = make_given()
    optimum = given.run.fits[-1].reml
    reasons = ("a search used up its limit (40 evaluations in all)", "the criterion falls")
    doubtful = optimum.convergence.model_copy(update={"status": "failed", "reasons": reasons})
    text = render_report(with_fit(given, reml=optimum.model_copy(update={"convergence": doubtful})))["md"]
    assert "A search used up its limit (40 evaluations in all); the criterion falls." in text


def test_a_dropped_column_is_said_at_the_coefficients_and_terms_that_include_it(make_given):
    given = make_given()
    first, second, *rest = given.run.fits[-1].coefficients
    coefficients = (first, second.model_copy(update={"includes": ("twice",)}), *rest)
    tested = {"sum_sq": 9.0, "mean_sq": 4.5, "p": 0.0123, "statistic": 4.5678, "den_df": 17.25}
    anova = (term("ses", 2, includes=("twice",), **tested), term("sector", 1, **tested))
    text = render_report(with_fit(given, coefficients=coefficients, anova=anova))["md"]
    assert text.count("†") == 4
    assert " (together with the dropped `twice`)" in text.partition("## Data and hierarchy")[0]
    assert "apart from the effect of a dropped column (`twice`): it estimates a combination of both." in text
    assert "the test is of the combinations of effects that the data can tell apart." in text
