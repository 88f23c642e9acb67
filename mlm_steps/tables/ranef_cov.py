"""Covariances of the modes of each level, one row per pair of effects (statistics, section 10)."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NULL_CODES, Cell, Table, frame_rows

__all__ = ["ranef_cov"]

COLUMNS = ("model", "term_index", "group", "level", "effect_1", "effect_2", "cond_cov", "pred_cov")


def ranef_cov(run: RunRecords) -> Table:
    """Return the covariances to which ``cond_sd`` and ``pred_sd`` of ``ranef`` belong."""
    rows: list[tuple[Cell, ...]] = []
    for model, frame in run.mode_covariances.items():
        rows += [(model, *values) for values in frame_rows(frame, COLUMNS[1:])]
    return Table("ranef_cov", (*COLUMNS, NULL_CODES), tuple(rows))
