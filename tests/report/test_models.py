"""The ladder, the headline model and the other rungs: where their numbers stand, and long ladders."""

import re
from dataclasses import replace

import pytest

from mlm_steps.records import TermTest
from mlm_steps.records.comparison import MixtureComponent
from mlm_steps.records.deletions import DeletionsRecord
from mlm_steps.report.equations.rungs import blocks_of, estimated_block
from mlm_steps.report.render import render_report
from mlm_steps.report.sections import deletions, headline, ladder, rungs
from mlm_steps.report.sentences.pairs import pairs_sentence
from mlm_steps.report.sentences.rung_differences import Difference, added_phrase, difference_sentence
from mlm_steps.report.tables.means import difference_tables, mean_table
from mlm_steps.report.text.grid import Grid, columns, heading, parts_of, row
from mlm_steps.report.text.text import Number, plain_text


def cells(grid):
    """Return the text of the cells of each row, by the text of its head."""
    return {plain_text(line.head): [plain_text(item.content) for item in line.cells] for line in grid.rows}


def repeated(given, count):
    """Return a run whose second rung is repeated under other names."""
    first, last = given.run.fits
    others = [last.model_copy(update={"model": f"slope{n}"}) for n in range(count)]
    formulas = given.formulas | {fit.model: given.formulas["slope"] for fit in others}
    run = replace(given.run, fits=(first, last, *others), variance=())
    return replace(given, run=run, formulas=formulas)


def with_record(given, **update):
    (record,) = given.run.comparisons
    return replace(given, run=replace(given.run, comparisons=(record.model_copy(update=update),)))


def test_comparisons_are_rows_of_the_ladder(make_given):
    found = ladder.context(make_given())
    assert found["brief"] is None
    (grid,) = found["tables"]
    shown = cells(grid)
    for head in ("Against", "χ² (df)", "ΔAIC", "ΔBIC", "Status of the fit"):
        assert shown[head][-1], head
    assert shown["Against"] == ["", "Null model"]


def test_the_mixture_and_the_naive_p_stand_in_the_ladder(make_given):
    mixture = (MixtureComponent(df=1, weight=0.5), MixtureComponent(df=2, weight=0.5))
    given = with_record(
        make_given(),
        criterion="REML",
        p_boundary=0.0047,
        p_naive=0.0076,
        mixture=mixture,
        p_boot=None,
        p_rlrt=None,
    )
    shown = cells(ladder.context(given)["tables"][0])
    assert shown["By"][-1] == "REML, ½χ²₁ + ½χ²₂"
    assert shown["Naive p"][-1] == ".008"


def test_a_naive_p_that_is_the_reported_one_has_no_row_of_its_own(make_given):
    given = with_record(
        make_given(), p_boundary=None, mixture=None, p_boundary_code="not_applicable", p_naive=0.2
    )
    assert "Naive p" not in cells(ladder.context(given)["tables"][0])


def test_a_long_ladder_is_shown_in_brief_with_tables_of_six_rungs(make_given):
    given = repeated(make_given(), 11)
    found = ladder.context(given)
    assert len(found["brief"].rows) == len(given.run.fits)
    assert [len(grid.columns) - 1 for grid in found["tables"]] == [6, 6, 1]
    for grid in found["tables"]:
        for line in grid.rows:
            assert line.kind == "heading" or any(item.content for item in line.cells)


def test_a_term_of_many_coefficients_is_shown_by_its_test(make_given):
    given = make_given()
    fit = given.run.fits[-1]
    like = fit.coefficients[2]
    many = tuple(like.model_copy(update={"column": f"sector{n}", "symbol": f"γ0{n + 2}"}) for n in range(6))
    test = TermTest(
        type="III", term="sector", num_df=7, den_df=12.5, df_method="satterthwaite", statistic=3.21, p=0.0123
    )
    changed = fit.model_copy(update={"coefficients": (*fit.coefficients, *many), "anova": (test,)})
    given = replace(given, run=replace(given.run, fits=(given.run.fits[0], changed)))
    shown = cells(ladder.context(given)["tables"][0])
    assert shown["Sector (7 coefficients)"][-1] == "F(7, 12.5) = 3.21"
    assert not any("sector3" in head for head in shown)
    model = headline.context(given)
    assert len(model["folded"].rows) == 7
    assert len(model["fixed"].rows) == len(fit.coefficients) - 1
    assert plain_text(model["fold"]) == "7 coefficients of Sector"


def test_the_other_rungs_have_what_is_new_in_them(make_given):
    given = make_given()
    first, last = given.run.fits
    chosen = replace(given, run=replace(given.run, chosen="null"))
    (block,) = rungs.context(chosen)["rungs"]
    assert len(block["fixed"].rows) == len(last.coefficients) - len(first.coefficients)
    assert not any(plain_text(line.head).startswith("Residual") for line in block["random"].rows)
    sentence = plain_text(block["sentences"][0])
    assert sentence.startswith("Compared with Null model, this rung adds status, sector, ")
    assert "random slopes of status for " in sentence
    text = [equation.latex for part in block["blocks"] for equation in part.equations]
    assert not any("\\qquad + U" in line for line in text)  # no combined equation


def test_a_rung_that_leaves_something_out_says_so(make_given):
    given = make_given()
    first, last = given.run.fits
    found = plain_text(added_phrase(given, Difference(first, last)))
    assert found.startswith("leaves out status, sector")
    assert difference_sentence(given, Difference(first, None)) == ()
    assert len(Difference(first, None).coefficients) == len(first.coefficients)


def test_the_estimated_equation_has_the_numbers_of_the_table(make_given):
    given = make_given()
    fit = given.run.fits[-1]
    (equation,) = estimated_block(given, fit).equations
    shown = {number.source for number in equation.numbers}
    assert shown == {f"fixed:slope:{c}:estimate".replace("ses:sector", "ses%3Asector") for c in fit.columns}
    assert "- 0.34" in equation.latex
    for line in equation.mathml:
        assert "QNUMBER" not in line
    assert 'data-src="fixed:slope:sectorCatholic:estimate"' in "".join(equation.mathml)


def test_upper_levels_are_substituted_in_level_1(make_given):
    given = make_given()
    titles = [block.title for block in blocks_of(given, given.run.fits[-1])]
    assert "Upper levels substituted into level 1" in titles
    assert "Upper levels substituted into level 1" not in [
        b.title for b in blocks_of(given, given.run.fits[0])
    ]


def test_fixed_effects_are_marked_in_equations_by_their_column(make_given):
    page = render_report(make_given())["html"]
    model = page[page.index('id="headline"') :]
    assert re.search(r'<msub data-term="sectorCatholic"><mi>&#x003B3;</mi>', model)


def test_without_a_headline_there_is_no_model(make_given):
    given = make_given()
    assert headline.context(replace(given, run=replace(given.run, fits=()))) is None


@pytest.mark.parametrize(("count", "widths"), [(8, [8]), (9, [6, 3]), (13, [6, 6, 1])])
def test_wide_tables_are_divided_without_empty_rows(count, widths):
    line = [Number(str(n), f"t:{n}") if n < 3 else None for n in range(count)]
    grid = Grid(
        ("Wide",),
        columns("", *(f"c{n}" for n in range(count))),
        (heading("block"), row("all", [Number(str(n), f"t:{n}") for n in range(count)]), row("few", line)),
        notes=(("note",),),
    )
    found = parts_of(grid, 8, 6)
    assert [len(part.columns) - 1 for part in found] == widths
    assert sum(bool(part.notes) for part in found) == 1
    assert sum(plain_text(line.head) == "few" for part in found for line in part.rows) == 1
    assert [len(line.cells) for part in found for line in part.rows if line.cells][:1] == widths[:1]


def many_means(given, count, *, p=0.0123):
    """Return the means of one factor with more levels than it has in the run."""
    (like,) = [each for each in given.run.results["effects"].means if each.model == "slope"][:1]
    mean, pair = like.means[0], like.differences[0]
    means = tuple(mean.model_copy(update={"level": f"L{n}"}) for n in range(count))
    pairs = tuple(
        pair.model_copy(
            update={
                "first": f"L{b}",
                "second": f"L{a}",
                "test": pair.test.model_copy(update={"p": p, "estimate": float(b - a)}),
            }
        )
        for a in range(count)
        for b in range(a + 1, count)
    )
    return like.model_copy(update={"means": means, "differences": pairs})


def test_few_differences_stand_among_the_means_and_many_in_a_table_of_their_own(make_given):
    given = make_given()
    few, many = many_means(given, 5), many_means(given, 6)
    assert len(mean_table(given, [few]).rows) == 1 + 5 + 10
    assert difference_tables(given, [few]) == []
    assert len(mean_table(given, [many]).rows) == 1 + 6
    (grid,) = difference_tables(given, [many])
    assert len(grid.rows) == 15


def test_many_differences_are_summed_up_in_a_sentence(make_given):
    given = make_given()
    found = plain_text(pairs_sentence(given, many_means(given, 6)))
    assert found.startswith(
        "Of the 15 differences between levels of sector, 15 were clear at α = .05; the largest"
    )
    assert "L5 − L0 = 5" in found
    unclear = plain_text(pairs_sentence(given, many_means(given, 6, p=0.4)))
    assert unclear == "None of the 15 differences between levels of sector was clear at α = .05."
    untested = plain_text(pairs_sentence(given, many_means(given, 6, p=None)))
    assert untested == "No difference between levels of sector can be tested."


def test_all_tests_of_a_variance_stand_in_one_row(make_given):
    found = deletions.context(make_given())
    for grid in (found["table"], found["others"]):
        heads = [plain_text(column.label) for column in grid.columns]
        assert heads[:2] == ["Random effect", "χ² of removal"]
        assert "HLM’s p" in heads
        names = [plain_text(line.head) for line in grid.rows if line.cells]
        assert len(names) == len(set(names)) or found["others"] is grid
    assert not set(found["table"].notes) & set(found["others"].notes)


def test_tests_of_a_variance_that_disagree_have_a_sentence(make_given):
    given = make_given()
    rungs = tuple(
        rung.model_copy(
            update={
                "deletions": tuple(t.model_copy(update={"p_naive": 0.002}) for t in rung.deletions),
                "heterogeneity": tuple(t.model_copy(update={"p": 0.3}) for t in rung.heterogeneity),
            }
        )
        for rung in given.run.results["deletions"].rungs
    )
    results = {**given.run.results, "deletions": DeletionsRecord(rungs=rungs)}
    found = deletions.context(replace(given, run=replace(given.run, results=results)))
    (sentence,) = [plain_text(each) for each in found["sentences"] if "slopes of status" in plain_text(each)]
    assert sentence.startswith("The tests of whether the slopes of status varied between")
    assert "disagree: removing" in sentence
