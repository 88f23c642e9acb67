"""Differences of estimated marginal means, one row per pair of levels."""

from __future__ import annotations

from mlm_steps.records.effects import FactorMeans, Pairwise
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import TEST, Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import (
    RATIO,
    RESPONSE,
    back_cells,
    difference,
    effects_of,
    missing_back,
    ratio_cells,
    response_cells,
)

__all__ = ["mean_differences"]

BACK = ("back_estimate", "back_se", "back_ci_low", "back_ci_high")
COLUMNS = (
    "model",
    "factor",
    "level_1",
    "level_2",
    *TEST,
    "adjust",
    "p_unadjusted",
    "conditions",
    "compared",
    "back_kind",
    *BACK,
    *RATIO,
    "population_difference",
    *RESPONSE,
)


def mean_differences(run: RunRecords) -> Table:
    """Return the mean at ``level_1`` minus the mean at ``level_2``, for the pairs that are compared.

    For a transformed outcome, ``back_kind`` tells what a difference becomes on the scale of the data column:
    a ratio (for logarithms) or a difference.

    For a generalized model ``estimate`` is on the scale of the link, ``ratio`` its exponential, such as an
    odds ratio, as ``ratio_kind`` says, and ``population_difference`` the difference of the population
    averages.
    """
    rows = [_row(factor, pair) for factor in effects_of(run).means for pair in factor.differences]
    return table_of("mean_differences", COLUMNS, rows)


def _row(factor: FactorMeans, pair: Pairwise) -> tuple[dict[str, Cell], Codes]:
    cells, codes = difference(pair, factor)
    cells |= {
        "factor": factor.factor,
        "level_1": pair.first,
        "level_2": pair.second,
        "compared": factor.compared,
        "back_kind": factor.back_difference,
        **back_cells(BACK, pair.back),
    }
    ratio, ratio_codes = ratio_cells(pair.ratio, factor.ratio_kind)
    response, response_codes = response_cells("population_difference", pair.response)
    codes = {**codes, "back_kind": "not_applicable", **missing_back(BACK, pair.back)}
    return {**cells, **ratio, **response}, {**codes, **ratio_codes, **response_codes}
