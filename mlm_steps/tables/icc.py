"""Intraclass correlations, one row each (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import Icc, VarianceRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, limit_codes, table_of
from mlm_steps.tables.distribution import DISTRIBUTION, distribution_cells, distribution_codes

__all__ = ["icc"]

COLUMNS = (
    "model",
    "group",
    "kind",
    "value",
    "ci_low",
    "ci_high",
    "x",
    "ci_method",
    "effect",
    *DISTRIBUTION,
)


def icc(run: RunRecords) -> Table:
    """Return the intraclass correlations of all rungs.

    An empty ``group`` denotes the total over all terms. ``x`` is the value of the predictor ``effect`` at
    which a VPC function is evaluated; for the share of a term, ``effect`` names its random coefficients.
    For generalized models ``distribution_variance`` is the variance of the distribution on the link scale, by
    the method ``distribution_method`` and, if it depends on it, the marginal mean ``lambda`` of the null
    model.
    """
    rows = [_row(record, row) for record in run.variance for row in record.icc]
    return table_of("icc", COLUMNS, rows)


def _row(record: VarianceRecord, row: Icc) -> tuple[dict[str, Cell], Codes]:
    used = row.kind != "vpc_response"
    cells: dict[str, Cell] = {
        "model": record.model,
        **row.model_dump(exclude={"code"}),
        **distribution_cells(record, used=used),
    }
    return cells, {
        "group": "total",
        "value": row.code or "not_estimable",
        "x": "not_applicable",
        "effect": "not_applicable",
        **limit_codes(row),
        **distribution_codes(),
    }
