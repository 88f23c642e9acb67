"""What differs between the run that the spec names under ``compare_with`` and this run."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.changes import ChangesRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import SEPARATION, Cell, Codes, Table, infinite, table_of

__all__ = ["changes"]

COLUMNS = ("number", "area", "what", "before", "after", "before_value", "after_value", "remark")


def changes(run: RunRecords) -> Table:
    """Return a row per difference; ``before_value`` and ``after_value`` are empty for words."""
    return table_of("changes", COLUMNS, _rows(run))


def _rows(run: RunRecords) -> Iterator[tuple[dict[str, Cell], Codes]]:
    record = run.result(ChangesRecord, "changes")
    for number, change in enumerate(record.changes if isinstance(record, ChangesRecord) else (), start=1):
        values = {name: None if value == "" else value for name, value in change.model_dump().items()}
        cells: dict[str, Cell] = {"number": number, **values}
        codes = dict.fromkeys(("before", "after", "before_value", "after_value", "remark"), "not_applicable")
        numbers = {"before_value": change.before_value, "after_value": change.after_value}
        yield cells, codes | {key: SEPARATION for key, value in numbers.items() if infinite(value)}
