"""Separators of thousands are removed where the spec names them, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from mlm_steps.data import Analysis
from mlm_steps.data.raw import RawTable, TextColumn, UnreadableFile
from mlm_steps.data.thousands import without_thousands

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]
Y = "y ~ x + (1 | g)"


def text(*cells: str | None, mark: str = ",", decimal: str = ".") -> list[str | None]:
    """Return the cells of a column after the separators are removed."""
    column = TextColumn("x", pa.array(cells, pa.string()), cells=True)
    table = without_thousands(RawTable((column,), len(cells)), mark, decimal)
    return table.columns[0].values.to_pylist()


def content(*cells: str, delimiter: str = ";") -> str:
    rows = [("g", "y", "x")] + [(f"g{i // 4}", str(i * i % 7), cells[i % len(cells)]) for i in range(24)]
    return "\n".join(delimiter.join(row) for row in rows) + "\n"


@pytest.mark.parametrize(
    ("mark", "decimal", "cells", "plain"),
    [
        (",", ".", ("51,940", "830", "-1,234,567.25", None), ["51940", "830", "-1234567.25", None]),
        (".", ",", ("51.940", "830,5", "1.234,5"), ["51940", "830,5", "1234,5"]),
        ("'", ".", ("51'940", "1\u2019000"), ["51940", "1000"]),
        ("space", ".", ("51 940", "1\u202f000", "1\u00a0000"), ["51940", "1000", "1000"]),
        (",", ".", ("1,234 Main St", "a,b", "Smith, 3"), ["1,234 Main St", "a,b", "Smith, 3"]),
        (",", ".", ("1,5", "0,123"), ["1,5", "0,123"]),
    ],
)
def test_digits_in_groups_of_three_become_plain_numbers(
    mark: str, decimal: str, cells: tuple[str, ...], plain: list[str]
) -> None:
    assert text(*cells, mark=mark, decimal=decimal) == plain


def test_a_column_in_which_the_sign_means_two_things_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"x holds '51,940' and '1,5'") as caught:
        text("51,940", "1,5")
    assert caught.value.key == "thousands"


def test_a_spec_names_the_separator(analyse: Analyse, refuse: Refuse) -> None:
    file = content("1,234", "999", "12,000.5")
    analysis = analyse(file, Y, data='thousands: ","')
    assert sorted(np.unique(analysis.frame["x"])) == [999, 1234, 12000.5]
    assert "thousands_separators" in [notice.code for notice in analysis.profile.notices]
    (fault,) = refuse(file, Y)
    assert 'or set data.thousands: ","' in fault
    assert "'1 234' in row 1" in (fault := refuse(content("1 234", "999"), Y)[0])
    assert "or set data.thousands: space" in fault
    analysis = analyse(content("1.234", "999", "12.000,5"), Y, data='thousands: "."\ndecimal: ","')
    assert sorted(np.unique(analysis.frame["x"])) == [999, 1234, 12000.5]


def test_a_wrong_cell_is_refused_at_the_key(refuse: Refuse) -> None:
    (fault,) = refuse(content("1,234", "9,5"), Y, data='thousands: ","')
    assert fault.startswith(
        "pipeline.yaml:4:14: data.thousands: data.csv has cells in which ',' separates no"
    )


def test_a_number_in_brackets_needs_the_file_corrected(refuse: Refuse) -> None:
    (fault,) = refuse(content("(1,234)", "999"), Y)
    assert "remove the thousands separators" in fault
    assert "data.thousands" not in fault


def test_declared_text_keeps_its_signs(analyse: Analyse) -> None:
    data = 'thousands: ","\ncolumns:\n  x: {type: category}'
    assert list(analyse(content("1,234", "999"), Y, data=data).frame["x"].cat.categories) == ["1,234", "999"]


def test_large_files_read_the_same(analyse: Analyse) -> None:
    rows = ["g;y;x"] + [f"g{i // 100};{i * i % 7};{i:,}" for i in range(120_000)]
    frame = analyse("\n".join(rows), Y, data='thousands: ","').frame
    assert np.array_equal(frame["x"], np.arange(120_000.0))
