"""Variances, covariances and correlations of the random effects (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import RandomParameter
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, limit_codes, table_of

__all__ = ["random"]

COLUMNS = (
    "model",
    "term_index",
    "group",
    "effect_1",
    "effect_2",
    "kind",
    "estimate",
    "ci_low",
    "ci_high",
    "ci_method",
    "at_boundary",
)


def random(run: RunRecords) -> Table:
    """Return the random parameters of all rungs; the residual variance has the group ``Residual``.

    ``term_index`` counts the terms of a model from 0: several terms may have the same grouping factor.
    """
    rows = [_row(fit.model, parameter) for fit in run.fits for parameter in fit.random]
    return table_of("random", COLUMNS, rows)


def _row(model: str, parameter: RandomParameter) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {"model": model, **parameter.model_dump()}
    return cells, {
        "term_index": "not_applicable",
        "effect_1": "not_applicable",
        "effect_2": "not_applicable",
        "estimate": "boundary",
        **limit_codes(parameter),
    }
