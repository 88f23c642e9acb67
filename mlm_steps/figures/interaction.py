"""Functions that the figures of interactions share: choice of slopes, labels, panels and rug."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.figures.base import FigureInput, spread
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import Condition, SimpleSlopes

__all__ = [
    "MOST_PANELS",
    "held",
    "last_slopes",
    "number",
    "panel_title",
    "rug_values",
    "value_text",
    "with_unit",
]

MINUS = "\N{MINUS SIGN}"
MOST_PANELS = 4
"""Largest number of slopes that are drawn, so that each panel is large enough to read; tables hold all."""
MOST_RUG = 400
"""Largest number of marks in a rug, which holds a sample of the values beyond it: more marks would merge."""


def last_slopes(given: FigureInput) -> list[SimpleSlopes]:
    """Return the simple slopes of the headline rung, or of the last rung that has any."""
    record, fitted = given.run.result(EffectsRecord, "effects"), {*given.run.models}
    slopes = record.slopes if isinstance(record, EffectsRecord) else ()
    found = [pair for pair in slopes if pair.model in fitted]
    headline, models = given.run.headline, [pair.model for pair in found]
    model = headline.model if headline is not None and headline.model in models else (models or [""])[-1]
    return [pair for pair in found if pair.model == model]


def with_unit(given: FigureInput, name: str) -> str:
    """Return the label of a column, with its unit where it has one."""
    labels = given.run.labels
    unit = labels.units.get(name)
    return safe(f"{labels.column(name)} ({unit})" if unit else labels.column(name))


def number(value: float, digits: int = 3) -> str:
    """Return a number with this many significant digits and a true minus sign."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def value_text(value: str | float) -> str:
    """Return a value of a predictor."""
    return safe(value) if isinstance(value, str) else number(value)


def held(given: FigureInput, conditions: Sequence[Condition]) -> str:
    """Return the values at which other predictors are held, for example ``Sex = Female, Age = 8``."""
    labels = given.run.labels
    return ", ".join(
        f"{safe(labels.column(c.variable))} {'at its mean' if c.at_mean else f'= {value_text(c.value)}'}"
        for c in conditions
    )


def panel_title(given: FigureInput, pair: SimpleSlopes) -> str:
    """Return the title of a panel: focal predictor, moderator and the values that others are held at."""
    labels = given.run.labels
    focal = safe(labels.column(pair.focal))
    if pair.focal_contrast is not None:
        focal += f" ({safe(pair.focal_contrast).replace(' - ', f' {MINUS} ')})"
    where = held(given, pair.conditions)
    title = f"{focal} by {safe(labels.column(pair.moderator))}"
    return f"{title}; {where}" if where else title


def rug_values(values: Sequence[float]) -> list[float]:
    """Return the values of a rug, a sample of them if there are many."""
    distinct = sorted(set(values))
    return [distinct[index] for index in spread(len(distinct), MOST_RUG)]
