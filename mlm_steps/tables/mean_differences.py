"""Differences of estimated marginal means, one row per pair of levels."""

from __future__ import annotations

from mlm_steps.records.effects import FactorMeans, Pairwise
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import conditions, effects_of, missing, numbers

__all__ = ["mean_differences"]

COLUMNS = (
    "model",
    "factor",
    "level_1",
    "level_2",
    "estimate",
    "se",
    "df",
    "df_method",
    "statistic",
    "p",
    "ci_low",
    "ci_high",
    "adjust",
    "p_unadjusted",
    "conditions",
)


def mean_differences(run: RunRecords) -> Table:
    """Return the mean at ``level_1`` less that at ``level_2``; p and interval are adjusted for the family.

    Holm's procedure has no intervals of its own: there they are Bonferroni's.
    """
    rows = [_row(factor, pair) for factor in effects_of(run).means for pair in factor.differences]
    return table_of("mean_differences", COLUMNS, rows)


def _row(factor: FactorMeans, pair: Pairwise) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        **numbers(pair.test),
        "model": factor.model,
        "factor": factor.factor,
        "level_1": pair.first,
        "level_2": pair.second,
        "df_method": factor.df_method,
        "adjust": factor.adjust,
        "p_unadjusted": pair.p_unadjusted,
        "conditions": conditions(factor.conditions),
    }
    return cells, {**missing(pair.test), "p_unadjusted": "not_estimable", "conditions": "not_applicable"}
