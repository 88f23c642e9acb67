"""Checks of models, one row per result (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.diagnostics import AssumptionsRecord, DiagnosticCheck, DiagnosticsRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["diagnostics"]

COLUMNS = (
    "model", "check", "statistic", "p", "flag", "sentence", "of", "low", "high", "df", "replicates", "effect",
)  # fmt: skip


def diagnostics(run: RunRecords) -> Table:
    """Return the checks of all models: those of assumptions, then those of the distributions of outcomes.

    ``of`` is the grouping factor whose groups are checked, ``effect`` the predictor, coefficient or statistic
    that the result is about. ``low`` and ``high`` bound 95 % of the statistics of data sets of the model,
    or are the limits of an estimate.
    """
    assumed = run.result(AssumptionsRecord, "assumptions")
    records = [
        *(assumed.models if isinstance(assumed, AssumptionsRecord) else ()),
        *run.results_of(DiagnosticsRecord, "diagnostics"),
    ]
    rows = [_row(record.model, check) for record in records for check in record.checks]
    return table_of("diagnostics", COLUMNS, rows)


def _row(model: str, check: DiagnosticCheck) -> tuple[dict[str, Cell], Codes]:
    fields = check.model_dump(include=set(COLUMNS))
    cells: dict[str, Cell] = {"model": model, **fields, "sentence": check.text}
    code = check.code or "not_applicable"
    return cells, {**dict.fromkeys(COLUMNS, code), "of": "rows", "effect": "not_applicable"}
