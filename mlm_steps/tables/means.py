"""Estimated marginal means, one row per level of a factor."""

from __future__ import annotations

from mlm_steps.records.effects import FactorMeans, LevelMean
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import (
    back_cells,
    conditions,
    effects_of,
    missing,
    missing_back,
    numbers,
)

__all__ = ["means"]

NUMBERS = ("se", "df", "ci_low", "ci_high")
POPULATION = ("population", "population_se", "population_ci_low", "population_ci_high")
TYPICAL = ("typical", "typical_se", "typical_ci_low", "typical_ci_high")
BACK = ("response", "response_se", "response_ci_low", "response_ci_high")
COLUMNS = (
    "model",
    "factor",
    "level",
    "mean",
    *NUMBERS,
    "df_method",
    "conditions",
    "averaged",
    "held",
    "scale",
    *BACK,
    *POPULATION,
    *TYPICAL,
)


def means(run: RunRecords) -> Table:
    """Return the means of all rungs.

    ``conditions`` are the values chosen in the spec, ``averaged`` the factors whose levels have equal
    weights, and ``held`` the values at which numeric predictors are held. ``scale`` is the outcome if it is a
    function of a data column, and ``response`` the mean back-transformed to the scale of that column.

    For a generalized model ``mean`` is on the scale of the link. ``population`` is the population average on
    the scale of the outcome, ``typical`` the mean of a typical group, whose random effects are 0.
    """
    rows = [_row(factor, mean) for factor in effects_of(run).means for mean in factor.means]
    return table_of("means", COLUMNS, rows)


def _row(factor: FactorMeans, mean: LevelMean) -> tuple[dict[str, Cell], Codes]:
    tested = numbers(mean.test)
    cells: dict[str, Cell] = {
        "model": factor.model,
        "factor": factor.factor,
        "level": mean.level,
        "mean": tested["estimate"],
        **{name: tested[name] for name in NUMBERS},
        "df_method": factor.df_method,
        "conditions": conditions(factor.conditions),
        "averaged": "; ".join(factor.averaged) or None,
        "held": conditions(factor.held),
        "scale": factor.scale,
        **back_cells(BACK, mean.back),
        **back_cells(POPULATION, mean.population),
        **back_cells(TYPICAL, mean.typical),
    }
    scales = {**missing_back(POPULATION, mean.population), **missing_back(TYPICAL, mean.typical)}
    empty = dict.fromkeys(("conditions", "averaged", "held", "scale"), "not_applicable")
    return cells, {
        **missing(mean.test, ("mean", *NUMBERS)),
        **empty,
        **missing_back(BACK, mean.back),
        **scales,
    }
