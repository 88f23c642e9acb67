"""Columns get the type that the spec declares or their values show."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from mlm_steps.data import Analysis

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

Y = "y ~ x + (1 | g)"


def table(cells: Sequence[str]) -> str:
    """Return a file in which column x holds these cells."""
    return "g,x,y\n" + "".join(f"{i % 2},{cell},{i}\n" for i, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("cells", "kind", "levels"),
    [
        (["1", "2", "3", "4"], "number", None),
        (["1e3", "-.5", "+2", "0.10"], "number", None),
        (["0", "0.5", "-0.25", "10"], "number", None),
        (["1", ".", "NaN", "2", "#N/A", "3"], "number", None),
        (["b", "a", "B", "c"], "category", ("a", "b", "B", "c")),
        (
            ["10 or more", "2", "1", "10 or more", "none", "some"],
            "category",
            ("1", "10 or more", "2", "none", "some"),
        ),
        (["TRUE", "FALSE", "TRUE", "FALSE"], "category", ("FALSE", "TRUE")),
        (["true", "false", "true", "NA", "true"], "category", ("FALSE", "TRUE")),
        (["T", "F", "T", "F"], "category", ("FALSE", "TRUE")),
        (["F", "M", "F", "M"], "category", ("F", "M")),
        (["2020-01-01", "2020-01-02", "2020-01-01", "2020-01-02"], "category", ("2020-01-01", "2020-01-02")),
        (["007", "010", "007", "010"], "category", ("007", "010")),
        (
            ["1234567890123456789", "1234567890123456788"] * 2,
            "category",
            ("1234567890123456788", "1234567890123456789"),
        ),
    ],
)
def test_the_type_is_inferred_from_the_values(
    analyse: Analyse, cells: list[str], kind: str, levels: tuple[str, ...] | None
) -> None:
    column = analyse(table(cells), Y).profile.column("x")
    assert (column.kind, column.levels) == (kind, levels)
    assert column.contrast == ("treatment" if levels else None)


@pytest.mark.parametrize(
    ("cells", "code"),
    [(["007", "010"] * 2, "leading_zeros"), (["1234567890123456789", "1"] * 2, "long_integers")],
)
def test_digits_that_stay_text_give_a_notice_unless_the_type_is_declared(
    analyse: Analyse, cells: list[str], code: str
) -> None:
    assert [notice.code for notice in analyse(table(cells), Y).profile.notices] == [code]
    for declared in ("category", "number"):
        analysis = analyse(table(cells), Y, data=f"columns: {{x: {{type: {declared}}}}}")
        assert analysis.profile.notices == ()
        assert analysis.profile.column("x").kind == declared


@pytest.mark.parametrize(
    ("cells", "declared", "values", "contrast"),
    [
        (["2", "10", "2", "10"], "{type: category}", ["2", "10"], "treatment"),
        (["2", "10", "2", "10"], "{levels: [10, 2]}", ["10", "2"], "treatment"),
        (["1.0", "2.50", "1", "2.5"], "{levels: ['2.5', '1']}", ["2.5", "1"], "treatment"),
        (["b", "a ", "b", "a"], "{levels: [b, a]}", ["b", "a"], "treatment"),
        (["b", "a", "b", "a"], "{contrast: sum}", ["a", "b"], "sum"),
        (["lo", "hi", "mid", "hi"], "{type: ordered, levels: [lo, mid, hi]}", ["lo", "mid", "hi"], "poly"),
        (["0.3", "0.30000000000000004", "1", "1"], "{type: category}", ["0.3", "1"], "treatment"),
        (["2", "1", "10", "1"], "{type: ordered, contrast: treatment}", ["1", "2", "10"], "treatment"),
        (["NA", "DE", "NA", "DE"], "{levels: [NA, DE]}", ["NA", "DE"], "treatment"),
        (["T", "F", "T", "F"], "{levels: [T, F]}", ["T", "F"], "treatment"),
        (["true", "false", "true", "false"], "{levels: ['TRUE', 'FALSE']}", ["TRUE", "FALSE"], "treatment"),
    ],
)
def test_declared_categories_have_their_levels_in_order(
    analyse: Analyse, cells: list[str], declared: str, values: list[str], contrast: str
) -> None:
    analysis = analyse(table(cells), Y, data=f"columns: {{x: {declared}}}")
    column = analysis.profile.column("x")
    assert list(column.levels or ()) == values
    assert column.contrast == contrast
    assert len(analysis.frame) == len(cells)
    assert analysis.frame["x"].cat.ordered == (column.kind == "ordered")


@pytest.mark.parametrize(
    ("cells", "declared", "numbers"),
    [
        (["01", "02", "10", "3"], "number", [1, 2, 10, 3]),
        (["TRUE", "FALSE", "TRUE", "TRUE"], "number", [1, 0, 1, 1]),
        (["1", "2", ".", ""], "number", [1, 2]),
    ],
)
def test_declared_numbers_are_numbers(
    analyse: Analyse, cells: list[str], declared: str, numbers: list[float]
) -> None:
    assert (
        analyse(table(cells), Y, data=f"columns: {{x: {{type: {declared}}}}}").frame["x"].tolist() == numbers
    )


@pytest.mark.parametrize(
    ("marked", "kept"), [("", [1, -99, 3, -99.0]), ("na: [-99]", [1, 3]), ("na: ['-99', '3']", [1])]
)
def test_markers_of_missing_values_match_numbers_too(
    analyse: Analyse, marked: str, kept: list[float]
) -> None:
    content = table(["1", "-99", "3", "-99.0"]) + "1,1,9\n0,1,9\n"
    assert analyse(content, Y, data=marked).frame["x"].tolist() == [*kept, 1, 1]


def test_the_markers_replace_the_default(analyse: Analyse) -> None:
    analysis = analyse(table(["a", "NA", "none", ""]), Y, data="na: [none]")
    assert analysis.profile.column("x").levels == ("a", "NA")
    assert len(analysis.frame) == 2


@pytest.mark.parametrize(
    ("cells", "data", "place", "words"),
    [
        (["1", "n/a", "3", "n/a"], "", "ladder[0].formula", "holds 'n/a' in row 2 (and 1 more)"),
        (["1", "n/a", "3"], "", "5:30: ladder[0].formula", "data.na: [NA, NaN, n/a]"),
        (["1", '"1,234"', "3"], "", "ladder[0].formula", "thousands separators"),
        (['"1,5"', '"2,5"', '"3"'], "", "ladder[0].formula", "a decimal comma needs data.decimal"),
        (["1", "two", "3"], "columns: {x: {type: number}}", "data.columns.x.type", "holds 'two' in row 2"),
        (["1.5", "2,5", "3"], "decimal: ','\ndelimiter: ';'", None, None),
        (["1", "Inf", "3"], "", "ladder[0].formula", "holds 'Inf' in row 2"),
        (
            ["1", "2", "3"],
            "columns: {x: {levels: [1, 2]}}",
            "data.columns.x.levels",
            "'x' holds '3' (1 row), not among",
        ),
        (
            ["a", "b", "c"],
            "columns: {x: {levels: [a, d]}}",
            "data.columns.x.levels",
            "'b' (1 row), 'c' (1 row)",
        ),
        (["a", "b", "c"], "columns: {x: {type: text}}", "ladder[0].formula", "declared as text"),
        (["", "NA", ""], "", "ladder[0].formula", "'x' has no values"),
        (["1", "2", "3"], "columns: {z: {type: group}}", "data.columns.z", "no column 'z'"),
    ],
)
def test_a_column_that_is_not_what_is_needed_is_refused_at_its_place(
    refuse: Refuse, cells: list[str], data: str, place: str | None, words: str | None
) -> None:
    if place is None or words is None:
        content = table(cells).replace(",", ";").replace("2;5", "2,5")
        assert "with data.decimal: ',' a number contains no point" in refuse(content, Y, data=data)[0]
        return
    fault = refuse(table(cells), Y, data=data)[0]
    assert place in fault
    assert words in fault


@pytest.mark.parametrize(
    "cells", [["lo", "hi", "mid"], ["TRUE", "FALSE", "TRUE"], ["2020-01-01", "2020-01-02", "2020-01-05"]]
)
def test_an_outcome_of_text_is_refused(refuse: Refuse, cells: list[str]) -> None:
    (fault,) = refuse(table(cells), "x ~ y + (1 | g)")
    assert "outcome 'x' is text, not a number: it holds" in fault
    assert "pipeline.yaml:5:26: ladder[0].formula" in fault


def test_weights_of_text_are_refused_at_their_key(refuse: Refuse) -> None:
    (fault,) = refuse(table(["a", "b", "c"]), "y ~ 1 + (1 | g)", weights="x")
    assert "ladder[0].weights: weights 'x' is text" in fault


def test_odd_text_in_a_grouping_factor_or_an_unused_column_is_no_fault(analyse: Analyse) -> None:
    analysis = analyse(table(["1", "2", "3a", "2"]), "y ~ 1 + (1 | x)", "y ~ 1 + (1 | g)")
    assert analysis.profile.column("x").kind == "group"
    assert analysis.profile.column("x").levels is None


def test_all_faults_come_at_once_with_nearest_names(refuse: Refuse) -> None:
    faults = refuse(
        table(["1", "2", "3"]), "yy ~ X + (1 | g)", "y ~ 1 + (1 | skool)", data="derive: {x_c: {center: w}}"
    )
    assert [fault.split(": ", 1)[1].split(" (")[0] for fault in faults] == [
        "data.derive.x_c.center: there is no column 'w'",
        "ladder[0].formula: there is no column 'yy'",
        "ladder[0].formula: there is no column 'X'",
        "ladder[1].formula: there is no column 'skool'",
    ]
    assert "did you mean 'x'?" in faults[2]


def test_every_column_is_in_the_frame_with_its_dtype(analyse: Analyse) -> None:
    content = "g,x,y,note,word\n1,1,2,aa,u\n2,2,3,,v\n2,5,4,cc,\n"
    frame = analyse(content, Y, data="columns: {note: {type: text}, g: {type: group}}").frame
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert kinds == {"g": "category", "x": "float64", "y": "float64", "note": "object", "word": "category"}
    assert frame["note"].tolist() == ["aa", None, "cc"]
    assert frame["word"].isna().tolist() == [False, False, True]
    assert frame["g"].tolist() == ["1", "2", "2"]
    assert isinstance(frame.index, pd.RangeIndex)


def test_groups_of_numbers_sort_as_numbers(analyse: Analyse) -> None:
    content = "g,y\n10,1\n2,2\n1,3\n2,4\n"
    frame = analyse(content, "y ~ 1 + (1 | g)", data="columns: {g: {type: group}}").frame
    assert list(frame["g"].cat.categories) == ["1", "2", "10"]


def test_levels_that_differ_in_case_or_spaces_only_give_a_notice(analyse: Analyse) -> None:
    notices = analyse(table(["yes", "Yes", "no", "no "]), Y).profile.notices
    assert [notice.code for notice in notices] == ["similar_labels"]


def test_a_reference_level_that_loses_its_rows_gives_a_warning(analyse: Analyse) -> None:
    content = "g,x,y\n1,a,\n1,b,2\n2,c,3\n2,b,4\n"
    analysis = analyse(content, Y)
    (notice,) = [notice for notice in analysis.profile.notices if notice.code == "unused_levels"]
    assert notice.severity == "warning"
    assert "the reference is now b" in notice.text
    assert analysis.profile.column("x").levels == ("b", "c")


def test_the_hint_on_a_missing_value_keeps_the_markers_there_are(refuse: Refuse, analyse: Analyse) -> None:
    content = table(["1", "NA", "absent", "2", "1", "3", "2", "1"])
    (fault,) = refuse(content, Y)
    assert "set data.na: [NA, NaN, absent] if" in fault
    (fault,) = refuse(content, Y, data="na: [absent]")
    assert "set data.na: [absent, NA] if" in fault
    assert len(analyse(content, Y, data="na: [absent, NA]").frame) == 6


def test_a_value_of_many_rows_is_no_marker_of_missing_values(refuse: Refuse) -> None:
    content = table(["0", "1", "2", "3+"] * 25)
    (fault,) = refuse(content, Y)
    assert "data.na" not in fault
    assert "many rows have it, so it is an ordinary value" in fault
    assert "type: category keeps them as labels" in fault
    (fault,) = refuse(table(["0", "1", "2", "missing"] * 25), Y)
    assert "data.na: [NA, NaN, missing] if" in fault


@pytest.mark.parametrize(
    ("word", "written"), [("not asked", '"not asked"'), ("a: b", '"a: b"'), ("[x]", '"[x]"'), ("-", '"-"')]
)
def test_the_hint_on_a_missing_value_is_yaml(
    refuse: Refuse, analyse: Analyse, word: str, written: str
) -> None:
    content = table(["1", "2", "1", "3", "2", "1", word])
    (fault,) = refuse(content, Y)
    assert f"data.na: [NA, NaN, {written}] if" in fault
    assert len(analyse(content, Y, data=f"na: [NA, NaN, {written}]").frame) == 6


@pytest.mark.parametrize(("declared", "key"), [("type: ordered", "type"), ("contrast: poly", "contrast")])
def test_the_alphabet_is_no_order(refuse: Refuse, declared: str, key: str) -> None:
    content = table(["Agree", "Disagree", "Neutral", "Agree"])
    (fault,) = refuse(content, Y, data=f"columns: {{x: {{{declared}}}}}")
    assert f"data.columns.x.{key}: 'x' is text without declared levels" in fault
    assert "alphabetical: Agree < Disagree < Neutral (list them" in fault


@pytest.mark.parametrize("cells", [["1", "3", "2", "1"], ["01", "03", "02", "01"], ["T", "F", "T", "F"]])
def test_numbers_codes_and_truth_values_have_an_order(analyse: Analyse, cells: list[str]) -> None:
    analysis = analyse(table(cells), Y, data="columns: {x: {type: ordered}}")
    assert analysis.profile.column("x").kind == "ordered"


def test_of_hundreds_of_unknown_names_the_first_are_named_and_the_others_counted(refuse: Refuse) -> None:
    faults = refuse(table(["1", "2", "3"]), f"y ~ {' + '.join(f'u{i}' for i in range(300))} + (1 | g)")
    assert len(faults) == 41
    assert "data.file: 260 more names are not columns (is it the right file?)" in faults[-1]
