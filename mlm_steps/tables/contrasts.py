"""Declared contrasts: one row per hypothesis, and one row for the joint test of several."""

from __future__ import annotations

from mlm_steps.records.effects import ContrastTest, Hypothesis
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import NUMBERS, effects_of, missing, numbers

__all__ = ["contrasts"]

COLUMNS = (
    "model",
    "contrast",
    "test",
    "hypothesis",
    "estimate",
    "value",
    "se",
    "df",
    "df_method",
    "statistic",
    "p",
    "ci_low",
    "ci_high",
    "num_df",
    "den_df",
)


def contrasts(run: RunRecords) -> Table:
    """Return the contrasts of all rungs.

    ``test`` is ``t`` (``z`` without degrees of freedom) for one hypothesis and ``F`` for a joint test.
    ``estimate`` and its interval are those of the weighted sum of coefficients that is compared with
    ``value``.
    """
    rows = []
    for contrast in effects_of(run).contrasts:
        rows += [_single(contrast, row) for row in contrast.rows]
        if len(contrast.rows) > 1:
            rows.append(_joint(contrast))
    return table_of("contrasts", COLUMNS, rows)


def _single(contrast: ContrastTest, row: Hypothesis) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        **dict.fromkeys(COLUMNS),
        **numbers(row.test),
        "model": contrast.model,
        "contrast": contrast.name,
        "test": "z" if row.test.df is None else "t",
        "hypothesis": row.text,
        "value": row.value,
        "df_method": contrast.df_method,
    }
    return cells, {**missing(row.test), "num_df": "not_applicable", "den_df": "not_applicable"}


def _joint(contrast: ContrastTest) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        **dict.fromkeys(COLUMNS),
        "model": contrast.model,
        "contrast": contrast.name,
        "test": "F",
        "hypothesis": "; ".join(row.text for row in contrast.rows),
        "df_method": contrast.df_method,
        "statistic": contrast.statistic,
        "p": contrast.p,
        "num_df": contrast.num_df,
        "den_df": contrast.den_df,
    }
    return cells, dict.fromkeys((*NUMBERS, "value", "den_df"), "not_applicable")
