"""Joining files by a key."""

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

STUDENTS = "g,x,y\n1,1,1\n1,2,2\n2,3,5\n2,4,4\n3,5,1\n,6,2\n"
SCHOOLS = "g,size,sector\n2,20,Public\n1,10,Catholic\n7,70,Public\n"
JOIN = "file: s.csv\njoin: [{file: t.csv, on: g%s}]"
FILES = {"s.csv": STUDENTS, "t.csv": SCHOOLS}


def sav(frame: pd.DataFrame, **options: object) -> Callable[[Path], None]:
    return lambda path: pyreadstat.write_sav(frame, path, **options)


def test_each_row_gets_the_columns_of_its_key(prepare: Prepare) -> None:
    found = prepare(JOIN % "", FILES).frame
    assert found["size"].tolist()[:4] == [10, 10, 20, 20]
    assert found["sector"].tolist()[:4] == ["Catholic", "Catholic", "Public", "Public"]
    assert np.isnan(found["size"][4])
    assert found["x"].tolist() == [1, 2, 3, 4, 5]


def test_a_join_equals_the_merge_of_pandas_whatever_the_order(prepare: Prepare) -> None:
    rng = np.random.default_rng(5)
    left = pd.DataFrame(
        {"a": rng.integers(1, 9, 200), "b": rng.integers(1, 5, 200), "y": rng.normal(size=200)}
    )
    right = pd.DataFrame(
        [(a, b, 10 * a + b) for a in range(1, 8) for b in range(1, 5)], columns=["a", "b", "z"]
    )
    right = right.sample(frac=1, random_state=1)
    files = {"s.csv": left.to_csv(index=False), "t.csv": right.to_csv(index=False)}
    found = prepare("file: s.csv\njoin: [{file: t.csv, on: [a, b]}]", files, "y ~ 1 + (1 | a)").frame
    expected = left.merge(right, how="left", on=["a", "b"], validate="many_to_one")
    np.testing.assert_array_equal(found["z"], expected["z"])
    np.testing.assert_array_equal(found["y"], expected["y"])


def test_rows_without_a_match_are_counted_on_both_sides(prepare: Prepare) -> None:
    profile = prepare(JOIN % "", FILES).profile
    read, join = profile.preparation
    assert (read.kind, read.words, read.rows_before, read.rows_after) == ("read", "read s.csv", None, 6)
    assert (join.words, join.rows_before, join.rows_after) == ("join t.csv by g", 6, 6)
    assert (join.columns_before, join.columns_after) == (3, 5)
    assert join.counts == {
        "rows without a match kept with missing values": 2,
        "row with a missing key": 1,
        "row of t.csv matched nothing": 1,
    }
    assert [notice.text for notice in profile.notices if notice.code == "join_unmatched"] == [
        "2 of 6 rows have no match in t.csv (g 3; 1 with a missing key) and are kept with missing values."
    ]
    assert [file.file for file in profile.files] == ["s.csv", "t.csv"]


def test_rows_without_a_match_can_be_dropped(prepare: Prepare) -> None:
    analysis = prepare(JOIN % ", unmatched: drop", FILES)
    assert analysis.frame["x"].tolist() == [1, 2, 3, 4]
    assert [(s.rows_before, s.rows_after) for s in analysis.profile.preparation] == [(None, 6), (6, 4)]
    assert analysis.profile.rows_file == 4


def test_rows_without_a_match_can_be_an_error(refused: Refused) -> None:
    assert refused(JOIN % ", unmatched: error", FILES) == [
        (
            "p.yaml:4:42: data.join[0].unmatched: 2 rows of s.csv without a match in t.csv: g 3, "
            "1 row with a missing key (unmatched: keep or unmatched: drop allows them)"
        )
    ]


def test_a_missing_key_never_matches_a_missing_key(prepare: Prepare) -> None:
    files = {"s.csv": STUDENTS + "NA,7,9\n", "t.csv": SCHOOLS + ",99,Public\n"}
    join = prepare(JOIN % "", files).profile.preparation[1]
    assert join.counts["rows with a missing key"] == 2
    assert join.counts["rows of t.csv matched nothing"] == 2


def test_names_of_the_key_may_differ_and_columns_may_be_chosen(prepare: Prepare) -> None:
    files = {"s.csv": STUDENTS, "t.csv": SCHOOLS.replace("g,", "school,", 1)}
    data = "file: s.csv\njoin: [{file: t.csv, on: {g: school}, columns: [size]}]"
    assert list(prepare(data, files).frame) == ["g", "x", "y", "size"]


def test_a_second_join_may_use_a_column_of_the_first(prepare: Prepare) -> None:
    files = {**FILES, "u.csv": "sector,fee\nPublic,0\nCatholic,9\n"}
    data = "file: s.csv\njoin: [{file: t.csv, on: g}, {file: u.csv, on: sector}]"
    assert prepare(data, files).frame["fee"].tolist()[:4] == [9, 9, 0, 0]


def test_cells_of_text_match_the_numbers_of_a_file_with_types(prepare: Prepare) -> None:
    schools = pd.DataFrame({"g": [1.0, 2.0, 3.0], "size": [10.0, 20.0, 30.0]})
    data = "file: s.csv\njoin: [{file: t.sav, on: g}]"
    found = prepare(data, {"s.csv": STUDENTS.replace("\n2,", "\n 2.0,"), "t.sav": sav(schools)})
    assert found.frame["size"].tolist() == [10, 10, 20, 20, 30]


def test_words_match_the_value_labels_of_numbers(prepare: Prepare) -> None:
    labels = {"g": {1: "North", 2: "South"}}
    schools = sav(pd.DataFrame({"g": [1.0, 2.0], "z": [5.0, 6.0]}), variable_value_labels=labels)
    data = "file: s.csv\njoin: [{file: t.sav, on: g}]"
    found = prepare(data, {"s.csv": "g,y\nSouth,1\nNorth,2\nSouth ,3\n", "t.sav": schools})
    assert found.frame["z"].tolist() == [6, 5, 6]


def test_codes_with_leading_zeros_are_refused_against_numbers(refused: Refused) -> None:
    files = {"s.csv": "g,y\n007,1\n008,2\n", "t.csv": "g,z\n7,1\n8,2\n"}
    assert refused(JOIN % "", files) == [
        (
            "p.yaml:4:28: data.join[0].on: 'g' is text ('007') in s.csv, and 'g' is a number (7) in t.csv "
            "(declare g: {type: number} under data.columns if 007 and 7 are one key)"
        )
    ]


def test_codes_declared_as_numbers_match_numbers(prepare: Prepare) -> None:
    files = {"s.csv": "g,y\n007,1\n008,2\n", "t.csv": "g,z\n7,1\n8,2\n"}
    data = f"{JOIN % ''}\ncolumns: {{g: {{type: number}}}}"
    assert prepare(data, files, "y ~ z + (1 | g)").frame["z"].tolist() == [1, 2]


def test_codes_with_leading_zeros_match_one_another(prepare: Prepare) -> None:
    files = {"s.csv": "g,y\n007,1\n07,2\n", "t.csv": "g,z\n07,1\n007,2\n"}
    assert prepare(JOIN % "", files).frame["z"].tolist() == [2, 1]


def test_long_identifiers_keep_all_their_digits(prepare: Prepare) -> None:
    one, other = "12345678901234567", "12345678901234568"
    files = {"s.csv": f"g,y\n{one},1\n{other},2\n", "t.csv": f"g,z\n{other},8\n{one},7\n"}
    assert prepare(JOIN % "", files).frame["z"].tolist() == [7, 8]


def test_a_many_to_many_join_is_refused_with_the_keys(refused: Refused) -> None:
    files = {"s.csv": STUDENTS, "t.csv": SCHOOLS + "2,21,Public\n1,11,Public\n1,12,Public\n"}
    assert refused(JOIN % "", files) == [
        (
            "p.yaml:4:28: data.join[0].on: t.csv has several rows with g 2 and 1 (each key may occur once "
            "in the joined file; name further key columns: on: [a, b])"
        )
    ]


@pytest.mark.parametrize(
    ("join", "faults"),
    [
        ("{file: t.csv, on: {school: g}}", ["there is no column 'school' in s.csv to join t.csv by"]),
        ("{file: t.csv, on: {g: grp}}", ["there is no column 'grp' in t.csv"]),
        ("{file: t.csv, on: {gg: grp}}", ["no column 'gg' in s.csv", "no column 'grp' in t.csv"]),
        ("{file: t.csv, on: g, columns: [siz]}", ["no column 'siz' in t.csv (did you mean 'size'?)"]),
        ("{file: u.csv, on: g}", ["s.csv and u.csv both have 'x'"]),
        ("{file: v.csv, on: {x: fee}}", ["no row has a match in v.csv: x is 1, 2, 3, 4, 5 and 1 more in"]),
        ("{file: w.csv, on: g}", ["there is no file 'w.csv'"]),
        ("{file: t.csv}", ["the key 'on' is missing (for example on: school)"]),
        ("{file: t.csv, on: }", ["names no key column"]),
        ("{file: t.csv, on: []}", ["needs the names of key columns"]),
        ("{file: t.csv, on: {g: g, x: g}}", ["'g' occurs twice"]),
        ("{file: t.csv, on: g, unmatched: maybe}", ["'maybe' is not one of keep, drop, error"]),
        (
            "{file: t.csv, on: grp}, {file: v.csv, on: sector}",
            ["'grp' in s.csv", "'grp' in t.csv"],
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(refused: Refused, join: str, faults: list[str]) -> None:
    files = {**FILES, "u.csv": "g,x,w\n1,2,3\n", "v.csv": "sector,fee\nPublic,10\n"}
    found = refused(f"file: s.csv\njoin: [{join}]", files)
    assert len(found) == len(faults)
    for text, fault in zip(found, faults, strict=True):
        assert fault in text
        assert text.startswith("p.yaml:4:")


def test_every_broken_file_is_named_in_one_go(refused: Refused) -> None:
    files = {"s.csv": "", "t.csv": "g,g\n1,2\n"}
    assert [text.partition(": ")[2] for text in refused(JOIN % "", files)] == [
        "data.file: s.csv is empty (the first line names the columns, each further line is a row)",
        (
            "data.join[0].file: t.csv two columns have the same name: 'g' in columns 1, 2 "
            "(rename all but one in the file)"
        ),
    ]


def test_a_joined_file_is_read_by_its_own_options(prepare: Prepare) -> None:
    files = {"s.csv": STUDENTS, "t.csv": "g;z\n1;1,5\n2;-9\n3;2,5\n"}
    data = "file: s.csv\njoin: [{file: t.csv, on: g, decimal: ',', delimiter: ;, na: -9}]"
    np.testing.assert_array_equal(prepare(data, files).frame["z"], [1.5, 1.5, np.nan, np.nan, 2.5])


def test_a_column_declared_text_keeps_its_spelling(prepare: Prepare) -> None:
    files = {"s.csv": STUDENTS, "t.csv": "g,z\n1,1.0\n2,2.0\n3,3.0\n"}
    data = f"{JOIN % ''}\ncolumns: {{z: {{type: text}}}}"
    assert prepare(data, files).frame["z"].tolist()[:2] == ["1.0", "1.0"]
