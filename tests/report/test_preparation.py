"""The steps from the files to the sample, in the data section."""

from __future__ import annotations

import re
from dataclasses import replace

from mlm_steps.records.data_profile import PreparationStep
from mlm_steps.report.render import render_report

STEPS = (
    PreparationStep(kind="read", words="read students.csv", rows_after=130, columns_after=3),
    PreparationStep(
        kind="join", words="join schools.csv by school", rows_before=130, rows_after=130, columns_before=3,
        columns_after=5, counts={"rows without a match kept with missing values": 2},
    ),
    PreparationStep(
        kind="filter", words="filter age < 18", rows_before=130, rows_after=123, columns_before=5,
        columns_after=5, details=("ages of 99 are codes",),
    ),
)  # fmt: skip


def prepared(given):
    profile = given.run.data_profile.model_copy(update={"preparation": STEPS})
    return render_report(replace(given, run=replace(given.run, data_profile=profile)))


def test_every_step_is_a_row_with_its_rows_before_and_after(make_given):
    text = prepared(make_given())["md"]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    head = next(i for i, row in enumerate(rows) if row[:2] == ["Step", "What"])
    assert [row[:5] for row in rows[head + 2 : head + 6]] == [
        ["Read", "students.csv", "", "130", "3"],
        ["Join", "schools.csv by school", "130", "130", "5"],
        ["Filter", "`age < 18`", "130", "123", "5"],
        ["Common sample", "rows without a missing value in any variable of any model", "123", "120", ""],
    ]
    assert rows[head + 3][5] == "2 rows without a match kept with missing values"
    assert rows[head + 4][5] == "ages of 99 are codes"
    assert (
        "After the steps of preparation there are 123 rows. All rungs use the same 120 rows; 3 are excluded"
        in text
    )


def test_every_number_of_it_leads_to_the_profile(make_given):
    page = prepared(make_given())["html"]
    sources = re.findall(r'data-src="profile:preparation:([^"]*)">(\d+)<', page)
    assert ("0:rows_after", "130") in sources
    assert ("2:rows_before", "130") in sources
    assert ("2:rows_after", "123") in sources
    assert any(where.startswith("1:counts:") and number == "2" for where, number in sources)


def test_a_file_that_is_used_as_it_is_has_no_such_table(make_given):
    assert "| Step | What |" not in render_report(make_given())["md"]
