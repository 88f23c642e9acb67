"""Cells of CSV files come back as they were, whatever line ends and signs they hold."""

import csv
import io

import pandas as pd
import pytest

from mlm_steps.records.csv_text import WRITTEN_END, CsvText
from mlm_steps.tables.base import table_of

CELLS = [
    "a\rb",
    "a\r\nb",
    "a\nb",
    "=1+1",
    "+1",
    "-x",
    "@SUM(1)",
    "\tx",
    '"',
    ",",
    "a",
    "\r",
    "\x85",
    "\u2028",
]


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_of_a_table_comes_back(cell):
    table = table_of("t", ("name", "value"), [({"name": cell, "value": -0.1}, {})])
    assert rows_of(table.to_csv()) == [["name", "value", "null_codes"], [cell, "-0.1", ""]]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_that_pandas_writes_comes_back(cell):
    text = CsvText()
    pd.DataFrame({"name": [cell, "b"], "value": [-0.1, 2.0]}).to_csv(
        text, index=False, lineterminator=WRITTEN_END
    )
    assert rows_of(text.getvalue()) == [["name", "value"], [cell, "-0.1"], ["b", "2.0"]]


def test_rows_end_in_a_line_feed_and_numbers_have_no_quotes():
    table = table_of("t", ("name", "value"), [({"name": "=x", "value": -1e-12}, {})])
    assert table.to_csv() == "name,value,null_codes\n=x,-1e-12,\n"
