"""Covariances of the modes of each level, one row per pair of effects (statistics, section 10)."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NULL_CODES, Cell, Table, as_cell

__all__ = ["ranef_cov"]

COLUMNS = ("model", "term_index", "group", "level", "effect_1", "effect_2", "cond_cov", "pred_cov")


def ranef_cov(run: RunRecords) -> Table:
    """Return the covariances to which ``cond_sd`` and ``pred_sd`` of ``ranef`` belong."""
    rows: list[tuple[Cell, ...]] = []
    for model, frame in run.mode_covariances.items():
        columns = [frame[name] for name in (*COLUMNS[1:], NULL_CODES)]
        rows += [(model, *map(as_cell, values)) for values in zip(*columns, strict=True)]
    return Table("ranef_cov", (*COLUMNS, NULL_CODES), tuple(rows))
