"""Cells of the variance of a generalized model's distribution."""

from __future__ import annotations

from mlm_steps.records import VarianceRecord
from mlm_steps.tables.base import Cell

__all__ = ["DISTRIBUTION", "distribution_cells", "distribution_codes"]

DISTRIBUTION = ("distribution_variance", "distribution_method", "lambda")


def distribution_cells(record: VarianceRecord, *, used: bool) -> dict[str, Cell]:
    """Return the cells of a row; they are empty if the row's number does not depend on the variance."""
    found = record.distribution if used else None
    values = (None,) * 3 if found is None else (found.variance, found.method, found.null_mean)
    return dict(zip(DISTRIBUTION, values, strict=True))


def distribution_codes() -> dict[str, str]:
    """Return the codes of empty cells."""
    return dict.fromkeys(DISTRIBUTION, "not_applicable")
