"""HLM's chi-square tests of the variances of random coefficients, one row each."""

from __future__ import annotations

from mlm_steps.records.deletions import DeletionsRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["heterogeneity"]

COLUMNS = ("model", "group", "effect", "statistic", "df", "p", "n_groups")
NUMBERS = ("statistic", "df", "p", "n_groups")


def heterogeneity(run: RunRecords) -> Table:
    """Return the tests of all rungs; ``n_groups`` counts groups in which the coefficient is estimable."""
    record = run.result(DeletionsRecord, "deletions")
    rungs = record.rungs if isinstance(record, DeletionsRecord) else ()
    rows: list[tuple[dict[str, Cell], Codes]] = []
    for rung in rungs:
        for test in rung.heterogeneity:
            cells = {"model": rung.model} | {name: getattr(test, name) for name in COLUMNS[1:]}
            rows.append((cells, dict.fromkeys(NUMBERS, test.code or "not_estimable")))
    return table_of("heterogeneity", COLUMNS, rows)
