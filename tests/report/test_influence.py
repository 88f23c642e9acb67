"""The section on influential groups."""

from dataclasses import replace

import pytest

from mlm_steps.records.failure import Absence
from mlm_steps.report.render import render_report
from mlm_steps.tables import TABLES

from .small_influence import influence, schools


@pytest.fixture
def section(make_given):
    """Return the Markdown of the section for a record."""

    def made(record):
        given = make_given()
        run = replace(given.run, results={**given.run.results, "influence": record})
        text = render_report(replace(given, run=run))["md"]
        start = text.index("## Influential groups")
        return text[start : text.index("\n## ", start + 4)]

    return made


def test_a_conclusion_that_depends_on_a_group_is_told(section):
    text = section(influence())
    assert "Each of the 3 school groups was left out of Random slope, and the model was fitted again." in text
    assert (
        "changed most without School s2 (Cook’s distance 1.40); 1 is above the usual line of 4 / 3 = 1.333"
        in text
    )
    assert "1 conclusion depends on a single one:" in text
    assert (
        "Without School s2, the coefficient of Status is 2.10, *p* = .061: its significance changes." in text
    )
    assert "| s2 | 30 | 1.40 | Status 1.30; variance of the intercept −50.0\u202f% |" in text


def test_a_group_that_is_needed_is_told_and_stands_in_no_table(section):
    text = section(influence())
    assert "Without School s3, the model cannot be estimated: columns of X are linear" in text
    assert "| s3 |" not in text


def test_without_changes_this_is_said(section):
    text = section(influence(schools(changes=(), above=0)))
    assert "No coefficient changes its sign or its significance without any one of them." in text
    assert "none is above" in text


def test_changes_of_one_coefficient_stand_in_one_sentence(section):
    change = schools().changes[0]
    changes = tuple(change.model_copy(update={"level": f"s{k}"}) for k in range(9))
    text = section(influence(schools(changes=changes)))
    assert (
        "The coefficient of Status changes its significance without any one of 9 school groups: s0 (2.10, "
        "*p* = .061), s1 (2.10, *p* = .061), s2 (2.10, *p* = .061) and 6 more in the table influence." in text
    )


def test_many_coefficients_that_change_are_counted(section):
    change = schools().changes[0]
    kinds = [("ses", ("significance",)), ("ses", ("sign",)), ("ses", ("sign", "significance"))]
    kinds += [(column, what) for column in ("sectorCatholic", "(Intercept)") for _, what in kinds]
    changes = tuple(change.model_copy(update={"column": column, "what": what}) for column, what in kinds)
    text = section(influence(schools(changes=changes)))
    assert text.count("changes.\n") == 6
    assert "3 more coefficients depend on one of the school groups; see the table influence." in text


def test_an_approximation_and_groups_that_were_not_deleted_are_said(section):
    assert "without a new search for the variances" in section(influence(schools(approximate=True)))
    none = schools(code="not_requested", levels=(), cook=(), changes=(), reasons={}, above=0)
    assert "diagnostics: all does it." in section(influence(none))
    large = schools(code="too_large", levels=(), cook=(), changes=(), reasons={}, above=0)
    assert "too many for as many fits" in section(influence(large))


def test_a_failed_step_gives_its_reason(section):
    absence = Absence(absent="failed", step="influence", reason="killed")
    assert "could not be computed: killed" in section(absence)


def test_the_table_has_a_code_for_every_empty_cell(make_given):
    run = make_given().run
    rows = TABLES["influence"](replace(run, results={"influence": influence()}))
    cells = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    assert len(cells) == 3 * (3 + 4) + 1
    zero = next(c for c in cells if (c["level"], c["effect"]) == ("s1", "cov_ses.(Intercept)|school"))
    assert zero["rvc"] is None
    assert "rvc=boundary" in zero["null_codes"]
    needed = next(c for c in cells if (c["level"], c["effect"]) == ("s3", "ses"))
    assert "dfbetas=not_estimable" in needed["null_codes"]
    changed = next(c for c in cells if (c["level"], c["effect"]) == ("s2", "ses"))
    assert (changed["changes"], changed["cook"], changed["approx"]) == ("significance", 1.4, False)
    assert (cells[-1]["unit"], cells[-1]["level"], cells[-1]["leverage"]) == ("row", "17", 0.1)
    omitted = schools(code="too_large", levels=(), cook=(), changes=(), reasons={})
    (row, _) = TABLES["influence"](replace(run, results={"influence": influence(omitted)})).rows
    assert "cook=too_large" in str(row[-1])
