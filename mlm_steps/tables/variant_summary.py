"""The coefficients of interest over all variants of the analysis (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.curve import Curve, curve_of
from mlm_steps.records.run import RunRecords
from mlm_steps.records.variants import key_coefficients, variants_of
from mlm_steps.tables.base import NOT_ESTIMABLE, Cell, Codes, Table, table_of

__all__ = ["variant_summary"]

COLUMNS = (
    "model",
    "column",
    "term",
    "variants",
    "estimated",
    "singular",
    "failed",
    "median",
    "min",
    "max",
    "same_direction",
    "off_zero",
    "same_and_off_zero",
    "shown",
)


def variant_summary(run: RunRecords) -> Table:
    """Return one row per rung and coefficient of interest that some variant has.

    ``same_direction`` counts the estimates with the sign of the median, ``off_zero`` the variants whose
    interval does not contain zero, ``same_and_off_zero`` those with both.
    """
    found, key = variants_of(run), key_coefficients(run)
    if key is None:
        return table_of("variant_summary", COLUMNS, [])
    models = [rung.model for rung in found[0].rungs]
    curves = [curve_of(run, key, column, model) for model in models for column in key.columns]
    rows = [_row(each, key.model) for each in curves if each.known or each.model == key.model]
    return table_of("variant_summary", COLUMNS, rows)


def _row(curve: Curve, shown: str) -> tuple[dict[str, Cell], Codes]:
    estimates = curve.estimates
    cells: dict[str, Cell] = {
        "model": curve.model,
        "column": curve.column,
        "term": curve.term,
        "variants": len(curve.points),
        "estimated": len(estimates),
        "singular": sum(each.singular for each in curve.points),
        "failed": sum(each.status == "failed" for each in curve.points),
        "median": curve.median,
        "min": estimates[0] if estimates else None,
        "max": estimates[-1] if estimates else None,
        "same_direction": curve.same_direction,
        "off_zero": curve.count_off_zero,
        "same_and_off_zero": curve.clear_and_same,
        "shown": curve.model == shown,
    }
    return cells, dict.fromkeys(COLUMNS, NOT_ESTIMABLE)
