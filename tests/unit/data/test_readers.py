"""Each format gives the same kinds of columns."""

from __future__ import annotations

import datetime as dt
import pkgutil
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from mlm_steps.data import Analysis, readers
from mlm_steps.data.readers import READERS
from mlm_steps.design.build import build_design
from mlm_steps.errors import DesignError

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

FILES = Path(__file__).parent / "files"
Y = "y ~ x + (1 | g)"
TABLE = pd.DataFrame(
    {
        "g": [1.0, 1.0, 2.0, 2.0],
        "x": [1.0, 2.0, 1.0, 2.0],
        "y": [0.5, np.nan, 2.0, 3.0],
        "t": ["b", "a", "", "b"],
    }
)


def test_every_module_is_registered_under_its_own_name() -> None:
    assert {module.name for module in pkgutil.iter_modules(readers.__path__)} == set(READERS)


@pytest.fixture(params=["sav", "dta", "parquet", "xlsx", "csv"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"data.{request.param}"
    match request.param:
        case "sav":
            pyreadstat.write_sav(TABLE, str(path))
        case "dta":
            pyreadstat.write_dta(TABLE, str(path))
        case "parquet":
            TABLE.to_parquet(path)
        case "xlsx":
            TABLE.to_excel(path, index=False)
        case _:
            TABLE.to_csv(path, index=False)
    return path


def test_numbers_text_and_gaps_are_the_same_in_every_format(analyse: Analyse, table: Path) -> None:
    analysis = analyse(table, Y)
    assert analysis.frame["x"].tolist() == [1, 1, 2]
    assert analysis.frame["y"].tolist() == [0.5, 2, 3]
    assert list(analysis.frame["t"].cat.categories) == ["b"] if table.suffix == ".parquet" else True
    assert analysis.rows.tolist() == [0, 2, 3]
    assert analysis.profile.column("t").n_missing == 1


@pytest.mark.parametrize("ending", ["sav", "dta"])
@pytest.mark.parametrize(
    ("labels", "values", "levels", "kind"),
    [
        ({1: "public", 0: "catholic"}, [0, 1, 1, 0], ("catholic", "public"), "category"),
        ({0: "none", 10: "all"}, [0, 3, 10, 5], None, "number"),
        (
            {1: "other", 2: "public", 3: "other"},
            [1, 2, 3, 2],
            ("other (1)", "public", "other (3)"),
            "category",
        ),
    ],
)
def test_value_labels_make_a_category_where_all_values_have_one(
    analyse: Analyse, tmp_path: Path, ending: str, labels: dict, values: list, levels: tuple | None, kind: str
) -> None:
    path = tmp_path / f"data.{ending}"
    write = pyreadstat.write_sav if ending == "sav" else pyreadstat.write_dta
    write(
        pd.DataFrame({"g": [1, 1, 2, 2], "x": values, "y": [1.0, 2, 3, 4]}),
        str(path),
        variable_value_labels={"x": labels},
    )
    profile = analyse(path, Y).profile
    assert (profile.column("x").kind, profile.column("x").levels) == (kind, levels)
    assert ("partial_labels" in {notice.code for notice in profile.notices}) == (levels is None)


@pytest.mark.parametrize(
    ("declared", "levels"),
    [
        ("{type: number}", None),
        ("{levels: [public, catholic]}", ("public", "catholic")),
        ("{levels: [1, 0]}", ("1", "0")),
        ("{type: ordered}", ("catholic", "public")),
    ],
)
def test_the_declared_type_goes_before_the_labels(
    analyse: Analyse, tmp_path: Path, declared: str, levels: tuple | None
) -> None:
    path = tmp_path / "data.sav"
    table = pd.DataFrame({"g": [1, 1, 2, 2], "x": [0, 1, 1, 0], "y": [1.0, 2, 3, 4]})
    pyreadstat.write_sav(table, str(path), variable_value_labels={"x": {1: "public", 0: "catholic"}})
    assert analyse(path, Y, data=f"columns: {{x: {declared}}}").profile.column("x").levels == levels


def test_what_spss_declares_missing_is_missing(analyse: Analyse, tmp_path: Path) -> None:
    path = tmp_path / "data.sav"
    table = pd.DataFrame({"g": [1, 1, 2, 2], "x": [1, 99, 2, 4], "y": [1.0, 2, 3, 4]})
    pyreadstat.write_sav(
        table, str(path), missing_ranges={"x": [99]}, variable_value_labels={"x": {99: "refused"}}
    )
    assert analyse(path, Y).frame["x"].tolist() == [1, 2, 4]


def test_stata_missing_codes_are_missing(analyse: Analyse, tmp_path: Path) -> None:
    path = tmp_path / "data.dta"
    table = pd.DataFrame({"g": [1, 1, 2, 2], "x": [1, "a", 2, 4], "y": [1.0, 2, 3, 4]})
    pyreadstat.write_dta(table, str(path), missing_user_values={"x": ["a"]})
    assert analyse(path, Y).frame["x"].tolist() == [1, 2, 4]


def test_a_sas_file_is_read(analyse: Analyse, tmp_path: Path) -> None:
    path = tmp_path / "scores.sas7bdat"
    path.write_bytes((FILES / "scores.sas7bdat").read_bytes())
    frame = analyse(path, "score ~ 1 + (1 | school)").frame
    assert frame["score"].tolist() == [1.5, 3.25, 4, -2]
    assert frame["school"].tolist() == ["s1", "s2", "s2", "s3"]
    assert frame["tested"].tolist()[-1] == "2020-01-01"


def test_parquet_keeps_the_order_of_its_categories(analyse: Analyse, tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = pd.DataFrame(
        {
            "g": ["a", "a", "b", "b"],
            "size": pd.Categorical(
                ["low", "high", "low", "mid"], ["low", "mid", "high", "huge"], ordered=True
            ),
            "side": pd.Categorical(["r", "l", "r", "l"], ["r", "l"]),
            "won": [True, False, True, False],
            "day": pd.to_datetime(["2020-01-01"] * 3 + ["2020-01-02"]),
            "y": np.array([1, 2, 3, 4], dtype="int8"),
            "amount": pd.array([1, None, 2, 3], dtype="Int64"),
        }
    )
    table.to_parquet(path)
    profile = analyse(path, "y ~ size + side + won + day + (1 | g)").profile
    columns = {column.name: column for column in profile.columns}
    assert (columns["size"].kind, columns["size"].levels) == ("ordered", ("low", "mid", "high"))
    assert (columns["size"].contrast, columns["side"].contrast) == ("poly", "treatment")
    assert columns["side"].levels == ("r", "l")
    assert columns["won"].levels == ("FALSE", "TRUE")
    assert columns["day"].kind == "category"
    assert columns["amount"].n_missing == 1


def test_parquet_columns_beyond_number_and_text(analyse: Analyse, tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = pa.table(
        {"g": ["a", "b"], "y": [1, 2], "list": [[1], [2]], "id": [2**60, 2**60 + 1], "no": [None, None]}
    )
    pq.write_table(table, path)
    frame = analyse(path, "y ~ 1 + (1 | g)").frame
    assert "list" not in frame
    assert frame["id"].tolist() == [str(2**60), str(2**60 + 1)]


def test_a_workbook_gives_its_first_sheet_or_the_named_one(
    analyse: Analyse, refuse: Refuse, tmp_path: Path
) -> None:
    path = tmp_path / "data.xlsx"
    book = openpyxl.Workbook()
    first = book.active
    first.append([None, "g", "x", "y", "when", None])
    for i in range(4):
        first.append([i, f"0{i % 2}", i % 2 == 0, 1.5 * i, dt.datetime(2020, 1, 1 + i), None])
    first.append([None] * 6)
    book.create_sheet("more").append(["g", "y"])
    book["more"].append(["a", 1])
    book["more"].append(["b", "n/a"])
    book.save(path)
    analysis = analyse(path, "y ~ x + when + (1 | g)")
    assert analysis.frame["g"].tolist() == ["00", "01", "00", "01"]
    assert analysis.profile.column("x").levels == ("FALSE", "TRUE")
    assert analysis.frame["when"].tolist()[0] == "2020-01-01"
    assert analysis.frame["X"].tolist() == [0, 1, 2, 3]
    assert (
        "y' is text: among its numbers it holds 'n/a' in row 2"
        in refuse(path, "y ~ 1 + (1 | g)", data="sheet: more")[0]
    )
    assert "has no sheet 'none' (its sheets are Sheet, more)" in refuse(path, Y, data="sheet: none")[0]
    assert "has no sheet 'More' (did you mean 'more'?)" in refuse(path, Y, data="sheet: More")[0]
    read = "The workbook's first sheet, 'Sheet', is read; it has one more: 'more'."
    assert [n.text[: len(read)] for n in analysis.profile.notices if n.code == "first_sheet"] == [read]
    assert read in " ".join(refuse(path, "y ~ score + (1 | g)"))
    named = analyse(path, "y ~ x + (1 | g)", data="sheet: Sheet")
    assert "first_sheet" not in [notice.code for notice in named.profile.notices]


def test_an_empty_workbook_is_refused(refuse: Refuse, tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    openpyxl.Workbook().save(path)
    assert "data.xlsx is empty" in refuse(path, Y)[0]


def _write_all_digits(book: openpyxl.Workbook, path: Path, ids: list[int]) -> None:
    """Save a workbook, with whole numbers as other programs write them: openpyxl rounds them to floats."""
    book.save(path)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    for row, number in enumerate(ids, start=2):
        place = f'<c r="A{row}" t="n"><v>'.encode()
        before, found, rest = parts[sheet].partition(place)
        assert found
        parts[sheet] = before + found + str(number).encode() + rest[rest.index(b"</v>") :]
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def _write_identifiers(path: Path, ids: list[int]) -> None:
    frame = pd.DataFrame({"g": ids, "y": np.arange(len(ids)) % 5.0})
    match path.name:
        case "decimal.parquet":
            numbers = pa.array(map(Decimal, ids), pa.decimal128(20))
            pq.write_table(pa.table({"g": numbers, "y": frame.y}), path)
        case "category.parquet":
            frame.astype({"g": "category"}).to_parquet(path)
        case name if name.endswith(".parquet"):
            frame.to_parquet(path)
        case "data.xlsx":
            book = openpyxl.Workbook()
            for row in [("g", "y"), *zip(ids, frame.y.tolist(), strict=True)]:
                book.active.append(row)
            _write_all_digits(book, path, ids)
        case "data.sav":
            pyreadstat.write_sav(frame.astype(float), str(path))
        case "data.dta":
            pyreadstat.write_dta(frame.astype(float), str(path))
        case _:
            frame.to_csv(path, index=False)


@pytest.mark.parametrize("first", [10**15 - 2, 2**53 - 3, 2**53, 1382016600011617669])
@pytest.mark.parametrize(
    "name",
    ["data.csv", "data.parquet", "decimal.parquet", "category.parquet", "data.xlsx", "data.sav", "data.dta"],
)
@pytest.mark.parametrize("declared", ["", "columns: {g: {type: group}}"])
def test_identifiers_of_every_length_are_told_apart(
    analyse: Analyse, tmp_path: Path, name: str, first: int, declared: str
) -> None:
    spacing = 512 if name[-3:] in ("sav", "dta") else 1
    ids = [first // spacing * spacing + spacing * (i // 4) for i in range(24)]
    path = tmp_path / name
    _write_identifiers(path, ids)
    frame = analyse(path, "y ~ 1 + (1 | g)", data=declared).frame
    if spacing > 1 and not declared and ids[-1] >= 2**53:
        with pytest.raises(DesignError, match="declare type: group"):
            build_design("y ~ 1 + (1 | g)", frame)
        return
    (term,) = build_design("y ~ 1 + (1 | g)", frame).random
    assert sorted(term.levels) == sorted({str(i) for i in ids})
    assert [term.levels[code] for code in term.refs] == [str(i) for i in ids]


@pytest.mark.parametrize("ending", ["sav", "dta"])
def test_columns_have_the_labels_of_the_file(analyse: Analyse, tmp_path: Path, ending: str) -> None:
    labels = {"g": "School  number", "x": "Asked twice", "t": "Asked twice", "y": "Score"}
    write = pyreadstat.write_sav if ending == "sav" else pyreadstat.write_dta
    write(TABLE, str(tmp_path / f"data.{ending}"), column_labels=labels)
    profile = analyse(tmp_path / f"data.{ending}", Y).profile
    found = {name: profile.column(name).label for name in ("g", "x", "t", "y")}
    assert found == {"g": "School number", "x": None, "t": None, "y": "Score"}


def test_labels_and_user_missing_values_of_a_file_from_spss(analyse: Analyse) -> None:
    path = FILES / "labelled.sav"
    profile = analyse(
        path.read_bytes(), "score ~ ses + likert + female + sec + (1 | schid)", name=path.name
    ).profile
    assert (profile.rows_file, profile.rows) == (288, 280)
    assert {column.name: column.label for column in profile.columns} == {
        "schid": "School number",
        "score": "Mathematics score",
        "ses": "Socioeconomic status",
        "likert": "I like school",
        "female": "Sex",
        "sec": "Sector",
    }
    assert profile.column("sec").levels == ("Public", "Catholic")
