"""Text separated by blanks, title rows, sheets by number, Feather, and missing values by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from mlm_steps.data import Analysis
from mlm_steps.data.raw import RawTable, UnreadableFile
from mlm_steps.data.read import read_table
from mlm_steps.spec import DataSpec

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]
Y = "y ~ x + (1 | g)"


def table_of(folder: Path, name: str, content: str | bytes, **options: object) -> RawTable:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, DataSpec.model_validate({"file": name, **options}))


def cells_of(table: RawTable) -> dict[str, list[object]]:
    return {column.name: column.values.tolist() for column in table.columns}


@pytest.mark.parametrize(
    "content",
    [
        "g x y\na 1 2\nb 3 4\n",
        "  g   x\ty  \n a  1 2\n\nb\t3   4 \n",
        "g,x,y\na,1,2\nb,3,4\n",
        "g\tx\ty\na\t1\t2\nb\t3\t4\n",
        "g;x;y\r\na;1;2\r\nb;3;4\r\n",
        "g x y\r\na 1 2\r\nb 3 4\r\n",
        "\ufeffg x y\n'a' 1 2\n\"b\" 3 4\n",
    ],
)
def test_text_is_split_at_its_delimiter_or_at_blanks(tmp_path: Path, content: str) -> None:
    table = table_of(tmp_path, "d.txt", content)
    assert cells_of(table) == {"g": ["a", "b"], "x": ["1", "3"], "y": ["2", "4"]}


def test_row_names_of_write_table_become_a_column_without_name(tmp_path: Path) -> None:
    table = table_of(tmp_path, "d.txt", '"g" "y"\n"1" "St. Mary\'s" 2.5\n"2" "b" NA\n')
    assert cells_of(table) == {"X": ["1", "2"], "g": ["St. Mary's", "b"], "y": ["2.5", "NA"]}
    assert [notice.code for notice in table.notices] == ["column_without_name"]


def test_a_tab_keeps_the_spaces_of_its_cells(tmp_path: Path) -> None:
    table = table_of(tmp_path, "d.txt", "school\tmy score\nSt. Mary\t1\nOld Hall Park\t2\n")
    assert cells_of(table) == {"school": ["St. Mary", "Old Hall Park"], "my score": ["1", "2"]}


def test_any_text_file_can_be_split_at_blanks(tmp_path: Path) -> None:
    table = table_of(tmp_path, "d.csv", "g  y\na   1,5\n", delimiter="whitespace")
    assert cells_of(table) == {"g": ["a"], "y": ["1,5"]}


@pytest.mark.parametrize("name", ["d.csv", "d.txt", "d.tsv"])
def test_title_rows_are_skipped_and_lines_counted_from_the_top(tmp_path: Path, name: str) -> None:
    titles = "Survey of schools\n(first wave, 2019)\n\n"
    assert cells_of(table_of(tmp_path, name, f"{titles}g\ty\na\t1\n", skip=2)) == {"g": ["a"], "y": ["1"]}
    with pytest.raises(UnreadableFile, match="line 6 has 3 fields, the header has 2"):
        table_of(tmp_path, name, f"{titles}g\ty\na\t1\na\t1\t2\n", skip=3)


@pytest.mark.parametrize("skip", [2, 3, 9])
def test_more_title_rows_than_lines_are_refused_at_the_key(refuse: Refuse, skip: int) -> None:
    words = f"has nothing below its first {skip} lines"
    assert refuse("g,x,y\na,1,2\n", Y, data=f"skip: {skip}") == [
        f"pipeline.yaml:4:9: data.skip: data.csv {words}"
    ]


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["Notes"])
    for title in ("pupils", "7"):
        sheet = book.create_sheet(title)
        for row in (["Pupils of two schools"], [], ["g", "x", "y"], ["a", 1, 2], ["b", 3, 4]):
            sheet.append(row)
        sheet["C5"] = {"pupils": 4, "7": 7}[title]
    book.save(path)
    return path


@pytest.mark.parametrize(("sheet", "last"), [("pupils", 4.0), ("2", 4.0), ("3", 7.0), ("7", 7.0)])
def test_a_sheet_has_a_name_or_a_number_and_may_have_titles(tmp_path: Path, sheet: str, last: float) -> None:
    path = workbook(tmp_path / "d.xlsx")
    options = DataSpec.model_validate({"file": "d.xlsx", "sheet": sheet, "skip": 1})
    table = read_table(path, options)
    assert cells_of(table) == {"g": ["a", "b"], "x": [1.0, 3.0], "y": [2.0, last]}


def test_a_sheet_that_is_not_there_is_one_fault(refuse: Refuse, tmp_path: Path) -> None:
    path = workbook(tmp_path / "d.xlsx")
    assert refuse(path, Y, data="sheet: 4") == [
        "pipeline.yaml:4:10: data.sheet: d.xlsx has no sheet '4' (its sheets are Sheet, pupils, 7)"
    ]
    assert refuse(path, Y, data="sheet: 2\nskip: 8") == [
        "pipeline.yaml:5:9: data.skip: d.xlsx is empty below its first 8 rows"
    ]


def test_feather_reads_as_parquet_does(tmp_path: Path) -> None:
    frame = pd.DataFrame({"g": pd.Categorical(["b", "a"], ["b", "a"]), "y": [1.5, np.nan]})
    frame.to_feather(tmp_path / "d.feather")
    frame.to_parquet(tmp_path / "d.parquet")
    feather, parquet = (
        read_table(tmp_path / name, DataSpec(file=name)) for name in ("d.feather", "d.parquet")
    )
    assert repr(cells_of(feather)) == repr(cells_of(parquet))
    assert feather.columns[0].levels == ("b", "a")


def test_dates_are_said_to_be_text(tmp_path: Path) -> None:
    pd.DataFrame({"day": pd.to_datetime(["2024-05-31", "2024-06-01"])}).to_excel(
        tmp_path / "d.xlsx", index=False
    )
    table = read_table(tmp_path / "d.xlsx", DataSpec(file="d.xlsx"))
    assert cells_of(table) == {"day": ["2024-05-31", "2024-06-01"]}
    assert [notice.code for notice in table.notices] == ["dates_as_text"]


def test_user_missing_values_of_spss_are_named(analyse: Analyse, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"g": [1.0, 1, 2, 2, 3, 3], "x": [1.0, -99, 2, -98, -99, 4], "y": [1.0, 2, 3, 4, 5, 6]}
    )
    pyreadstat.write_sav(
        frame,
        str(tmp_path / "d.sav"),
        missing_ranges={"x": [{"lo": -99, "hi": -98}]},
        variable_value_labels={"x": {-99: "refused"}},
    )
    analysis = analyse(tmp_path / "d.sav", Y)
    assert analysis.frame["x"].tolist() == [1, 2, 4]
    assert "The file declares values of x missing: refused (-99) in 2 rows, -98 in 1 row." in [
        notice.text for notice in analysis.profile.notices
    ]


def test_missing_values_of_stata_are_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": pd.Series([1.0, "a", 2.0, None, "b"], dtype=object), "y": [1.0, 2, 3, 4, 5]})
    pyreadstat.write_dta(
        frame,
        str(tmp_path / "d.dta"),
        missing_user_values={"x": ["a", "b"]},
        variable_value_labels={"x": {1: "one", "a": "refused"}},
    )
    table = read_table(tmp_path / "d.dta", DataSpec(file="d.dta"))
    assert repr(table.columns[0].values.tolist()) == "[1.0, nan, 2.0, nan, nan]"
    assert [notice.text for notice in table.notices] == [
        "The file declares values of x missing: refused (.a) in 1 row, .b in 1 row."
    ]


def test_a_value_can_be_declared_missing_by_its_label(analyse: Analyse, tmp_path: Path) -> None:
    frame = pd.DataFrame({"g": [1.0, 1, 2, 2], "x": [1.0, 99, 2, 4], "y": [1.0, 2, 3, 4]})
    pyreadstat.write_sav(frame, str(tmp_path / "d.sav"), variable_value_labels={"x": {99: "refused"}})
    assert analyse(tmp_path / "d.sav", Y, data="na: [refused]").frame["x"].tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"file": "d.sav", "skip": "2"}, "a .sav file has no title rows"),
        ({"file": "d.csv", "object": "d"}, "only a file of R"),
        ({"file": "d.rds", "delimiter": ";"}, "a .rds file has no delimiter"),
        ({"file": "d.csv", "delimiter": "blanks"}, "cannot separate columns"),
    ],
)
def test_an_option_of_another_format_is_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DataSpec.model_validate(options)
