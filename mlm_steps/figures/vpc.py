"""The share of variance between groups as a function of the predictor of a random slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label, spread, units_label
from mlm_steps.figures.scene import with_unit
from mlm_steps.figures.svg.colours import COLOURS, DASHES
from mlm_steps.figures.svg.lettering import number, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.records import Icc, VarianceRecord
from mlm_steps.records.spelling import unquote_name

__all__ = ["vpc"]

MOST_RUG = 300
"""Largest number of marks of the rug, a sample of the values if there are more: more marks would merge."""
POINTS = 60
"""Number of points of a curve, enough for a smooth line in a figure of this size."""
SMOOTH = 3
"""Number of values that determine a curve: the odds of the share are a quadratic function of x."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """The shares of one grouping factor along one predictor; ``known`` are those of the table."""

    group: str
    effect: str
    x: Array
    y: Array
    known: tuple[Icc, ...]
    least: Icc | None


def vpc(given: FigureInput) -> Figure | None:
    """Return the curves of the last rung with a random slope of one predictor; None without such a rung."""
    fitted = {*given.run.models}
    found = [(record, _curves(record)) for record in given.run.variance if record.model in fitted]
    last = next(((record, curves) for record, curves in reversed(found) if curves), None)
    if last is None:
        return None
    record, curves = last
    shown = [curve for curve in curves if curve.effect == curves[0].effect]
    title = f"Share of variance between groups along {_label(given, shown[0].effect)}"
    svg = document([_draw(given, shown)], title)
    reading = _reading(given, record, shown[0])
    alt = (
        f"Line plot. Horizontal axis: {_label(given, shown[0].effect)}, over its observed range. Vertical "
        f"axis: share of the random and residual variance that lies between groups. {_finding(shown[0])}"
    )
    return Figure("vpc", title, reading, alt, svg, _data(record, shown))


def _curves(record: VarianceRecord) -> list[_Curve]:
    """Return a curve per grouping factor with a random slope of one numeric predictor."""
    curves = []
    for group in dict.fromkeys(row.group for row in record.icc if row.kind == "vpc" and row.x is not None):
        rows = [row for row in record.icc if row.group == group and row.x is not None]
        known = tuple(sorted((r for r in rows if r.kind == "vpc"), key=lambda row: row.x or 0.0))
        if len(known) < SMOOTH or any(row.value is None or row.value >= 1 for row in known):
            continue
        x, y = _smooth(known)
        least = next((row for row in rows if row.kind == "vpc_minimum"), None)
        inside = least is not None and x[0] < (least.x or 0.0) < x[-1]
        curves.append(_Curve(group or "", known[0].effect or "", x, y, known, least if inside else None))
    return curves


def _smooth(known: tuple[Icc, ...]) -> tuple[Array, Array]:
    """Return the curve through the values of the table, by the parabola of their odds."""
    at = [known[0], known[len(known) // 2], known[-1]]
    places = np.array([row.x for row in at], dtype=np.float64)
    values = np.array([row.value for row in at], dtype=np.float64)
    x = np.linspace(places[0], places[-1], POINTS)
    odds = np.zeros(POINTS)
    for i in range(SMOOTH):
        others = [j for j in range(SMOOTH) if j != i]
        weights = np.prod([(x - places[j]) / (places[i] - places[j]) for j in others], axis=0)
        odds += values[i] / (1 - values[i]) * weights
    odds = np.maximum(odds, 0.0)
    return x, odds / (1 + odds)


def _draw(given: FigureInput, curves: list[_Curve]) -> Plane:
    plane = Plane("", _label(given, curves[0].effect), "Share between groups (%)", width=WIDE, height=210)
    top = max(float(curve.y.max()) for curve in curves)
    x = (float(curves[0].x[0]), float(curves[0].x[-1]))
    plane.span(x, (0.0, min(100.0, 115 * top) or 100.0))
    plane.grid()
    for position, curve in enumerate(curves):
        colour, dash = COLOURS[position % len(COLOURS)], DASHES[position % len(DASHES)]
        points = list(zip(curve.x.tolist(), (100 * curve.y).tolist(), strict=True))
        plane.line(points, colour=colour, width=2.0, dash=dash)
        places = [curve.known[0], curve.known[-1], *([curve.least] if curve.least is not None else [])]
        ends = [(row.x or 0.0, 100 * (row.value or 0.0)) for row in places]
        plane.marks(ends, colour=colour, size=7)
        for index, (at, share) in enumerate(ends):
            anchor = ("start", "end", "middle")[index]
            plane.text(at, share, f"{share:.1f}", move=((4.0, -4.0, 0.0)[index], -9.0), anchor=anchor)
        if len(curves) > 1:
            plane.key.append(Key(group_label(given, curve.group), colour, dash=dash))
    plane.rug(_observed(given, curves[0].effect))
    return plane


def _observed(given: FigureInput, effect: str) -> list[float]:
    """Return values of the predictor for the rug, a sample of them if there are many."""
    name = unquote_name(effect)
    if name not in given.frame:
        return []
    values = np.unique(given.frame[name].to_numpy(dtype=float))
    return [float(values[index]) for index in spread(len(values), MOST_RUG)]


def _label(given: FigureInput, effect: str) -> str:
    name = unquote_name(effect)
    return with_unit(given, name) if name in given.frame.columns else safe(effect)


def _finding(curve: _Curve) -> str:
    """Return in a few words, beside the caption, at which end of the predictor the share is larger."""
    first, last = ((row.value or 0.0) for row in (curve.known[0], curve.known[-1]))
    return f"The share is larger at the {'low' if first > last else 'high'} end of the range."


def _reading(given: FigureInput, record: VarianceRecord, curve: _Curve) -> str:
    first, last = curve.known[0], curve.known[-1]
    model = safe(given.run.labels.model(record.model))
    words = (
        f"In {model}, the share of the random and residual variance that lies between "
        f"{units_label(given, curve.group)} is {_percent(first)} at {number(first.x or 0.0, 3)} and "
        f"{_percent(last)} at {number(last.x or 0.0, 3)}"
    )
    if curve.least is None:
        return f"{words}."
    return f"{words}; it is smallest, {_percent(curve.least)}, at {number(curve.least.x or 0.0, 3)}."


def _percent(row: Icc) -> str:
    return f"{100 * (row.value or 0.0):.1f} %"


def _data(record: VarianceRecord, curves: list[_Curve]) -> Rows:
    rows = tuple(
        (record.model, curve.group, curve.effect, float(x), float(y))
        for curve in curves
        for x, y in zip(curve.x, curve.y, strict=True)
    )
    return ("model", "group", "predictor", "x", "share"), rows
