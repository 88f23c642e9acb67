"""Standardised mean differences, one row per predictor and standard deviation (statistics, section 9.6)."""

from __future__ import annotations

from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import StandardizedDifference
from mlm_steps.records.failure import Absence
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, join_pairs, table_of

__all__ = ["standardized_differences"]

COLUMNS = (
    "model",
    "factor",
    "level_1",
    "level_2",
    "by",
    "difference",
    "sd",
    "sd_df",
    "d",
    "se",
    "df",
    "ci_low",
    "ci_high",
    "ci_method",
    "g",
    "n_1",
    "n_2",
    "J_1",
    "J_2",
)
NUMBERS = ("difference", "sd", "sd_df", "d", "se", "df", "ci_low", "ci_high", "g")


def standardized_differences(run: RunRecords) -> Table:
    """Return the mean at ``level_1`` minus that at ``level_2``, over the standard deviation named by ``by``.

    ``n_1`` and ``n_2`` count the rows with each value, ``J_1`` and ``J_2`` the levels of each factor.
    """
    effects = run.result(EffectsRecord, "effects")
    found = () if effects is None or isinstance(effects, Absence) else effects.standardized_differences
    return table_of("standardized_differences", COLUMNS, [_row(each) for each in found])


def _row(each: StandardizedDifference) -> tuple[dict[str, Cell], Codes]:
    first, second = each.sizes
    cells: dict[str, Cell] = {
        "model": each.model,
        "factor": each.factor,
        "level_1": each.first,
        "level_2": each.second,
        "by": each.by,
        **{name: getattr(each, name) for name in NUMBERS},
        "ci_method": each.ci_method,
        "n_1": first.rows,
        "n_2": second.rows,
        "J_1": join_pairs(first.levels.items()),
        "J_2": join_pairs(second.levels.items()),
    }
    codes = dict.fromkeys(NUMBERS, each.code or "not_estimable")
    if each.code is None:
        codes |= dict.fromkeys(("df", "sd_df"), "infinite")
    return cells, codes
