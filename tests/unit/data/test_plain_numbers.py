"""Columns that are read as numbers at once equal those that are read as text first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data import delimited, plain_numbers
from mlm_steps.data.assemble import assemble
from mlm_steps.data.combine.combined import combine
from mlm_steps.data.places import Places
from mlm_steps.data.raw import NumberColumn
from mlm_steps.spec import LoadedSpec, load_spec
from mlm_steps.steps.parts.uses import model_uses

ROWS = 40
BASE = "g,y,k\n" + "".join(f"{i % 5},{i / 7:.4f},{i % 3}\n" for i in range(ROWS))
"""A table of plain numbers, to which a test adds rows or columns."""


def with_column(*cells: str) -> str:
    """Return the table with a column ``t`` that ends with some cells; the cells before it are numbers."""
    lines = BASE.splitlines()
    column = ["t", *[f"{i}" for i in range(ROWS - len(cells))], *cells]
    return "\n".join(f"{line},{cell}" for line, cell in zip(lines, column, strict=True)) + "\n"


CONTENTS = {
    "plain numbers": with_column("1"),
    "codes with leading zeros": with_column("007"),
    "codes in quotes": with_column('"007"'),
    "decimals below one": with_column("0.5", "00.5"),
    "long whole numbers": with_column("12345678901234567"),
    "large numbers": with_column("1e300"),
    "infinity": with_column("inf"),
    "NaN": with_column("NaN", "nan"),
    "NA and empty cells": with_column("NA", "", "3"),
    "blank cells": with_column("  ", "3"),
    "numbers in blanks": with_column(" 2 ", "3"),
    "numbers in quotes": with_column('"2"', '""'),
    "signs and exponents": with_column("-1e-3", "+2", ".5", "5."),
    "missing as SAS writes it": with_column("."),
    "a word at the end": with_column("x"),
    "thousands": with_column('"1,234"'),
    "zero and minus zero": with_column("0", "-0", "-0.0"),
    "windows line ends": with_column("3").replace("\n", "\r\n"),
    "dates and times": with_column("08:30", "2020-01-02"),
    "percent": with_column("5%"),
    "no last line end": with_column("4").rstrip("\n"),
    "a column without a name": with_column("3").replace(",t\n", ",\n"),
}
SPECS = {
    "inferred": "",
    "text": "  columns: {t: {type: text}}\n",
    "group": "  columns: {t: {type: group}, k: {type: group}}\n",
    "levels": "  columns: {k: {levels: [2, 1, 0]}}\n",
    "ordered": "  columns: {k: {type: ordered}}\n",
    "markers": "  na: [NA, 1, x]\n",
    "comma": "  decimal: ','\n",
}


def loaded(folder: Path, content: str, keys: str) -> LoadedSpec:
    (folder / "a.csv").write_bytes(content.encode())
    text = "version: 1\ndata:\n  file: a.csv\n" + keys + "ladder: [{name: m, formula: 'k ~ 1 + (1 | g)'}]\n"
    (folder / "p.yaml").write_text(text)
    return load_spec(folder / "p.yaml")


@pytest.fixture(params=CONTENTS)
def content(request: pytest.FixtureRequest) -> str:
    return CONTENTS[request.param]


@pytest.mark.parametrize("keys", SPECS.values(), ids=SPECS)
def test_types_values_and_notices_are_the_same(
    content: str, keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = loaded(tmp_path, content, keys)
    found = []
    for limit in (plain_numbers.LARGE, 0):
        monkeypatch.setattr(delimited, "LARGE", limit)
        try:
            analysis = assemble(spec, model_uses(spec.spec))
            found.append((analysis.frame, analysis.profile))
        except Exception as error:
            found.append((pd.DataFrame(), str(error)))
    pd.testing.assert_frame_equal(found[0][0], found[1][0], check_exact=True)
    assert found[0][1] == found[1][1]


def test_a_large_file_of_plain_numbers_is_read_without_its_text(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [f"{i % 50},{x:.9f},w{i % 3}" for i, x in enumerate(rng.normal(size=80_000))]
    spec = loaded(tmp_path, "\n".join(["g,k,word", *rows]) + "\n", "")
    table = combine(spec, Places(spec)).table
    assert [isinstance(column, NumberColumn) for column in table.columns] == [True, True, False]
    np.testing.assert_array_equal(table.columns[1].values, [float(row.split(",")[1]) for row in rows])


@pytest.mark.parametrize("where", [plain_numbers._CHUNK - 1, plain_numbers._CHUNK, plain_numbers._CHUNK + 1])
def test_a_code_is_found_wherever_it_is(where: int) -> None:
    content = b"1" * (where - 1) + b",07," + b"1" * 100
    assert plain_numbers.has_codes(content, ",")
    assert not plain_numbers.has_codes(content.replace(b",07", b",17"), ",")
