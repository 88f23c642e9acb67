"""The coefficients of the final rung under variants of the model, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label
from mlm_steps.figures.labels import coefficient_label
from mlm_steps.figures.svg.colours import BLUE, INK, VERMILION
from mlm_steps.figures.svg.lettering import estimate_text, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records.sensitivity import SensitivityRecord, Variation, VariedCoefficient

__all__ = ["sensitivity"]

MOST_PANELS = 3
"""Largest number of coefficients that are drawn; the table holds all."""
ROW = 17.0
"""Height of a row in pixels."""


class _Row(NamedTuple):
    """One variant with a number for every coefficient of the figure."""

    label: str
    coefficients: dict[str, VariedCoefficient]


def sensitivity(given: FigureInput) -> Figure | None:
    """Return the figure; None if no variant has numbers."""
    fitted = {*given.run.models}
    records = [r for r in given.run.results_of(SensitivityRecord, "sensitivity") if r.model in fitted]
    if not records or not records[0].own:
        return None
    shown = [each.column for each in _by_interest(records)][:MOST_PANELS]
    own = {each.column: each for each in records[0].own}
    rows = [_Row("as fitted", own), *_rows(given, records)]
    if len(rows) == 1:
        return None
    model = safe(given.run.labels.model(records[0].model))
    title = f"Coefficients of {model} under variants of the model"
    svg = document([_draw(given, column, rows) for column in shown], title)
    reading = _reading(given, records, shown)
    alt = (
        "Dots with intervals, one row per variant and one panel per coefficient, beside a vertical line at "
        f"the estimate of the rung; squares mark variants with another conclusion. {reading}"
    )
    return Figure("sensitivity", title, reading, alt, svg, _data(rows, shown))


def _by_interest(records: Sequence[SensitivityRecord]) -> list[VariedCoefficient]:
    """Return the coefficients, those first whose conclusion changes most often; the last columns come next.

    The last columns of a formula are its interactions.
    """

    def changes(own: VariedCoefficient) -> int:
        return sum(
            bool(each.changed)
            for record in records
            for variation in record.variations
            for each in variation.coefficients
            if each.column == own.column
        )

    last_first = tuple(reversed(records[0].own))
    kept = sorted(last_first, key=changes, reverse=True)[:MOST_PANELS]
    return [each for each in records[0].own if each in kept]


def _rows(given: FigureInput, records: Sequence[SensitivityRecord]) -> list[_Row]:
    return [
        _Row(_label(given, variation), {each.column: each for each in variation.coefficients})
        for record in records
        for variation in record.variations
        if variation.ending in ("converged", "singular")
    ]


def _label(given: FigureInput, variation: Variation) -> str:
    columns = ", ".join(safe(given.run.labels.column(name)) for name in variation.columns)
    group = "" if variation.group is None else group_label(given, variation.group)
    return variation.what.format(group=group, columns=columns, level=safe(variation.level or ""))


def _draw(given: FigureInput, column: str, rows: Sequence[_Row]) -> Plane:
    """Return one coefficient: its interval per variant, and the estimate of the rung as a line."""
    own = rows[0].coefficients[column]
    plane = Plane(
        coefficient_label(given, own.column, own.term), "Estimate", width=WIDE, height=ROW * len(rows)
    )
    known = [each for row in rows if (each := row.coefficients.get(column)) is not None]
    ends = [
        value for each in known for value in (each.estimate, each.ci_low, each.ci_high) if value is not None
    ]
    plane.span(range_of([*ends, 0.0]), (0.0, 1.0))
    plane.name_rows([row.label for row in rows], share=0.56)
    plane.upright(0.0, colour=INK)
    if own.estimate is not None:
        plane.upright(own.estimate, dash="4 3")
    for place, row in enumerate(rows):
        each = row.coefficients.get(column)
        if each is None or each.estimate is None:
            continue
        colour = VERMILION if each.changed else BLUE if place else INK
        if each.ci_low is not None and each.ci_high is not None:
            plane.line([(each.ci_low, -place), (each.ci_high, -place)], colour=colour, width=1.6, term=column)
        kind, hollow = "s" if each.changed else "o", each.quantity != "same"
        plane.marks([(each.estimate, -place)], colour=colour, size=7, kind=kind, hollow=hollow, term=column)
    return plane


def _reading(given: FigureInput, records: Sequence[SensitivityRecord], shown: Sequence[str]) -> str:
    found = []
    for own in (each for each in records[0].own if each.column in shown):
        varied = [
            each
            for record in records
            for variation in record.variations
            for each in variation.coefficients
            if each.column == own.column and each.estimate is not None
        ]
        estimates = [each.estimate for each in varied if each.estimate is not None]
        changed = sum(bool(each.changed) for each in varied)
        if estimates:
            low, high = (estimate_text(end, own.se) for end in (min(estimates), max(estimates)))
            told = f"; {changed} of {len(varied)} conclusions change" if changed else ""
            found.append(f"{coefficient_label(given, own.column, own.term)} from {low} to {high}{told}")
    rest = "" if len(shown) == len(records[0].own) else " The table holds all coefficients."
    hollow = "An open mark is an estimate of another quantity than that of the rung."
    return f"Estimates of {'. '.join(found)}.{rest} {hollow}"


def _data(rows: Sequence[_Row], shown: Sequence[str]) -> Rows:
    values = tuple(
        (row.label, column, each.estimate, each.ci_low, each.ci_high, each.quantity, each.changed)
        for row in rows
        for column in shown
        if (each := row.coefficients.get(column)) is not None and each.estimate is not None
    )
    return ("variant", "column", "estimate", "ci_low", "ci_high", "quantity", "changed"), values
