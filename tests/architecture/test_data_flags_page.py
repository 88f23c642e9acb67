"""docs/data-flags.md describes every flag of the data."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "mlm_steps" / "data"


def test_every_flag_has_a_row():
    raised = {
        code
        for path in (*(DATA / "flags").glob("*.py"), DATA / "outcomes.py")
        for code in re.findall(r'code="(\w+)"', path.read_text())
    }
    rows = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "data-flags.md").read_text(), re.MULTILINE))
    assert raised - rows == set()
