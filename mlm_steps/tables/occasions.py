"""Occasions per person, one row each (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Table, table_of

__all__ = ["occasions"]

COLUMNS = ("within", "unit", "expected", "present", "absent", "complete", "compliance")


def occasions(run: RunRecords) -> Table:
    """Return the expected occasions of each unit that exist; no rows if the spec declares none."""
    found = run.data_profile.occasions
    rows: list[dict[str, Cell]] = (
        []
        if found is None
        else [
            {
                "within": found.within,
                "unit": unit.unit,
                "expected": found.expected_each,
                "present": unit.present,
                "absent": found.expected_each - unit.present,
                "complete": unit.complete,
                "compliance": unit.present / found.expected_each,
            }
            for unit in found.units
        ]
    )
    return table_of("occasions", COLUMNS, [(row, {}) for row in rows])
