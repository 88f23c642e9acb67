"""Differences of simple slopes between the levels of a moderator, one row per pair."""

from __future__ import annotations

from mlm_steps.records.effects import Pairwise, SimpleSlopes
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import conditions, effects_of, missing, numbers

__all__ = ["slope_differences"]

COLUMNS = (
    "model",
    "focal",
    "moderator",
    "value_1",
    "value_2",
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
    "focal_contrast",
    "conditions",
)


def slope_differences(run: RunRecords) -> Table:
    """Return the slope at ``value_1`` less that at ``value_2``, for all pairs of levels."""
    rows = [_row(pair, each) for pair in effects_of(run).slopes for each in pair.differences]
    return table_of("slope_differences", COLUMNS, rows)


def _row(pair: SimpleSlopes, difference: Pairwise) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        **numbers(difference.test),
        "model": pair.model,
        "focal": pair.focal,
        "moderator": pair.moderator,
        "value_1": difference.first,
        "value_2": difference.second,
        "df_method": pair.df_method,
        "adjust": pair.adjust,
        "p_unadjusted": difference.p_unadjusted,
        "focal_contrast": pair.focal_contrast,
        "conditions": conditions(pair.conditions),
    }
    empty = dict.fromkeys(("focal_contrast", "conditions"), "not_applicable")
    return cells, {**missing(difference.test), **empty, "p_unadjusted": "not_estimable"}
