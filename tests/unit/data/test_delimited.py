"""Delimited text in the forms in which people have it."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import numpy as np
import pytest
import zstandard

from mlm_steps.data import Analysis
from mlm_steps.data.delimited import sniff_delimiter

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

Y = "y ~ x + (1 | g)"
PLAIN = "g,x,y\na,1.5,3\na,2.5,4\nb,3.5,5\n"
X = [1.5, 2.5, 3.5]


@pytest.mark.parametrize(
    ("content", "name", "data"),
    [
        (PLAIN, "data.csv", ""),
        (PLAIN.replace("\n", "\r\n"), "data.csv", ""),
        (PLAIN.replace("\n", "\r"), "data.csv", ""),
        ("\n\n" + PLAIN.rstrip("\n"), "data.CSV", ""),
        ("\ufeff" + PLAIN, "data.csv", ""),
        (PLAIN.encode("utf-16"), "data.csv", ""),
        (PLAIN.replace(",", ";"), "data.csv", ""),
        (PLAIN.replace(",", "\t"), "data.csv", ""),
        (PLAIN.replace(",", "|"), "data.csv", ""),
        (PLAIN.replace(",", "\t"), "data.tsv", ""),
        (PLAIN.replace(",", "!"), "data.csv", "delimiter: '!'"),
        (PLAIN.replace(",", ";").replace(".", ","), "data.csv", "decimal: ','"),
        (gzip.compress(PLAIN.encode(), mtime=0), "data.csv.gz", ""),
        (gzip.compress(PLAIN.replace(",", "\t").encode(), mtime=0), "data.tsv.gz", ""),
        (zstandard.compress(PLAIN.encode()), "data.csv.zst", ""),
        ('"g","x","y"\n"a"," 1.5 ","+3"\n"a","2.5","4e0"\n"b","3.5","5."\n', "data.csv", ""),
        ("g,x,y,\na,1.5,3,\na,2.5,4,\nb,3.5,5,\n", "data.csv", ""),
        (".x1,g,x,y\n'1,a,1.5,3\n'2,a,2.5,4\n'3,b,3.5,5\n", "data.csv", ""),
    ],
)
def test_the_same_table_is_read_however_it_is_written(
    analyse: Analyse, content: str | bytes, name: str, data: str
) -> None:
    analysis = analyse(content, Y, data=data, name=name)
    assert analysis.frame["x"].tolist() == X
    assert analysis.frame["y"].tolist() == [3, 4, 5]
    assert analysis.frame["g"].tolist() == ["a", "a", "b"]


LONG = ",".join(f"a_long_name_of_a_column_{i}" for i in range(1000))
ZEROS = ",0" * 1000


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.replace("x,y\n", f"x,y,{LONG}\n")
        .replace("3\n", f"3{ZEROS}\n")
        .replace("4\n", f"4{ZEROS}\n")
        .replace(",5\n", f",5{ZEROS}\n"),
        PLAIN.replace("x,y\n", f'x,y,"{"long " * 5000}"\n')
        .replace("3\n", "3,0\n")
        .replace("4\n", "4,0\n")
        .replace(",5\n", ",5,0\n"),
        PLAIN.replace("x,y\n", 'x,y,"points\n\n(0, 100)"\n')
        .replace("3\n", "3,0\n")
        .replace("4\n", "4,0\n")
        .replace(",5\n", ",5,0\n"),
    ],
    ids=["many names", "a long name", "a name over lines"],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_may_be_as_long_as_it_likes(
    analyse: Analyse, content: str, delimiter: str, end: str
) -> None:
    analysis = analyse(content.replace(",", delimiter).replace("\n", end), Y)
    assert analysis.frame["x"].tolist() == X


def test_a_quote_that_the_header_does_not_close_is_said(refuse: Refuse) -> None:
    text = refuse('g,x,"y\n' + "a,1,2\n" * 40_000, Y)
    assert "line 1 starts a quoted text that is not closed" in text[0]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8"])
def test_text_is_read_in_the_declared_encoding(analyse: Analyse, encoding: str) -> None:
    content = "g,x,y\nKöln,1,2\nKöln,2,2\nÅbo,3,4\n".encode(encoding)
    assert analyse(content, Y, data=f"encoding: {encoding}").frame["g"].tolist() == ["Köln", "Köln", "Åbo"]


def test_a_quoted_field_may_hold_delimiters_quotes_and_line_breaks(analyse: Analyse) -> None:
    frame = analyse('g,x,y\n"a, ""b""\nc",1,2\nd,2,3\n', Y).frame
    assert frame["g"].tolist() == ['a, "b"\nc', "d"]


def test_a_column_without_a_name_is_called_as_in_r(analyse: Analyse) -> None:
    analysis = analyse('"","X","g","x","y"\n"1",9,1,2,3\n"2",8,2,3,4\n', "y ~ x + X.1 + (1 | g)")
    assert list(analysis.frame.columns) == ["X.1", "X", "g", "x", "y"]
    assert [notice.code for notice in analysis.profile.notices if notice.subject == "X.1"] == [
        "column_without_name"
    ]


@pytest.mark.parametrize(
    ("content", "name", "data", "words"),
    [
        ("", "d.csv", "", "is empty"),
        ("\n \n", "d.csv", "", "is empty"),
        ("g,x,y\n", "d.csv", "", "has a header and no rows"),
        ("g,x,y", "d.csv", "", "has a header and no rows"),
        ("g,x,y\n1,2,3\n\n1,2\n", "d.csv", "", "line 4 has 2 fields, the header has 3"),
        ('g,x,y\n"a\nb",2,3\n1,2,3,4\n', "d.csv", "", "line 4 has 4 fields"),
        ("g\tx\n1\t2\t3\n2\t3\t4\n", "d.tsv", "", "write.table"),
        ('g,x,y\n1,"2,3\n1,2,3\n', "d.csv", "", "line 2 starts a quoted text that is not closed"),
        ("g,x,y,x\n1,2,3,4\n", "d.csv", "", "two columns have the same name: 'x' in columns 2, 4"),
        ("g,x,y\n1,2,3\n1,2,\xe9\n".encode("latin-1"), "d.csv", "", "line 3 is not valid UTF-8 (byte 0xe9)"),
        ("g,x,y\n1,2,é\n".encode(), "d.csv", "encoding: ascii", "data.encoding"),
        (b"g,x\0,y\n1,2,3\n", "d.csv", "", "zero bytes"),
        (PLAIN, "d.csv.gz", "", "cannot be read as .csv"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "d.csv.gz", "", "is packed and cut off"),
        (b"no", "d.csv.zst", "", "cannot be read as .csv"),
        (PLAIN, "d.parquet", "", "cannot be read as .parquet"),
        (PLAIN, "d.sav", "", "cannot be read as .sav"),
        (PLAIN, "d.dta", "", "cannot be read as .dta"),
        (PLAIN, "d.sas7bdat", "", "cannot be read as .sas7bdat"),
        (PLAIN, "d.xlsx", "", "cannot be read as .xlsx"),
        (PLAIN, "d.doc", "", "has an unknown format (known formats are .csv, .tsv"),
    ],
)
def test_a_file_that_is_no_table_is_one_fault_at_its_place(
    refuse: Refuse, content: str | bytes, name: str, data: str, words: str
) -> None:
    (fault,) = refuse(content, Y, data=data, name=name)
    assert words in fault
    assert "data.file" in fault or "data.encoding" in fault


def test_the_hint_names_an_encoding(refuse: Refuse) -> None:
    (fault,) = refuse("g,x,y\n1,2,\xe9\n".encode("latin-1"), Y)
    assert "encoding: latin-1" in fault


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        (b"a,b\n1,2\n", ","),
        (b"y;x\n1,5;2,5\n1,5;2,5\n", ";"),
        (b"y\n1\n", ","),
        (b"a b|c\nx, y|2\n", "|"),
        (b'a,b\n"x;y;z",2\n', ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_lines_evenly(content: bytes, delimiter: str) -> None:
    assert sniff_delimiter(content) == delimiter


def test_numbers_are_read_to_the_last_digit(analyse: Analyse) -> None:
    x = np.random.default_rng(1).normal(size=500)
    rows = "".join(f"{i % 5},{v!r},{i}\n" for i, v in enumerate(x.tolist()))
    assert analyse("g,x,y\n" + rows, Y).frame["x"].tolist() == x.tolist()
