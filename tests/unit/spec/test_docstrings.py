"""The docstrings of fields, which become the schema."""

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.docstrings import field_docstrings


class Above(SpecBlock):
    """A block."""

    first: int = 1
    """The first
    of two lines."""
    silent: int = 2


class Below(Above):
    """A block derived from it."""

    second: str = ""
    """The ``second``."""


def test_a_field_has_the_text_below_it_and_inherits_that_of_its_base():
    assert field_docstrings(Below)["second"] == "The ``second``."
    assert field_docstrings(Below)["first"] == "The first\nof two lines."
    assert "silent" not in field_docstrings(Below)
