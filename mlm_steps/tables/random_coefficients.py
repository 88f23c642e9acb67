"""How random coefficients vary between groups: ranges and reliabilities (statistics, section 10)."""

from __future__ import annotations

from mlm_steps.records import FitRecord
from mlm_steps.records.random_effects import RandomCoefficient
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["random_coefficients"]

EXPONENTIAL = ("exp_low", "exp_high", "exp_kind")
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
    *EXPONENTIAL,
)


def random_coefficients(run: RunRecords) -> Table:
    """Return one row per random coefficient: the range of 95 % of the groups is from ``low`` to ``high``.

    ``exp_low`` and ``exp_high`` are their exponentials, where the link gives them a meaning.
    """
    rows = [_row(fit, row) for fit in run.fits for row in fit.random_coefficients]
    return table_of("random_coefficients", COLUMNS, rows)


def _row(fit: FitRecord, row: RandomCoefficient) -> tuple[dict[str, Cell], Codes]:
    kind = next((each.exp_kind for each in fit.coefficients if each.column == row.effect), None)
    low, high = row.exp_range if kind is not None and row.exp_range is not None else (None, None)
    exponential = {"exp_low": low, "exp_high": high, "exp_kind": kind}
    missing = "not_applicable" if kind is None else row.codes.get("low", "not_applicable")
    cells: dict[str, Cell] = {"model": fit.model, **row.model_dump(exclude={"codes"}), **exponential}
    return cells, row.codes | dict.fromkeys(EXPONENTIAL, missing)
