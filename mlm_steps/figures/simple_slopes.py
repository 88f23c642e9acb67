"""Fitted lines at values of a moderator, with bands and the observed values of the predictor."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.generalized import mean_axis, scale_words
from mlm_steps.figures.interaction import (
    MOST_PANELS,
    held,
    last_slopes,
    number,
    panel_title,
    rug_values,
    value_text,
    with_unit,
)
from mlm_steps.figures.svg.colours import COLOURS, DASHES, MARKS
from mlm_steps.figures.svg.lettering import estimate_text, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records.effects import FittedLine, SimpleSlopes, SlopeAt

__all__ = ["simple_slopes"]


def simple_slopes(given: FigureInput) -> Figure | None:
    """Return the lines of the last rung with an interaction; None if no rung has one."""
    pairs = _distinct([pair for pair in last_slopes(given) if pair.lines])
    if not pairs:
        return None
    shown = pairs[:MOST_PANELS]
    model = safe(given.run.labels.model(pairs[0].model))
    title = f"Simple slopes in {model}"
    svg = document([_draw(given, pair) for pair in shown], title)
    reading = _reading(given, shown, len(pairs))
    outcome = _outcome_label(given, shown[0])
    expected = outcome if _mean(shown[0]) else f"expected {outcome}"
    alt = (
        f"Line plots of the {expected} on the vertical axis over a predictor on the horizontal one, "
        f"a line with a band for each value of the moderator. {reading}"
    )
    return Figure("simple_slopes", title, reading, alt, svg, _data(given, pairs))


def _distinct(pairs: list[SimpleSlopes]) -> list[SimpleSlopes]:
    """Return one result per set of lines, since the contrasts of a focal category share their lines."""
    seen = {(pair.focal, pair.moderator, pair.conditions): pair for pair in reversed(pairs)}
    return list(reversed(seen.values()))


def _mean(pair: SimpleSlopes) -> bool:
    """Return whether the lines have the mean outcome, as those of generalized models."""
    return any(line.population for line in pair.lines)


def _outcome_label(given: FigureInput, pair: SimpleSlopes) -> str:
    """Return the label of the vertical axis."""
    fit = given.run.fit(pair.model)
    return mean_axis(given, fit) if _mean(pair) else with_unit(given, fit.outcome)


def _drawn(line: FittedLine) -> Sequence[tuple[str | float, float, float, float]]:
    """Return the points that are drawn: the population average of a generalized model, or the line."""
    return line.population or line.points


def _draw(given: FigureInput, pair: SimpleSlopes) -> Plane:
    category = isinstance(pair.lines[0].points[0][0], str) or pair.focal_contrast is not None
    up = _outcome_label(given, pair)
    plane = Plane(panel_title(given, pair), with_unit(given, pair.focal), up, width=WIDE, height=230)
    heights = [value for line in pair.lines for point in _drawn(line) for value in point[1:]]
    moderator = safe(given.run.labels.column(pair.moderator))
    if category:
        ticks = [value_text(point[0]) for point in pair.lines[0].points]
        plane.span((-0.5, len(ticks) - 0.5), range_of(heights))
        plane.name_x(dict(enumerate(ticks)))
    else:
        plane.limits([float(point[0]) for line in pair.lines for point in _drawn(line)], heights)
    for index, line in enumerate(pair.lines):
        (_draw_levels if category else _draw_line)(plane, line, index, len(pair.lines))
        colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        mark = MARKS[index % len(MARKS)] if category else ""
        name = f"{moderator}: {value_text(line.value)}" if not index else value_text(line.value)
        plane.key.append(Key(name, colour, dash=dash, mark=mark, width=2.4))
    if not category and pair.focal in given.frame:
        plane.rug(rug_values(given.frame[pair.focal].to_numpy(dtype=float).tolist()))
    return plane


def _draw_line(plane: Plane, line: FittedLine, index: int, _: int) -> None:
    rows = [(float(x), y, low, high) for x, y, low, high in _drawn(line)]
    colour = COLOURS[index % len(COLOURS)]
    plane.band(
        [(row[0], row[2]) for row in rows], [(row[0], row[3]) for row in rows], colour=colour, opacity=0.16
    )
    points = [(row[0], row[1]) for row in rows]
    plane.line(points, colour=colour, dash=DASHES[index % len(DASHES)], width=2.4)


def _draw_levels(plane: Plane, line: FittedLine, index: int, count: int) -> None:
    """Draw means with their intervals; those at different values of the moderator are side by side."""
    shift = min(0.16, 0.6 / count) * (index - (count - 1) / 2)
    colour = COLOURS[index % len(COLOURS)]
    points = [(position + shift, point[1]) for position, point in enumerate(_drawn(line))]
    ends = [
        [(position + shift, point[2]), (position + shift, point[3])]
        for position, point in enumerate(_drawn(line))
    ]
    plane.lines(ends, colour=colour, width=1.4)
    plane.line(points, colour=colour, dash=DASHES[index % len(DASHES)], width=1.4)
    plane.marks(points, colour=colour, size=7, kind=MARKS[index % len(MARKS)])


def _reading(given: FigureInput, shown: list[SimpleSlopes], count: int) -> str:
    sentences = []
    for pair in shown:
        labels = given.run.labels
        where, w = held(given, pair.conditions), safe(labels.column(pair.moderator))
        slopes = [
            f"{value} where {w} is {value_text(at.value)}"
            for at, value in ((at, _slope_text(at)) for at in pair.slopes)
            if value
        ]
        name = pair.ratio_kind or f"slope{scale_words(given.run.fit(pair.model))}"
        sentences.append(
            f"The {name} of {safe(labels.column(pair.focal))}{f' with {where}' if where else ''} is "
            f"{', '.join(slopes) or 'not estimable'}."
        )
    if count > len(shown):
        sentences.append(f"{len(shown)} of {count} panels are drawn; the table holds all.")
    average = " Lines are averages over the groups." if any(map(_mean, shown)) else ""
    sentences.append(f"Bands are pointwise, for the population of groups.{average}")
    return " ".join(sentences)


def _slope_text(at: SlopeAt) -> str:
    """Return a slope as the tables print it; empty if it cannot be estimated."""
    value = _slope(at)
    if value is None:
        return ""
    return estimate_text(value, at.slope.se) if at.ratio is None else number(value)


def _slope(at: SlopeAt) -> float | None:
    """Return a slope, or its exponential if that has a name."""
    return at.slope.estimate if at.ratio is None else at.ratio.estimate


def _data(given: FigureInput, pairs: list[SimpleSlopes]) -> Rows:
    rows = tuple(
        (pair.focal, pair.moderator, held(given, pair.conditions), line.value, *point)
        for pair in pairs
        for line in pair.lines
        for point in _drawn(line)
    )
    return ("focal", "moderator", "conditions", "value", "x", "expected", "low", "high"), rows
