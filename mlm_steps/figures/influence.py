"""Figure of the influence of groups: Cook's distances and DFBETAS of each group of the final rung."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label, spread
from mlm_steps.figures.svg.colours import BLUE, FAINT, INK, VERMILION
from mlm_steps.figures.svg.lettering import number, safe, shorten
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records.influence import FactorInfluence, InfluenceRecord, ModelInfluence
from mlm_steps.records.spelling import split_product

__all__ = ["influence"]

MOST_NAMED = 3
"""Largest number of groups whose names are written in the panel of Cook's distances."""
MOST_WITHIN = 400
"""Largest number of groups, chosen with a fixed seed, that are drawn although they are within the lines."""
MOST_ROWS = 12
"""Largest number of coefficients with a row of DFBETAS: the first ones of the model."""


def influence(given: FigureInput) -> Figure | None:
    """Return the figure of the last rung; None if no group was left out.

    With several grouping factors, the one with the most groups above the line of Cook's distance is drawn.
    """
    record = given.run.result(InfluenceRecord, "influence")
    fitted = {*given.run.models}
    models = record.models if isinstance(record, InfluenceRecord) else ()
    own = [model for model in models if model.model in fitted]
    if not own:
        return None
    headline = given.run.headline
    found = next((model for model in own if headline is not None and model.model == headline.model), own[-1])
    drawn = [factor for factor in found.factors if factor.most]
    if not drawn or not found.columns:
        return None
    factor = max(drawn, key=lambda each: each.above)
    effects = [_effect(given, found, column) for column in found.columns[:MOST_ROWS]]
    label = safe(given.run.labels.model(found.model))
    groups = group_label(given, factor.grouping_factor)
    title = f"Influence of each group ({groups}) on {label}"
    svg = document([_distances(factor), _coefficients(factor, found.columns, effects)], title)
    reading = _reading(factor)
    alt = f"Two panels: Cook’s distance of each group, and its DFBETAS for each coefficient. {reading}"
    return Figure("influence", title, reading, alt, svg, _data(found, factor))


def _effect(given: FigureInput, found: ModelInfluence, column: str) -> str:
    if column == "(Intercept)":
        return "Intercept"
    return safe(" × ".join(given.run.effect_label(part, found.model) for part in split_product(column)))


def _distances(factor: FactorInfluence) -> Plane:
    """Return Cook's distances in the order of the groups."""
    cook = np.array(factor.cook, dtype=np.float64)
    place = np.arange(1, cook.size + 1, dtype=np.float64)
    plane = Plane("Cook’s distance", "Group, in the order of the data", "", width=WIDE, height=230)
    plane.span((0.0, cook.size + 1.0), range_of([*cook.tolist(), 1.05 * factor.cook_line], zero=True))
    _dots(plane, place, cook, cook > factor.cook_line, factor.levels)
    plane.level(factor.cook_line, colour=VERMILION, dash="5 3")
    for at in _named(cook, factor.cook_line):
        plane.note(float(place[at]), float(cook[at]), factor.levels[at])
    return plane


def _coefficients(factor: FactorInfluence, columns: Sequence[str], effects: list[str]) -> Plane:
    """Return the DFBETAS with a row for each coefficient."""
    dfbetas = np.array(factor.dfbetas, dtype=np.float64)
    plane = Plane(
        "DFBETAS of each coefficient", "DFBETAS", width=WIDE, height=max(120.0, 34.0 * len(effects))
    )
    drawn = dfbetas[:, : len(effects)]
    plane.span(
        range_of(
            [*drawn[np.isfinite(drawn)].tolist(), -1.1 * factor.dfbetas_line, 1.1 * factor.dfbetas_line]
        ),
        (0.0, 1.0),
    )
    plane.name_rows(effects)
    plane.grid()
    plane.upright(0.0, colour=INK, width=0.6)
    for line in (-factor.dfbetas_line, factor.dfbetas_line):
        plane.upright(line, colour=VERMILION, dash="5 3")
    for row in range(len(effects)):
        values, height = dfbetas[:, row], np.full(len(dfbetas), -float(row))
        _dots(plane, values, height, np.abs(values) > factor.dfbetas_line, factor.levels, term=columns[row])
        for side in (-1.0, 1.0):
            for at in _named(np.maximum(side * values, 0.0), factor.dfbetas_line)[:1]:
                place, move = (float(values[at]), -float(row)), (-3.0 * side, -6.0)
                anchor = "end" if side > 0 else "start"
                plane.text(*place, shorten(factor.levels[at], 14), move=move, anchor=anchor, size=9.5)
    return plane


def _dots(
    plane: Plane,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    out: NDArray[np.bool_],
    levels: Sequence[str],
    term: str = "",
) -> None:
    within = np.zeros(out.size, dtype=bool)
    within[list(spread(out.size, MOST_WITHIN))] = True
    known = np.isfinite(x) & np.isfinite(y)
    for chosen, colour in ((within & ~out, FAINT), (out, BLUE)):
        where = np.flatnonzero(chosen & known).tolist()
        points = [(float(x[index]), float(y[index])) for index in where]
        names = [levels[index] for index in where] if out.size <= MOST_WITHIN else []
        plane.marks(points, colour=colour, size=4.4, groups=names, term=term)


def _named(values: NDArray[np.float64], line: float) -> list[int]:
    """Return the positions of the groups farthest beyond the line."""
    sizes = np.where(np.isnan(values), -1.0, np.abs(values))
    return [int(at) for at in np.argsort(-sizes, kind="stable")[:MOST_NAMED] if sizes[at] > line]


def _reading(factor: FactorInfluence) -> str:
    sampled = (
        f" Of the groups within the lines, a sample of {MOST_WITHIN} is drawn."
        if len(factor.levels) > MOST_WITHIN
        else ""
    )
    return (
        f"Dashed lines at 4/J = {number(factor.cook_line, 2)} for Cook’s distance and at ±2/√J = "
        f"{number(factor.dfbetas_line, 2)} for DFBETAS. The groups farthest beyond them are named.{sampled}"
    )


def _data(found: ModelInfluence, factor: FactorInfluence) -> Rows:
    columns = ("group", "level", "cook", *(f"dfbetas[{column}]" for column in found.columns))
    rows = tuple(
        (factor.grouping_factor, level, factor.cook[place], *factor.dfbetas[place])
        for place, level in enumerate(factor.levels)
    )
    return columns, rows
