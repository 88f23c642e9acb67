"""A separator of thousands is not the decimal mark of its file, and its file has text."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlm_steps.errors import SpecError
from mlm_steps.spec import load_spec


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ('{file: d.csv, thousands: "."}', "data.thousands"),
        ('{file: d.csv, thousands: ",", decimal: ","}', "data.thousands"),
        ('{file: d.csv, join: [{file: e.csv, on: g, thousands: "."}]}', "data.join[0].thousands"),
        ('{file: d.csv, stack: [{file: e.csv, thousands: ",", decimal: ","}]}', "data.stack[0].thousands"),
        ('{file: d.sav, thousands: ","}', "data.thousands"),
        ('{file: d.csv, thousands: ";"}', "data.thousands"),
    ],
)
def test_a_separator_that_cannot_be_is_refused(tmp_path: Path, data: str, place: str) -> None:
    for name in ("d.csv", "e.csv", "d.sav"):
        (tmp_path / name).write_text("g,y\n1,2\n")
    spec = tmp_path / "pipeline.yaml"
    spec.write_text(f'version: 1\ndata: {data}\nladder: [{{name: a, formula: "y ~ 1 + (1 | g)"}}]\n')
    with pytest.raises(SpecError) as caught:
        load_spec(spec)
    assert [place in fault.where for fault in caught.value.faults] == [True]
