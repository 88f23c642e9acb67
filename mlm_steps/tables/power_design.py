"""The assumptions of planned studies (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.power import PowerRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Table, table_of

__all__ = ["power_design"]

COLUMNS = ("parameter", "declared", "raw", "source", "scenario")
CODES = {"raw": "not_applicable", "source": "not_requested"}


def power_design(run: RunRecords) -> Table:
    """Return one row per assumption as declared and as a parameter; further scenarios where they differ."""
    record = run.result(PowerRecord, "power_result")
    parameters = record.parameters if isinstance(record, PowerRecord) else ()
    rows = (({name: getattr(each, name) for name in COLUMNS}, CODES) for each in parameters)
    return table_of("power_design", COLUMNS, rows)
