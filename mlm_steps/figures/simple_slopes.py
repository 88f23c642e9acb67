"""Fitted lines at values of a moderator, with bands and the observed values of the predictor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlm_steps.figures.base import (
    COLOURS,
    LINE_STYLES,
    Figure,
    FigureInput,
    Rows,
    finish,
    safe,
    settings,
    shorten,
    style_axes,
)
from mlm_steps.figures.generalized import mean_axis, scale_words
from mlm_steps.figures.interaction import (
    MOST_PANELS,
    draw_rug,
    held,
    last_slopes,
    number,
    panel_grid,
    panel_title,
    value_text,
    with_unit,
)
from mlm_steps.records.effects import FittedLine, SimpleSlopes, SlopeAt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["simple_slopes"]

MARKERS = "os^Dvp"


def simple_slopes(given: FigureInput) -> Figure | None:
    """Return the lines of the last rung with an interaction; None if no rung has one."""
    pairs = _distinct([pair for pair in last_slopes(given) if pair.lines])
    if not pairs:
        return None
    shown = pairs[:MOST_PANELS]
    model = safe(given.run.labels.model(pairs[0].model))
    title = f"Simple slopes in {model}"
    with settings():
        figure, panels = panel_grid(len(shown))
        for axes, pair in zip(panels, shown, strict=True):
            _draw(axes, given, pair)
        svg = finish(figure, "simple_slopes", title)
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


def _draw(axes: Axes, given: FigureInput, pair: SimpleSlopes) -> None:
    category = isinstance(pair.lines[0].points[0][0], str) or pair.focal_contrast is not None
    for index, line in enumerate(pair.lines):
        if category:
            _draw_levels(axes, line, index, len(pair.lines))
        else:
            _draw_line(axes, line, index)
    if category:
        ticks = [value_text(point[0]) for point in pair.lines[0].points]
        axes.set_xticks(range(len(ticks)), [shorten(tick, 16) for tick in ticks])
        axes.set_xlim(-0.5, len(ticks) - 0.5)
    elif pair.focal in given.frame:
        draw_rug(axes, given.frame[pair.focal].to_numpy(dtype=float).tolist())
    axes.set_xlabel(shorten(with_unit(given, pair.focal), 60))
    axes.set_ylabel(shorten(_outcome_label(given, pair), 60))
    style_axes(axes)
    axes.set_title(shorten(panel_title(given, pair), 62), fontsize=10, loc="left")
    axes.legend(
        title=shorten(safe(given.run.labels.column(pair.moderator)), 40), loc="best", frameon=False,
        fontsize=9, title_fontsize=9, handlelength=3.2,
    )  # fmt: skip


def _draw_line(axes: Axes, line: FittedLine, index: int) -> None:
    x = [float(point[0]) for point in _drawn(line)]
    _, y, low, high = zip(*_drawn(line), strict=True)
    colour = COLOURS[index % len(COLOURS)]
    axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(
        x, y, color=colour, linestyle=LINE_STYLES[index % len(LINE_STYLES)], linewidth=2.2,
        label=shorten(value_text(line.value), 30),
    )  # fmt: skip


def _draw_levels(axes: Axes, line: FittedLine, index: int, count: int) -> None:
    """Draw means with their intervals; those at different values of the moderator are side by side."""
    shift = 0.16 * (index - (count - 1) / 2)
    points = _drawn(line)
    x = [position + shift for position in range(len(points))]
    y = [point[1] for point in points]
    ends = [[point[1] - point[2] for point in points], [point[3] - point[1] for point in points]]
    axes.errorbar(
        x, y, yerr=ends, color=COLOURS[index % len(COLOURS)], linewidth=1.4, capsize=3, markersize=6,
        linestyle=LINE_STYLES[index % len(LINE_STYLES)], marker=MARKERS[index % len(MARKERS)],
        label=shorten(value_text(line.value), 30),
    )  # fmt: skip


def _reading(given: FigureInput, shown: list[SimpleSlopes], count: int) -> str:
    sentences = []
    for pair in shown:
        labels = given.run.labels
        where, w = held(given, pair.conditions), safe(labels.column(pair.moderator))
        slopes = [
            f"{number(value)} where {w} is {value_text(at.value)}"
            for at, value in ((at, _slope(at)) for at in pair.slopes)
            if value is not None
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
