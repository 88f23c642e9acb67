"""The pooled slope of a predictor beside its slopes within and between groups (statistics, section 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.build import factor_codes
from mlm_steps.engine.result.spread import split_by_group
from mlm_steps.figures.base import Figure, FigureInput, Rows, spread, units_label
from mlm_steps.figures.svg.colours import BLUE, FAINT, INK, VERMILION
from mlm_steps.figures.svg.lettering import estimate_text, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane, Point
from mlm_steps.records import SlopeComparison

__all__ = ["within_between"]

Array = NDArray[np.float64]

MOST_PANELS = 4
"""Largest number of predictors with a panel each, in the order of the table, which holds all."""
MOST_GROUPS = 60
"""Largest number of groups with a line, a sample if there are more: more lines could not be followed."""
MOST_POINTS = 500
"""Largest number of group means that are drawn, a sample if there are more."""
STYLES = {
    "pooled": (INK, "6 3", "pooled"),
    "between": (VERMILION, "", "between groups"),
}
"""Colour, dashes and name of the two slopes with one line."""


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """The group means of one predictor and the outcome, and its lines.

    Attributes
    ----------
    of : SlopeComparison
    x, y : ndarray, shape (J,)
        Group means.
    lines : tuple of (str, Array, Array)
        Kind, and x and y of the two ends of each line; the within slope has one line per drawn group.
    """

    of: SlopeComparison
    x: Array
    y: Array
    lines: tuple[tuple[str, Array, Array], ...]


def within_between(given: FigureInput) -> Figure | None:
    """Return the lines of each predictor; None if none varies within and between groups."""
    found = given.run.data_profile.slopes[:MOST_PANELS]
    if not found or not given.run.models:
        return None
    panels = [_panel(given, of) for of in found]
    title = "Slopes over all observations, within groups and between groups"
    svg = document([_draw(given, panel) for panel in panels], title)
    reading = " ".join(_reading(given, panel.of) for panel in panels)
    if any(len(panel.x) > MOST_POINTS for panel in panels):
        reading += f" A sample of {MOST_POINTS} group means is drawn, with a fixed seed."
    steeper = " ".join(_finding(given, panel.of) for panel in panels)
    alt = f"Group means of outcome over predictor as points, with lines of the three slopes. {steeper}"
    return Figure("within_between", title, reading, alt, svg, _data(panels))


def _panel(given: FigureInput, of: SlopeComparison) -> _Panel:
    groups = {":".join(columns): columns for formula in given.formulas.values() for columns in formula.groups}
    refs = factor_codes(given.frame, groups[of.factor])
    both = given.frame[[of.variable, of.outcome]].to_numpy(dtype=np.float64)
    away, means = split_by_group(both, refs)
    first = np.unique(refs, return_index=True)[1]
    x, y = means[first].T
    return _Panel(of, x, y, tuple(_lines(of, both, x, y, float(away[:, 0].std()))))


def _lines(
    of: SlopeComparison, both: Array, x: Array, y: Array, sd: float
) -> Iterator[tuple[str, Array, Array]]:
    slopes: dict[str, float] = {slope.kind: slope.estimate for slope in of.slopes}
    for index in spread(len(x), MOST_GROUPS):
        ends = np.array([x[index] - sd, x[index] + sd])
        yield "within", ends, y[index] + slopes["within"] * (ends - x[index])
    centre_x, centre_y = both.mean(axis=0)
    for kind, ends in (
        ("between", np.array([x.min(), x.max()])),
        ("pooled", np.array([both[:, 0].min(), both[:, 0].max()])),
    ):
        yield kind, ends, centre_y + slopes[kind] * (ends - centre_x)


def _draw(given: FigureInput, panel: _Panel) -> Plane:
    labels = given.run.labels
    plane = Plane(
        "", labels.column(panel.of.variable), labels.column(panel.of.outcome), width=WIDE, height=220
    )
    ends = [panel.x, *(x for _, x, _ in panel.lines)], [panel.y, *(y for *_, y in panel.lines)]
    plane.limits(*(np.concatenate(values).tolist() for values in ends))
    drawn = list(spread(len(panel.x), MOST_POINTS))
    means = list(zip(panel.x[drawn].tolist(), panel.y[drawn].tolist(), strict=True))
    plane.points(means, colour=FAINT, size=5.0, opacity=0.8)
    within = [_path(x, y) for kind, x, y in panel.lines if kind == "within"]
    plane.lines(within, colour=BLUE, width=0.9, opacity=0.7)
    plane.key = [Key("within groups", BLUE, dash="", width=1.2)]
    for kind, x, y in panel.lines:
        if kind != "within":
            colour, dash, name = STYLES[kind]
            plane.line(_path(x, y), colour=colour, dash=dash, width=2.6, halo=True)
            plane.key.append(Key(name, colour, dash=dash, width=2.6))
    plane.key.append(Key("group means", FAINT, mark="o"))
    return plane


def _path(x: Array, y: Array) -> list[Point]:
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _finding(given: FigureInput, of: SlopeComparison) -> str:
    """Return in a few words, beside the caption, which line is the steeper one."""
    within, between = (abs(slope.estimate) for kind in ("within", "between") if (slope := of.slope(kind)))
    which = "within groups" if within > between else "between groups"
    return f"The line {which} is the steeper one for {safe(given.run.labels.column(of.variable))}."


def _reading(given: FigureInput, of: SlopeComparison) -> str:
    x, units = safe(given.run.labels.column(of.variable)), units_label(given, of.factor)
    least = max(slope.se for slope in of.slopes if slope.kind != "contextual")
    values = {
        slope.kind: estimate_text(slope.estimate, least if slope.kind == "pooled" else slope.se)
        for slope in of.slopes
    }
    return (
        f"{x}: slope {values['pooled']} over all observations, {values['within']} within and "
        f"{values['between']} between {units}."
    )


def _data(panels: Sequence[_Panel]) -> Rows:
    rows: list[tuple[object, ...]] = []
    for panel in panels:
        key = (panel.of.outcome, panel.of.variable, panel.of.factor)
        rows += [(*key, "mean", float(x), float(y)) for x, y in zip(panel.x, panel.y, strict=True)]
        for kind, xs, ys in panel.lines:
            rows += [(*key, kind, float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    return ("outcome", "variable", "factor", "kind", "x", "y"), tuple(rows)
