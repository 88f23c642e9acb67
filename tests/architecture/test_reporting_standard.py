"""docs/reporting-standard.md lists the items that the report's checklist has."""

import re
from pathlib import Path

from mlm_steps.report.sections import SECTIONS
from mlm_steps.report.standard.items import ITEMS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reporting-standard.md").read_text()


def test_the_items_of_the_page_and_of_the_checklist_are_the_same_in_the_same_order():
    rows = re.findall(r"^\| ([A-H][0-9]*) \|.*\| `(\w+)` \|$", PAGE, re.MULTILINE)
    assert rows == [(item.id, item.section) for item in ITEMS]


def test_every_item_is_answered_in_a_section_of_the_report():
    assert {item.section for item in ITEMS} <= set(SECTIONS)


def test_every_cited_part_of_the_standard_exists():
    parts = set(re.findall(r"^## ([A-I])\. ", PAGE, re.MULTILINE))
    for path in (ROOT / "mlm_steps").rglob("*.py"):
        assert set(re.findall(r"reporting standard,\s+part ([A-Z])", path.read_text())) <= parts, path
