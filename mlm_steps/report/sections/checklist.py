"""The reporting checklist: what the author has to write, what the spec states, and where the rest stands."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.standard.checklist import Answer, answers, count_sentence
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.text import Code, Word
from mlm_steps.spec.statements import ITEMS

__all__ = ["context"]

PARTS = {
    "A": "Question and design",
    "B": "Sample and data",
    "C": "Models",
    "D": "Estimation",
    "E": "Results",
    "F": "Checks and sensitivity",
    "G": "Discussion",
    "H": "Ladder",
}
"""Headings of the items, by the first letter of their identifiers."""
KEYS = {item: f"rationale.{key}" for key, item in ITEMS.items()} | {
    "A3": "hypotheses",
    "A7": "preregistration",
    "B2": "sampling",
    "B4": "missing.mechanism",
}
"""The key of the spec that answers an item, by the identifier of the item."""
ALIGN: tuple[Align, ...] = ("text", "text", "text", "text")


def context(given: ReportInput) -> dict[str, Any]:
    """Return the open items, which have placeholders, what the spec states, and a table of all others."""
    found = answers(given)
    stated = given.run.statements
    filled = [item for item in found if item.status == "filled" and item.id not in stated]
    return {
        "count": count_sentence(given),
        "gaps": [(item, _key(item)) for item in found if item.status == "gap"],
        "stated": [item for item in found if item.id in stated],
        "filled": _table("Answered items", filled) if filled else None,
        "rest": [f"[{item.id}] {item.text}" for item in found if item.status == "not applicable"],
    }


def _key(item: Answer) -> Code | None:
    """Return the key of the spec that answers an open item."""
    return Code(KEYS[item.id]) if item.id in KEYS else None


def _table(caption: str, found: list[Answer]) -> Grid:
    rows: list[Row] = []
    for part, items in groupby(found, key=lambda item: item.id[0]):
        rows.append(heading(PARTS[part]))
        rows += [row(item.id, [(item.text,), (item.where,), (Word(item.note),)]) for item in items]
    return Grid(
        caption=(caption,),
        columns=columns("ID", "Item", "Where", "Remark", align=ALIGN),
        rows=tuple(rows),
        wide=True,
    )
