"""Explained variance, one row per measure and scope (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import VarianceMeasure
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, limit_codes, table_of

__all__ = ["variance_explained"]

COLUMNS = ("model", "measure", "scope", "value", "ci_low", "ci_high", "method", "reference", "ci_method")


def variance_explained(run: RunRecords) -> Table:
    """Return the measures of all rungs; ``reference`` is the model to which a reduction is relative."""
    rows = [_row(record.model, measure) for record in run.variance for measure in record.measures]
    return table_of("variance_explained", COLUMNS, rows)


def _row(model: str, measure: VarianceMeasure) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {"model": model, **measure.model_dump(exclude={"code"})}
    return cells, {
        "value": measure.code or "not_estimable",
        **limit_codes(measure),
        "reference": "not_applicable",
    }
