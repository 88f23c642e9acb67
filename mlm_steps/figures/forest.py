"""Each coefficient over the rungs that have it, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.generalized import scale_words
from mlm_steps.figures.labels import INTERCEPT, coefficient_label
from mlm_steps.figures.svg.colours import BLUE, GREY, INK
from mlm_steps.figures.svg.lettering import estimate_text, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import SMALL, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records import FitRecord
from mlm_steps.records.fit import Coefficient

__all__ = ["forest"]

MOST_PANELS, MOST_RUNGS = 6, 12
"""Largest numbers of coefficients and of rungs that are drawn, so that the figure stays within two rows of
panels; the ladder holds all."""
ROW = 19.0
"""Height of a row in pixels."""


class _Row(NamedTuple):
    """A coefficient in a rung, with finite limits."""

    fit: FitRecord
    estimate: float
    low: float
    high: float
    se: float | None = None


def forest(given: FigureInput) -> Figure | None:
    """Return the coefficients of the headline rung; None for fewer than two rungs with one of them."""
    headline = given.run.headline
    if headline is None or len(given.run.fits) < 2:
        return None
    found = {
        each.column: rows
        for each in headline.coefficients
        if each.column != INTERCEPT and (rows := _rows(given, headline, each.column))
    }
    shown = _chosen(found)
    if not any(len(found[column]) > 1 for column in shown):
        return None
    terms = {each.column: each.term for each in headline.coefficients}
    labels = {column: coefficient_label(given, column, terms[column]) for column in shown}
    planes = [_draw(given, labels[column], column, found[column], headline) for column in shown]
    title = "Coefficients over the rungs"
    reading = _reading(given, labels, {column: found[column] for column in shown}, len(found))
    alt = (
        "Dots with intervals, one panel per coefficient and one row per rung, with a line at 0. "
        f"{_finding(found, shown)}"
    )
    return Figure("forest", title, reading, safe(alt), document(planes, title), _data(found))


def _rows(given: FigureInput, headline: FitRecord, column: str) -> list[_Row]:
    """Return a coefficient in each rung with the outcome of the headline rung, if it has finite limits."""
    rows = []
    for fit in given.run.fits:
        if (fit.outcome, fit.family, fit.link) != (headline.outcome, headline.family, headline.link):
            continue
        each = next((c for c in fit.coefficients if c.column == column), None)
        limits = None if each is None else _limits(each)
        if limits is not None:
            rows.append(_Row(fit, *limits, each.se if each else None))
    return rows


def _limits(each: Coefficient) -> tuple[float, float, float] | None:
    values = (each.estimate, each.ci_low, each.ci_high)
    if each.dropped or any(value is None or abs(value) == float("inf") for value in values):
        return None
    estimate, low, high = (float(value or 0.0) for value in values)
    return estimate, low, high


def _chosen(found: dict[str, list[_Row]]) -> list[str]:
    """Return the coefficients that are drawn, in their order: those of several rungs come first."""
    several = [column for column, rows in found.items() if len(rows) > 1]
    kept = {*[*several, *(column for column in found if column not in several)][:MOST_PANELS]}
    return [column for column in found if column in kept]


def _draw(given: FigureInput, label: str, column: str, rows: Sequence[_Row], headline: FitRecord) -> Plane:
    rows = rows[-MOST_RUNGS:]
    across = f"Estimate with 95 % interval{scale_words(headline)}".replace(
        "95", f"{100 * headline.confidence:g}"
    )
    plane = Plane(label, across, width=SMALL, height=ROW * len(rows) + 8)
    plane.span(range_of([0.0, *(value for row in rows for value in row[1:4])]), (0.0, 1.0))
    plane.name_rows([safe(given.run.labels.model(row.fit.model)) for row in rows])
    plane.grid()
    plane.upright(0.0, colour=INK)
    for place, row in enumerate(rows):
        colour = BLUE if row.fit.model == headline.model else GREY
        plane.line([(row.low, -place), (row.high, -place)], colour=colour, width=2.0, term=column)
        hollow = row.fit.reported.singular
        plane.marks([(row.estimate, -place)], colour=colour, size=7, hollow=hollow, term=column)
    return plane


def _finding(found: dict[str, list[_Row]], shown: Sequence[str]) -> str:
    """Return in a few words, beside the caption, whether coefficients change their signs."""
    turned = sum(len({row.estimate > 0 for row in found[column]}) > 1 for column in shown)
    if not turned:
        return "Each coefficient has one sign in all rungs."
    return f"Coefficients whose sign differs between rungs: {turned} of {len(shown)}."


def _text(row: _Row) -> str:
    return estimate_text(row.estimate, row.se)


def _reading(given: FigureInput, labels: dict[str, str], shown: dict[str, list[_Row]], count: int) -> str:
    moved = [
        f"{labels[column]} from {_text(rows[0])} to {_text(rows[-1])}"
        for column, rows in shown.items()
        if len(rows) > 1
    ]
    rest = f" {len(shown)} of {count} coefficients are drawn." if count > len(shown) else ""
    hollow = " Open marks belong to singular fits." if _singular(shown) else ""
    headline = given.run.headline
    name = safe(given.run.labels.model(headline.model)) if headline is not None else ""
    return f"From the first to the last rung that has it: {'; '.join(moved)}. {name} is blue.{hollow}{rest}"


def _singular(shown: dict[str, list[_Row]]) -> bool:
    return any(row.fit.reported.singular for rows in shown.values() for row in rows)


def _data(found: dict[str, list[_Row]]) -> Rows:
    rows = tuple(
        (column, row.fit.model, row.estimate, row.low, row.high)
        for column, own in found.items()
        for row in own
    )
    return ("column", "model", "estimate", "ci_low", "ci_high"), rows
