"""The expectations of the spec, one row for each number or statement that they are about."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.checks import ChecksRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import SEPARATION, Cell, Codes, Table, infinite, table_of

__all__ = ["expectations"]

COLUMNS = (
    "number",
    "expectation",
    "kind",
    "severity",
    "what",
    "quantity",
    "found",
    "shown",
    "expected",
    "holds",
    "message",
)


def expectations(run: RunRecords) -> Table:
    """Return what was found; ``found`` is empty for a statement that is no number."""
    return table_of("expectations", COLUMNS, _rows(run))


def _rows(run: RunRecords) -> Iterator[tuple[dict[str, Cell], Codes]]:
    record = run.result(ChecksRecord, "checks")
    for each in record.expectations if isinstance(record, ChecksRecord) else ():
        for finding in each.findings:
            cells: dict[str, Cell] = {
                "number": each.position + 1,
                "expectation": each.title,
                "kind": each.kind,
                "severity": each.severity,
                **finding.model_dump(),
            }
            missing = "not_applicable" if finding.holds else "not_estimable"
            yield cells, {"found": SEPARATION if infinite(finding.found) else missing}
