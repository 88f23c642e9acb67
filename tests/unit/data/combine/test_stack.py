"""Stacking the rows of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from mlm_steps.data import Analysis

Prepare = Callable[..., Analysis]
Refused = Callable[..., list[str]]

FILES = {"wave1.csv": "g,y\n1,1\n1,2\n2,3\n", "wave2.csv": "y,g,z\n4,1,9\n5,2,8\n"}


def sav(frame: pd.DataFrame, **options: object) -> Callable[[Path], None]:
    return lambda path: pyreadstat.write_sav(frame, path, **options)


def test_columns_are_matched_by_name(prepare: Prepare) -> None:
    analysis = prepare("stack: [wave1.csv, wave2.csv]\nsource_as: wave", FILES)
    assert analysis.frame["y"].tolist() == [1, 2, 3, 4, 5]
    assert analysis.frame["g"].tolist() == [1, 1, 2, 1, 2]
    assert analysis.frame["wave"].tolist() == ["wave1"] * 3 + ["wave2"] * 2
    np.testing.assert_array_equal(analysis.frame["z"], [np.nan] * 3 + [9, 8])


def test_each_file_is_a_step_with_its_rows(prepare: Prepare) -> None:
    profile = prepare("file: wave1.csv\nstack: [wave2.csv]", FILES).profile
    assert [(s.kind, s.words, s.rows_before, s.rows_after) for s in profile.preparation] == [
        ("read", "read wave1.csv", None, 3),
        ("stack", "stack wave2.csv", 3, 5),
    ]
    assert profile.preparation[1].counts == {"new column": 1}
    assert [file.file for file in profile.files] == ["wave1.csv", "wave2.csv"]
    assert profile.file == "wave1.csv"


def test_a_file_can_say_its_own_value(prepare: Prepare) -> None:
    data = "stack: [{file: wave1.csv, as: 0}, {file: wave2.csv, as: 6}]\nsource_as: month"
    assert prepare(data, FILES).frame["month"].tolist() == [0, 0, 0, 6, 6]


def test_a_used_column_that_a_file_lacks_is_a_notice(prepare: Prepare) -> None:
    files = {"wave1.csv": "g,y,zed\n1,1,3\n2,3,4\n", "wave2.csv": "g,y,Zed\n4,1,7\n5,2,8\n"}
    profile = prepare("stack: [wave1.csv, wave2.csv]", files, "y ~ zed + (1 | g)").profile
    assert "zed is missing in all rows of wave2.csv: no such column. Its column Zed has a similar name." in [
        notice.text for notice in profile.notices
    ]


def test_equal_value_labels_are_kept_and_further_ones_added(prepare: Prepare) -> None:
    one = sav(pd.DataFrame({"g": [1.0, 2.0], "y": [1.0, 2.0], "s": [1.0, 2.0]}),
              variable_value_labels={"s": {1: "low", 2: "middle"}})  # fmt: skip
    two = sav(pd.DataFrame({"g": [1.0, 2.0], "y": [3.0, 4.0], "s": [3.0, 1.0]}),
              variable_value_labels={"s": {1: "low", 3: "high"}})  # fmt: skip
    found = prepare("stack: [a.sav, b.sav]", {"a.sav": one, "b.sav": two}).frame
    assert found["s"].tolist() == ["low", "middle", "high", "low"]


def test_contradicting_value_labels_leave_numbers_and_a_notice(prepare: Prepare) -> None:
    one = sav(pd.DataFrame({"g": [1.0, 2.0], "y": [1.0, 2.0], "s": [1.0, 2.0]}),
              variable_value_labels={"s": {1: "male", 2: "female"}})  # fmt: skip
    two = sav(pd.DataFrame({"g": [1.0, 2.0], "y": [3.0, 5.0], "s": [1.0, 2.0]}),
              variable_value_labels={"s": {1: "female", 2: "male"}})  # fmt: skip
    analysis = prepare("stack: [a.sav, b.sav]", {"a.sav": one, "b.sav": two}, "y ~ s + (1 | g)")
    assert analysis.frame["s"].tolist() == [1, 2, 1, 2]
    assert [n.text for n in analysis.profile.notices if n.code == "stack_contradiction"] == [
        "In the stacked files, s labels 1 as 'male' and as 'female'; its values have no labels here."
    ]


def test_labelled_numbers_and_the_words_of_a_text_file_are_one_category(prepare: Prepare) -> None:
    one = sav(pd.DataFrame({"g": [1.0, 2.0], "y": [1.0, 2.0], "s": [1.0, 2.0]}),
              variable_value_labels={"s": {1: "male", 2: "female"}})  # fmt: skip
    found = prepare("stack: [a.sav, b.csv]", {"a.sav": one, "b.csv": "g,y,s\n1,4,female\n2,3,male\n"})
    assert found.frame["s"].tolist() == ["male", "female", "female", "male"]


def test_cells_and_typed_numbers_are_numbers_together(prepare: Prepare) -> None:
    one = sav(pd.DataFrame({"g": [1.0, 2.0], "y": [1.5, 2.0]}))
    analysis = prepare("stack: [a.sav, b.csv]", {"a.sav": one, "b.csv": "g,y\n1,4\n2,NA\n1,2\n"})
    assert analysis.frame["y"].tolist() == [1.5, 2.0, 4.0, 2.0]


def test_options_of_data_hold_for_stacked_files_unless_they_have_their_own(prepare: Prepare) -> None:
    files = {"a.csv": "g;y\n1;1,5\n2;2\n", "b.csv": "g;y\n1;3,5\n2;4\n", "c.csv": "g|y\n1|5.5\n2|6\n"}
    data = "stack: [a.csv, b.csv, {file: c.csv, delimiter: '|', decimal: .}]\ndelimiter: ;\ndecimal: ','"
    assert prepare(data, files).frame["y"].tolist() == [1.5, 2, 3.5, 4, 5.5, 6]


def test_title_rows_are_counted_for_each_file(prepare: Prepare) -> None:
    titled = {name: f"A title\n{content}" for name, content in FILES.items()}
    files = {**titled, "t.csv": "Schools\nin 2020\ng,size\n1,10\n2,20\n"}
    data = "stack: [wave1.csv, wave2.csv]\nskip: 1\njoin: [{file: t.csv, on: g, skip: 2}]"
    read, stack, join = prepare(data, files).profile.preparation
    assert read.counts == {"title row of wave1.csv skipped": 1}
    assert stack.counts == {"title row of wave2.csv skipped": 1, "new column": 1}
    assert join.counts == {"title rows of t.csv skipped": 2}


def test_title_rows_of_a_single_file_are_shown(prepare: Prepare) -> None:
    (step,) = prepare("file: w.csv\nskip: 3", {"w.csv": "a\nb\nc\n" + FILES["wave1.csv"]}).profile.preparation
    assert step.line == "read w.csv: 3 rows (3 title rows of w.csv skipped)"


def test_joining_follows_stacking(prepare: Prepare) -> None:
    data = "stack: [wave1.csv, wave2.csv]\njoin: [{file: t.csv, on: g}]"
    analysis = prepare(data, {**FILES, "t.csv": "g,size\n1,10\n2,20\n"})
    assert analysis.frame["size"].tolist() == [10, 10, 20, 10, 20]
    assert [step.kind for step in analysis.profile.preparation] == ["read", "stack", "join"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("stack: [wave1.csv, wave3.csv]", "p.yaml:3:22: data.stack[1]: there is no file 'wave3.csv'"),
        ("stack: [wave1.csv, wave1.csv]", "p.yaml:3:22: data.stack[1]: 'wave1.csv' is stacked twice"),
        ("stack: [wave1.csv, other.csv]", "p.yaml:3:22: data.stack[1]: other.csv has no column in common"),
        (
            "stack: [wave1.csv, wave2.csv]\nsource_as: y",
            "p.yaml:4:14: data.source_as: the files have a column",
        ),
        (
            "stack: [wave1.csv, old/wave1.csv]\nsource_as: w",
            "data.stack[1]: 'wave1' names two files",
        ),
        (
            "stack: [wave1.csv, {file: wave2.csv, as: 2}]",
            "data.stack[1]: 'wave2.csv' has a value",
        ),
        ("file: wave1.csv\nsource_as: w", "data.source_as: there is no stack whose files it could name"),
        ("stack: []", "data: the key 'file' is missing"),
        ("stack: wave1.csv", "data.stack: needs a list"),
        ("join: [{file: wave1.csv, on: g}]", "data: the key 'file' is missing"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(refused: Refused, data: str, fault: str) -> None:
    files = {**FILES, "other.csv": "a,b\n1,2\n", "old/wave1.csv": "g,y\n1,2\n"}
    found = refused(data, files)
    assert len(found) == 1
    assert fault in found[0]
