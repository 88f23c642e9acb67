"""Intraclass correlations, one row each (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import Icc
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, limit_codes, table_of

__all__ = ["icc"]

COLUMNS = ("model", "group", "kind", "value", "ci_low", "ci_high", "x", "ci_method", "effect")


def icc(run: RunRecords) -> Table:
    """Return the intraclass correlations of all rungs.

    An empty ``group`` denotes the total over all terms. ``x`` is the value of the predictor ``effect`` at
    which a VPC function is evaluated; for the share of a term, ``effect`` names its random coefficients.
    """
    rows = [_row(record.model, row) for record in run.variance for row in record.icc]
    return table_of("icc", COLUMNS, rows)


def _row(model: str, row: Icc) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {"model": model, **row.model_dump(exclude={"code"})}
    return cells, {
        "group": "total",
        "value": row.code or "not_estimable",
        "x": "not_applicable",
        "effect": "not_applicable",
        **limit_codes(row),
    }
