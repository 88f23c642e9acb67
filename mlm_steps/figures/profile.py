"""Profile likelihoods of the last rung's parameters: zeta and the limits of the intervals."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label
from mlm_steps.figures.svg.colours import BLUE, GREY, PALE
from mlm_steps.figures.svg.lettering import safe, spread_text
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import SMALL, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records import FitRecord, Interval, IntervalRecord, RandomParameter, ZetaCurve
from mlm_steps.records.intervals import random_row

__all__ = ["profile"]

MOST_PANELS = 9
"""Largest number of parameters that are drawn; the table holds all."""
INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True)
class _Panel:
    """One parameter: its label, its profile and its interval."""

    title: str
    curve: ZetaCurve
    interval: Interval


def profile(given: FigureInput) -> Figure | None:
    """Return the profiles of the last rung that has any; None if no rung has."""
    records = {r.model: r for r in given.run.intervals.records if r.curves}
    fit = next((fit for fit in reversed(given.run.fits) if fit.model in records), None)
    if fit is None:
        return None
    record = records[fit.model]
    panels = _panels(given, fit, record)
    label = safe(given.run.labels.model(fit.model))
    panels, found = panels[:MOST_PANELS], len(panels)
    which = f"the first {MOST_PANELS} of {found}" if found > MOST_PANELS else "the"
    title = f"Profiles of {which} parameters of {label}"
    svg = document(_planes(panels, record.confidence), title)
    reading = _reading(panels, record.confidence)
    return Figure("profile", title, reading, _alt(panels, reading), svg, _data(given))


def _panels(given: FigureInput, fit: FitRecord, record: IntervalRecord) -> list[_Panel]:
    intervals = {(interval.kind, interval.what): interval for interval in record.intervals}
    titles = {random_row(row): _title(given, row, fit.model) for row in fit.random}
    return [
        _Panel(
            titles.get(curve.what, _column(given, curve.what, fit.model)),
            curve,
            intervals[curve.kind, curve.what],
        )
        for curve in record.curves
    ]


def _title(given: FigureInput, row: RandomParameter, model: str) -> str:
    if row.effect_1 is None:
        return "SD of the residuals"
    group = group_label(given, row.group)
    if row.effect_2 is None:
        return f"SD of {_column(given, row.effect_1, model)}, {group}"
    first, second = (_column(given, effect, model) for effect in (row.effect_1, row.effect_2))
    return f"Correlation of {first} and {second}, {group}"


def _column(given: FigureInput, name: str, model: str) -> str:
    return "Intercept" if name == INTERCEPT else safe(given.run.effect_label(name, model))


def _planes(panels: list[_Panel], confidence: float) -> list[Plane]:
    from scipy.special import ndtri

    cut = float(ndtri(0.5 + confidence / 2))
    return [_curve(panel, cut) for panel in panels]


def _curve(panel: _Panel, cut: float) -> Plane:
    """Return one profile; it crosses the edges of the grey band at the limits of the interval."""
    plane = Plane(panel.title, "Value of the parameter", "ζ", width=SMALL, height=150)
    plane.span(range_of(panel.curve.values), (-1.35 * cut, 1.35 * cut))
    plane.shade(-cut, cut)
    plane.level(0.0, colour=PALE, dash="")
    plane.upright(panel.curve.estimate, colour=PALE)
    inside = [
        (value, zeta)
        for value, zeta in zip(panel.curve.values, panel.curve.zeta, strict=True)
        if abs(zeta) <= 1.35 * cut
    ]
    plane.line(inside, colour=BLUE, width=1.6)
    plane.points(inside, colour=BLUE, size=4.0, opacity=1.0)
    ends = max(-cut, panel.curve.zeta[0]), min(cut, panel.curve.zeta[-1])
    for limit, zeta in zip((panel.interval.low, panel.interval.high), ends, strict=True):
        if limit is not None:
            plane.line([(limit, zeta), (limit, -1.35 * cut)], colour=GREY, width=1.0, dash="2 2")
    return plane


def _reading(panels: list[_Panel], confidence: float) -> str:
    parts = [
        f"{panel.title} {spread_text(panel.interval.low)} to {spread_text(panel.interval.high)}"
        for panel in panels
        if panel.interval.low is not None and panel.interval.high is not None
    ]
    share = f"{100 * confidence:g}\N{NARROW NO-BREAK SPACE}%"
    bounds = [
        panel.title for panel in panels if "boundary" in (panel.interval.low_code, panel.interval.high_code)
    ]
    reached = (
        f" For these parameters the curve ends inside the band, at the bound of the parameter: "
        f"{', '.join(bounds)}."
        if bounds
        else ""
    )
    return (
        "A straight line means that a Wald interval is adequate; the more a curve bends, the less adequate "
        f"it is. {share} intervals: {'; '.join(parts) or 'none'}.{reached}"
    )


def _alt(panels: list[_Panel], reading: str) -> str:
    return (
        f"{min(len(panels), MOST_PANELS)} line plots, one per parameter: zeta, the signed square root of the "
        f"increase of the ML deviance, against the value at which the parameter is fixed. {reading}"
    )


def _data(given: FigureInput) -> Rows:
    rows = tuple(
        (record.model, curve.kind, curve.what, value, zeta)
        for record in given.run.intervals.records
        for curve in record.curves
        for value, zeta in zip(curve.values, curve.zeta, strict=True)
    )
    return ("model", "kind", "parameter", "value", "zeta"), rows
