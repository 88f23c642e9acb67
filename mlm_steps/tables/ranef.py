"""Conditional modes of the random effects, one row per level and effect (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NULL_CODES, Cell, Table, frame_rows

__all__ = ["ranef"]

COLUMNS = (
    "model",
    "term_index",
    "group",
    "level",
    "effect",
    "estimate",
    "cond_sd",
    "pred_sd",
    "ols",
    "n_j",
    "shrinkage",
    "reliability",
    "coefficient",
    "ols_coefficient",
    "eb_reliability",
)


def ranef(run: RunRecords) -> Table:
    """Return the random effects of all rungs; ``term_index`` counts the terms of a model from 0."""
    rows: list[tuple[Cell, ...]] = []
    for model, frame in run.modes.items():
        rows += [(model, *values) for values in frame_rows(frame, COLUMNS[1:])]
    return Table("ranef", (*COLUMNS, NULL_CODES), tuple(rows))
