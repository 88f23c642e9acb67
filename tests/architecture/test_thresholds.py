"""docs/thresholds.md and docs/limits.md list the numeric constants as they stand in the modules."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def script():
    spec = importlib.util.spec_from_file_location("thresholds", ROOT / "docs" / "thresholds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_numeric_constants_is_current():
    """When this fails, run ``make docs``."""
    assert (ROOT / "docs" / "thresholds.md").read_text() == script().page()


def test_the_page_of_limits_is_current():
    """When this fails, run ``make docs``."""
    assert (ROOT / "docs" / "limits.md").read_text() == script().limits_page()


def test_constants_are_numbers_in_any_form_with_the_text_below(tmp_path):
    made = script()
    made.ROOT = tmp_path
    module = tmp_path / "module.py"
    module.write_text(
        'FEW, MANY = 2, 1 << 20\n"""Sizes."""\nWORD = "x"\nTINY: float = -math.sqrt(2.0)\nREADY = True\n'
    )
    assert [one[1:] for one in made._of_module(module)] == [
        ("FEW", "2", "Sizes."),
        ("MANY", "1 << 20", "Sizes."),
        ("TINY", "-math.sqrt(2.0)", ""),
    ]
