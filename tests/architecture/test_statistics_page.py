"""Comments cite sections of docs/statistics.md; each exists, and the tables of the page are those written."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from mlm_steps.tables import TABLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "statistics.md").read_text()
SECTIONS = set(re.findall(r"^#{2,3} ([0-9]+(?:\.[0-9]+)?)\.? ", PAGE, re.MULTILINE))
CITATION = re.compile(r"statistics,\s+sections?\s+((?:[0-9]+(?:\.[0-9]+)?(?:,\s+|\s+and\s+)?)+)")
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
CITING = sorted(
    path
    for folder in ("mlm_steps", "reports", "tests", "workflow", "docs", "benchmarks")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".c", ".j2", ".html", ".md", ".smk"} and path != Path(__file__)
)


def citations(text):
    joined = re.sub(r"\n\s*(?:#|\*|//)?\s*", " ", text)
    return {
        number for found in CITATION.findall(joined) for number in re.findall(r"[0-9]+(?:\.[0-9]+)?", found)
    }


def test_a_citation_over_two_lines_is_read():
    assert citations("# (statistics, sections 7\n# and 9.4)") == {"7", "9.4"}


def test_every_cited_section_exists():
    found = {path.relative_to(ROOT).as_posix(): citations(path.read_text()) - SECTIONS for path in CITING}
    assert {path: missing for path, missing in found.items() if missing} == {}


def test_the_code_cites_the_page():
    assert len([path for path in CITING if citations(path.read_text())]) > 50


def test_every_table_is_described():
    assert set(re.findall(r"^\*\*`(\w+)`\*\*:", PAGE, re.MULTILINE)) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_of_a_table_are_those_of_the_page(name):
    described = re.search(rf"^\*\*`{name}`\*\*:.*?Columns:(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    columns = import_module(f"mlm_steps.tables.{name}").COLUMNS
    assert re.findall(r"`(\w+)`", described[1]) == [name for name in columns if name != "null_codes"]
