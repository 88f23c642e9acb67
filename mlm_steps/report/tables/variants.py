"""The table of the coefficients of interest in all variants of the analysis."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.curve import Curve, CurvePoint
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.variants import point_number, variant_label
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.text import Number, Phrase, Piece, say, source

__all__ = ["variants_grid"]

SINGULAR = "‡"
MOST_ROWS = 60
"""Largest number of rows of the table in the report; the table in CSV holds all variants."""


def variants_grid(given: ReportInput, curves: Sequence[Curve]) -> Grid:
    """Return the estimates with their intervals, in the order of the first coefficient."""
    heads: list[Piece | Phrase] = ["Variant"]
    for each in curves:
        heads += [given.names.column(each.column, each.term), "Interval"]
    heads.append("Rows")
    shown = curves[0].points[:MOST_ROWS]
    rows = tuple(_row(curves, point) for point in shown)
    left = len(curves[0].points) - len(shown)
    return Grid(
        caption=say("Variants of the analysis, {model}", model=given.names.model(curves[0].model)),
        columns=columns(*heads),
        rows=rows,
        notes=(_note(curves, left),),
    )


def _row(curves: Sequence[Curve], point: CurvePoint) -> Row:
    cells: list[Phrase | None] = []
    for curve in curves:
        own = next(each for each in curve.points if each.variant is point.variant)
        estimate, low, high = (point_number(curve, own, field) for field in ("estimate", "low", "high"))
        mark = (f" {SINGULAR}",) if own.singular else ()
        cells.append(None if estimate is None else (estimate, *mark))
        cells.append(None if low is None or high is None else say("[{low}, {high}]", low=low, high=high))
    cells.append(_rows_of(curves[0], point))
    return row(variant_label(point.variant), cells)


def _rows_of(curve: Curve, point: CurvePoint) -> Phrase | None:
    n = point.variant.rung(curve.model).n
    if n is None:
        return None
    return (Number(f"{n}", source("variants", point.variant.name, curve.model, curve.column, "n")),)


def _note(curves: Sequence[Curve], left: int) -> Phrase:
    singular = any(each.singular for curve in curves for each in curve.points)
    return say(
        "{singular}{left}All rungs, tests and comparisons are in tables/variants.csv, "
        "tables/variant_summary.csv and tables/variant_comparisons.csv.",
        singular=f"{SINGULAR} singular fit. " if singular else None,
        left=f"{left} more variants are not shown. " if left else None,
    )
