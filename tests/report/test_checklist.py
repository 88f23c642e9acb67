"""An item that a run does not answer is a gap that says what is missing."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from mlm_steps.records import Notice
from mlm_steps.report.render import render_report
from mlm_steps.report.standard.checklist import answers


def states(given):
    return {answer.id: (answer.status, answer.note) for answer in answers(given)}


def without_null(given):
    return replace(given, run=replace(given.run, fits=given.run.fits[1:], comparisons=()))


def with_reliability(given):
    frame = pd.DataFrame({"term_index": [0], "effect": ["ses"], "reliability": [0.4]})
    return replace(given, run=replace(given.run, modes={"slope": frame}))


def without_provenance(given):
    return replace(given, provenance={})


@pytest.mark.parametrize(
    ("item", "change", "before", "after"),
    [
        ("E3", without_null, "filled", "gap"),
        ("E5", without_null, "filled", "gap"),
        ("E7", with_reliability, "gap", "filled"),
        ("D1", without_provenance, "filled", "gap"),
        ("D2", without_provenance, "filled", "gap"),
    ],
)
def test_a_state_follows_from_what_the_run_has(make_given, item, change, before, after):
    given = make_given()
    found = [states(given)[item], states(change(given))[item]]
    assert [state for state, _ in found] == [before, after]
    assert found[0][1] != found[1][1] or item == "D2"  # a gap says what is missing


def test_without_flags_the_report_says_that_none_was_raised(make_given):
    given = make_given()
    profile = given.run.data_profile.model_copy(update={"notices": ()})
    text = render_report(replace(given, run=replace(given.run, data_profile=profile)))["md"]
    assert "The checks of rows, identifiers, groups, levels, labels and values found no problem." in text
    assert "#### Data quality" not in text


def test_each_item_stands_once_as_a_gap_a_statement_or_an_answer(make_given):
    given = make_given()
    given = replace(given, run=replace(given.run, statements={"B2": "All *schools* | of 1982"}))
    text = render_report(given)["md"]
    section = text[text.index("### Reporting checklist") :]
    found = re.findall(
        r"^- \[[ x]\] \*\*\[(\w+)\]|^\| (\w\d?) \||(?<=[:;] )\\\[(\w+)\\\]", section, re.MULTILINE
    )
    assert sorted("".join(each) for each in found) == sorted(item.id for item in answers(given))
    assert (
        r"- [x] **[B2] Sampling and eligibility at each level, period, weights.** All \*schools\* \| of"
        in section
    )
    assert "Key of the spec: `missing.mechanism`." in section


def test_a_text_of_several_notices_stands_once_with_all_rungs(make_given):
    given = make_given()
    notes = [Notice(code="x", severity="info", text="The same.", model=model) for model in ("null", "slope")]
    fits = tuple(fit.with_values(notices=(note,)) for fit, note in zip(given.run.fits, notes, strict=True))
    text = render_report(replace(given, run=replace(given.run, fits=fits)))["md"]
    assert "- **info** Null model, Random slope: The same.\n" in text
