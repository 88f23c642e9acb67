"""Differences of estimated marginal means, one row per pair of levels."""

from __future__ import annotations

from mlm_steps.records.effects import FactorMeans, Pairwise
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import TEST, Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import difference, effects_of

__all__ = ["mean_differences"]

COLUMNS = (
    "model",
    "factor",
    "level_1",
    "level_2",
    *TEST,
    "adjust",
    "p_unadjusted",
    "conditions",
)


def mean_differences(run: RunRecords) -> Table:
    """Return the mean at ``level_1`` less that at ``level_2``, for all pairs of levels."""
    rows = [_row(factor, pair) for factor in effects_of(run).means for pair in factor.differences]
    return table_of("mean_differences", COLUMNS, rows)


def _row(factor: FactorMeans, pair: Pairwise) -> tuple[dict[str, Cell], Codes]:
    cells, codes = difference(pair, factor)
    return {**cells, "factor": factor.factor, "level_1": pair.first, "level_2": pair.second}, codes
