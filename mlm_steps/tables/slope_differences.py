"""Differences of simple slopes between the levels of a moderator, one row per pair."""

from __future__ import annotations

from mlm_steps.records.effects import Pairwise, SimpleSlopes
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import TEST, Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import difference, effects_of

__all__ = ["slope_differences"]

COLUMNS = (
    "model",
    "focal",
    "moderator",
    "value_1",
    "value_2",
    *TEST,
    "adjust",
    "p_unadjusted",
    "focal_contrast",
    "conditions",
)


def slope_differences(run: RunRecords) -> Table:
    """Return the slope at ``value_1`` minus the slope at ``value_2``, for all pairs of levels."""
    rows = [_row(slopes, pair) for slopes in effects_of(run).slopes for pair in slopes.differences]
    return table_of("slope_differences", COLUMNS, rows)


def _row(slopes: SimpleSlopes, pair: Pairwise) -> tuple[dict[str, Cell], Codes]:
    cells, codes = difference(pair, slopes)
    own: dict[str, Cell] = {
        "focal": slopes.focal,
        "moderator": slopes.moderator,
        "value_1": pair.first,
        "value_2": pair.second,
        "focal_contrast": slopes.focal_contrast,
    }
    return {**cells, **own}, {**codes, "focal_contrast": "not_applicable"}
