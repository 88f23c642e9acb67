"""Find numbers that are read as text because they contain other characters."""

from __future__ import annotations

from typing import Literal

from mlm_steps.data.flags.base import DataView
from mlm_steps.data.notices import listed
from mlm_steps.records.base import Notice

__all__ = ["find"]


def find(view: DataView) -> tuple[Notice, ...]:
    """Return one notice on all columns that are text because their numbers contain other characters."""
    found = [
        (name, column.strays)
        for name, column in view.columns.items()
        if column.strays is not None and column.strays.signs and name not in view.grouping
    ]
    if not found:
        return ()
    shown = listed(
        [f"{name} ({strays.value!r} in row {strays.row}: {strays.signs})" for name, strays in found]
    )
    is_text = "holds numbers with signs that make it text" if len(found) == 1 else (
        "hold numbers with signs that make them text"
    )  # fmt: skip
    text = f"{shown} {is_text}. To use the values as numbers, take these signs out in the file."
    if any(strays.signs == "thousands separators" for _, strays in found):
        text += " Separators of thousands alone may stay if data.thousands names them."
    used = any(name in view.used for name, _ in found)
    severity: Literal["info", "warning"] = "warning" if used else "info"
    return (Notice(code="numbers_as_text", severity=severity, text=text, subject=found[0][0]),)
