"""What has changed since the run that the spec names under ``compare_with``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlm_steps.records.changes import AREAS, Area, Change, ChangesRecord
from mlm_steps.records.failure import Absence
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Grid, columns, row
from mlm_steps.report.text.text import Code, Number, Phrase, Word, say, source

__all__ = ["context"]

MOST_ROWS = 12
"""Largest number of lines of the list and of the table; the table ``changes`` has all of them."""
NUMBERS: tuple[Area, ...] = ("estimates", "tests")
"""The areas whose changes are numbers, which stand in one table."""


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return how many changes there are, in words and in numbers; None if no run is compared."""
    record = given.run.result(ChangesRecord, "changes")
    if record is None:
        return None
    if isinstance(record, Absence) or record.missing is not None:
        why = record.reason if isinstance(record, Absence) else record.missing
        text = say(
            "This run could not be compared with an earlier one: {why}.", why=Word((why or "").rstrip("."))
        )
        return {"lead": text, "words": [], "numbers": None, "software": []}
    numbered = [*enumerate(record.changes, start=1)]
    words = [_words(change) for _, change in numbered if change.area not in NUMBERS]
    return {
        "lead": _lead(record),
        "words": [*words[:MOST_ROWS], *_rest(len(words))],
        "numbers": _grid([(i, change) for i, change in numbered if change.area in NUMBERS]),
        "software": [(Word(line),) for line in record.software],
    }


def _lead(record: ChangesRecord) -> Phrase:
    other = Code(record.other)
    if not record.changes:
        return say("The results are those of the run {other}.", other=other)
    counts = [(AREAS[area].lower(), sum(c.area == area for c in record.changes)) for area in AREAS]
    told = ", ".join(f"{name} {count}" for name, count in counts if count)
    return say("Differences from the run {other}: {told}.", other=other, told=told)


def _words(change: Change) -> Phrase:
    return (f"{AREAS[change.area]}: ", Word(change.line))


def _grid(found: list[tuple[int, Change]]) -> Grid | None:
    if not found:
        return None
    found = sorted(found, key=lambda pair: pair[1].area != "tests")
    rows = [
        row(
            (Word(change.what), *_meaning(change)),
            [_number(i, "before", change), _number(i, "after", change)],
        )
        for i, change in found[:MOST_ROWS]
    ]
    notes = tuple(_rest(len(found)))
    heads = columns("Number", "Before", "Now")
    return Grid(("Numbers that differ",), heads, tuple(rows), notes=notes, wide=True)


def _meaning(change: Change) -> Phrase:
    """Return what a changed test means; the differences of estimates can be seen."""
    return (f" ({change.remark})",) if change.area == "tests" else ()


def _rest(count: int) -> Iterator[Phrase]:
    if count > MOST_ROWS:
        verb = "is" if count == MOST_ROWS + 1 else "are"
        yield say(f"{count - MOST_ROWS} more {verb} in the table {{name}}.", name=Code("changes"))


def _number(number: int, side: str, change: Change) -> Phrase:
    text = change.before if side == "before" else change.after
    value = change.before_value if side == "before" else change.after_value
    if value is None:
        return (Word(text or "none"),)
    shown = text.replace("-", "\N{MINUS SIGN}")
    return (Number(shown, source("changes", number, change.what, f"{side}_value")),)
