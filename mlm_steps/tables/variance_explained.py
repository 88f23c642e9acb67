"""Explained variance, one row per measure and scope (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import VarianceMeasure, VarianceRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, limit_codes, table_of
from mlm_steps.tables.distribution import DISTRIBUTION, distribution_cells, distribution_codes

__all__ = ["variance_explained"]

COLUMNS = (
    "model",
    "measure",
    "scope",
    "value",
    "ci_low",
    "ci_high",
    "method",
    "reference",
    "ci_method",
    *DISTRIBUTION,
)
WITHOUT = "median_"
"""The start of the names of measures that do not depend on the distribution's variance."""


def variance_explained(run: RunRecords) -> Table:
    """Return the measures of all rungs; ``reference`` is the model to which a reduction is relative.

    The last columns are those of the table of intraclass correlations.
    """
    rows = [_row(record, measure) for record in run.variance for measure in record.measures]
    return table_of("variance_explained", COLUMNS, rows)


def _row(record: VarianceRecord, measure: VarianceMeasure) -> tuple[dict[str, Cell], Codes]:
    used = not measure.measure.startswith(WITHOUT)
    cells: dict[str, Cell] = {
        "model": record.model,
        **measure.model_dump(exclude={"code"}),
        **distribution_cells(record, used=used),
    }
    return cells, {
        "value": measure.code or "not_estimable",
        **limit_codes(measure),
        "reference": "not_applicable",
        **distribution_codes(),
    }
