"""Differences of simple slopes between the levels of a moderator, one row per pair."""

from __future__ import annotations

from mlm_steps.records.effects import Pairwise, SimpleSlopes
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import TEST, Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import (
    AVERAGE,
    RATIO,
    RESPONSE,
    difference,
    effects_of,
    ratio_cells,
    response_cells,
)

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
    *RATIO,
    "population_difference",
    *RESPONSE,
    "average_difference",
    *AVERAGE,
)


def slope_differences(run: RunRecords) -> Table:
    """Return the slope at ``value_1`` minus the slope at ``value_2``, for all pairs of levels.

    For a generalized model also for the last and the first value of a number. The columns of its scales are
    those of the differences of means; ``population_difference`` is that of the slopes of population averages.
    """
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
    ratio, ratio_codes = ratio_cells(pair.ratio, slopes.ratio_kind)
    response, response_codes = response_cells("population_difference", pair.response)
    average, average_codes = response_cells("average_difference", pair.average, AVERAGE)
    codes = {**codes, "focal_contrast": "not_applicable", **ratio_codes, **response_codes, **average_codes}
    return {**cells, **own, **ratio, **response, **average}, codes
