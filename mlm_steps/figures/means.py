"""Estimated marginal means with their intervals, a row per level or per combination of levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.generalized import mean_axis
from mlm_steps.figures.interaction import held, value_text, with_unit
from mlm_steps.figures.svg.colours import COLOURS, MARKS
from mlm_steps.figures.svg.lettering import safe, spread_text
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import FactorMeans, LevelMean

__all__ = ["means"]

MOST_PANELS = 4
"""Largest number of results that are drawn; the table of means holds all."""
FEWEST = 3
"""Smallest number of means in a panel: two means and their difference are told in a sentence."""
ROW, BESIDE = 22.0, 12.0
"""Height of a row in pixels, and how much each further value of the last factor adds to it."""


class _Mean(NamedTuple):
    """A mean with finite limits: the names of its levels but the last, and the last one."""

    row: str
    last: str
    estimate: float
    low: float
    high: float


def means(given: FigureInput) -> Figure | None:
    """Return the means of the headline rung, or of the last rung that has any; None if no rung has enough."""
    record = given.run.result(EffectsRecord, "effects")
    found = record.means if isinstance(record, EffectsRecord) else ()
    fitted = {*given.run.models}
    known = [each for each in found if each.model in fitted and len(_means(each)) >= FEWEST]
    if not known:
        return None
    headline = given.run.headline
    models = [each.model for each in known]
    model = headline.model if headline is not None and headline.model in models else models[-1]
    own = [each for each in known if each.model == model]
    shown = sorted(own, key=lambda each: -len(each.factors))[:MOST_PANELS]
    title = f"Marginal means in {safe(given.run.labels.model(model))}"
    planes = [_draw(given, each) for each in shown]
    reading = _reading(given, shown, len(own))
    alt = f"Dots with intervals, one row per level, over the mean of the outcome. {reading}"
    return Figure("means", title, reading, safe(alt), document(planes, title), _data(own))


def _means(each: FactorMeans) -> list[_Mean]:
    """Return the means that can be estimated; of a generalized model, the population averages."""
    found = []
    for mean in each.means:
        value = _value(mean)
        if value is not None:
            *rest, last = (value_text(level) for level in mean.levels)
            found.append(_Mean(", ".join(rest) or last, last if rest else "", *value))
    return found


def _value(mean: LevelMean) -> tuple[float, float, float] | None:
    source = mean.population or mean.back or mean.test
    if source.estimate is None or source.ci_low is None or source.ci_high is None:
        return None
    return source.estimate, source.ci_low, source.ci_high


def _axis(given: FigureInput, each: FactorMeans) -> str:
    fit = given.run.fit(each.model)
    if not fit.linear:
        return mean_axis(given, fit)
    if any(mean.back is not None for mean in each.means) and each.response is not None:
        return with_unit(given, each.response)
    return safe(each.scale) if each.scale else with_unit(given, fit.outcome)


def _factor(given: FigureInput, name: str) -> str:
    return safe(given.run.labels.column(name))


def _draw(given: FigureInput, each: FactorMeans) -> Plane:
    rows = _means(each)
    names, lasts = (
        list(dict.fromkeys(values)) for values in zip(*((row.row, row.last) for row in rows), strict=True)
    )
    where = held(given, each.conditions)
    title = " × ".join(_factor(given, name) for name in each.factors) + (f"; {where}" if where else "")
    high = (ROW + BESIDE * (len(lasts) - 1)) * len(names)
    plane = Plane(title, _axis(given, each), width=WIDE, height=max(60.0, high))
    plane.span(range_of([value for row in rows for value in row[2:]]), (0.0, 1.0))
    plane.name_rows(names)
    plane.grid()
    for index, last in enumerate(lasts):
        shift = 0.0 if len(lasts) == 1 else 0.6 * (0.5 - index / (len(lasts) - 1))
        colour, kind = COLOURS[index % len(COLOURS)], MARKS[index % 5]
        own = [(row, shift - names.index(row.row)) for row in rows if row.last == last]
        plane.lines([[(row.low, y), (row.high, y)] for row, y in own], colour=colour, width=2.0)
        plane.marks([(row.estimate, y) for row, y in own], colour=colour, size=7.5, kind=kind)
        if last:
            label = f"{_factor(given, each.factors[-1])}: {last}" if not index else last
            plane.key.append(Key(label, colour, dash="", mark=kind))
    return plane


def _reading(given: FigureInput, shown: Sequence[FactorMeans], count: int) -> str:
    parts = []
    for each in shown:
        rows = sorted(_means(each), key=lambda row: row.estimate)
        low, high = rows[0], rows[-1]
        names = " and ".join(_factor(given, name) for name in each.factors)
        ends = (
            f"{spread_text(row.estimate)} ({', '.join(filter(None, (row.row, row.last)))})"
            for row in (low, high)
        )
        parts.append(f"By {names}, the means run from {' to '.join(ends)}.")
    rest = f" {len(shown)} of {count} results are drawn." if count > len(shown) else ""
    return f"{' '.join(parts)} Lines are 95 % intervals.{rest}"


def _data(own: Sequence[FactorMeans]) -> Rows:
    rows = tuple(
        (each.factor, ", ".join(filter(None, (row.row, row.last))), row.estimate, row.low, row.high)
        for each in own
        for row in _means(each)
    )
    return ("factor", "level", "mean", "ci_low", "ci_high"), rows
