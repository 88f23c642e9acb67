"""How random coefficients vary between groups: ranges and reliabilities (statistics, section 10)."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Table, table_of

__all__ = ["random_coefficients"]

COLUMNS = (
    "model",
    "term_index",
    "group",
    "effect",
    "mean",
    "sd",
    "low",
    "high",
    "share_opposite",
    "reliability",
    "n_reliable",
    "eb_reliability",
)


def random_coefficients(run: RunRecords) -> Table:
    """Return one row per random coefficient: the range of 95 % of the groups is from ``low`` to ``high``."""
    rows = [
        ({"model": fit.model, **row.model_dump(exclude={"codes"})}, row.codes)
        for fit in run.fits
        for row in fit.random_coefficients
    ]
    return table_of("random_coefficients", COLUMNS, rows)
