"""What ignoring the clusters costs: one row per coefficient (statistics, sections 2 and 7)."""

from __future__ import annotations

import math

from mlm_steps.records.cost import ClusterCost, CostRecord, CostRow
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_ESTIMABLE, Cell, Codes, Table, table_of

__all__ = ["cost"]

OF_THE_COEFFICIENT = (
    "ols_estimate",
    "ols_se",
    "ols_df",
    "ols_p",
    "cr1_se",
    "cr2_se",
    "cr2_df",
    "cr2_p",
    "mixed_estimate",
    "mixed_se",
    "mixed_df",
    "mixed_p",
    "mixed_cr2_se",
    "mixed_cr2_df",
    "mixed_cr2_p",
    "se_ratio",
    "rho_x",
    "moulton",
    "naive_rate",
)
OF_THE_MODEL = (
    "mixed",
    "n",
    "n_clusters",
    "weighted_size",
    "icc",
    "residual_icc",
    "design_effect",
    "effective_n",
)
SEPARATE = "n_estimable"
COLUMNS = ("model", "cluster", "term", "column", *OF_THE_COEFFICIENT, SEPARATE, *OF_THE_MODEL)


def cost(run: RunRecords) -> Table:
    """Return the coefficients of the last rung and of the prelude, with their standard errors.

    ``n_estimable`` counts the clusters whose own rows determine the coefficient, if it belongs to level 1 of
    the rung. ``se_ratio`` is the standard error of least squares over that of the mixed model. The columns
    from ``mixed`` on are the same in all rows of a model; ``mixed`` is the random part of the mixed model.
    """
    found = run.result(CostRecord, "cost")
    if not isinstance(found, CostRecord):
        return table_of("cost", COLUMNS, [])
    alone = _estimable(found)
    rows = [_row(each, row, alone.get((each.model, row.column))) for each in found.costs for row in each.rows]
    return table_of("cost", COLUMNS, rows)


def _estimable(found: CostRecord) -> dict[tuple[str, str], int]:
    """Return per model and column the number of clusters whose own rows determine the coefficient."""
    separate = found.separate
    if separate is None:
        return {}
    counts = zip(separate.columns, separate.n_estimable, strict=True)
    return {(separate.model, column): count for column, count in counts}


def _row(of: ClusterCost, row: CostRow, n_estimable: int | None) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {"model": of.model, "cluster": of.cluster}
    cells |= {name: getattr(row, name) for name in ("term", "column", *OF_THE_COEFFICIENT)}
    cells |= {name: getattr(of, name) for name in OF_THE_MODEL}
    cells |= {"mixed": of.mixed or None, SEPARATE: n_estimable}
    codes = dict.fromkeys(COLUMNS, NOT_ESTIMABLE)
    codes |= {"cr1_se": of.cr1_code or NOT_ESTIMABLE}
    codes |= dict.fromkeys(("cr2_se", "cr2_df", "cr2_p"), of.cr2_code or NOT_ESTIMABLE)
    codes |= dict.fromkeys(
        ("mixed_cr2_se", "mixed_cr2_df", "mixed_cr2_p"), of.mixed_cr2_code or NOT_ESTIMABLE
    )
    codes["rho_x"] = "not_applicable"
    codes |= dict.fromkeys(("moulton", "naive_rate"), of.moulton_code or _without_factor(row))
    codes |= dict.fromkeys(
        ("icc", "residual_icc", "design_effect", "effective_n"), of.icc_code or NOT_ESTIMABLE
    )
    codes[SEPARATE] = "not_applicable"
    df = row.mixed_df
    if df is None or not math.isfinite(df):
        cells["mixed_df"] = None
        codes["mixed_df"] = (
            "infinite" if df is not None and math.isinf(df) else of.mixed_code or NOT_ESTIMABLE
        )
    return cells, codes


def _without_factor(row: CostRow) -> str:
    """Return why a coefficient has no factor: it is the intercept, or its slope is random."""
    return "not_applicable" if row.rho_x is None else "random_slope"
