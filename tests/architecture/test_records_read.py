"""A package that reads the record of a step is declared among its readers, or it would show an old result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlm_steps.steps import STEPS

PACKAGE = Path(__file__).parents[2] / "mlm_steps"
READ = re.compile(r"\bresults?(?:_of)?\(\s*\w+, \"(\w+)\"")


@pytest.mark.parametrize("reader", ["figures", "tables", "report"])
def test_a_package_is_declared_as_a_reader_of_the_records_that_it_reads(reader):
    texts = [path.read_text(encoding="utf-8") for path in (PACKAGE / reader).rglob("*.py")]
    read = {name for text in texts for name in READ.findall(text)}
    assert len(read) > 3
    assert {name for name in read if reader not in STEPS[name].read_by} == set()
