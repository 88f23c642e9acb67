"""The power of planned studies over the number of groups, or over the size of the effect."""

from __future__ import annotations

from typing import NamedTuple

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.svg.colours import COLOURS, DASHES
from mlm_steps.figures.svg.lettering import number, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import MEDIUM, Key, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records.power import PowerRecord, PowerScenario

__all__ = ["power_curve"]

MOST_PANELS = 4
"""Largest number of effects that are drawn; tables hold all."""
MOST_LINES = 6
"""Largest number of curves per panel, as many as there are colours."""
NORMAL = 1.959964
"""The normal quantile of a 95 % interval."""
X_WORDS = {"groups": "Groups", "estimate": "Size of the effect"}


class _Point(NamedTuple):
    x: float
    power: float
    low: float | None
    high: float | None
    method: str


Curves = dict[str, list[_Point]]


def power_curve(given: FigureInput) -> Figure | None:
    """Return the figure; None without planned studies or without a curve."""
    record = given.run.result(PowerRecord, "power_result")
    if not isinstance(record, PowerRecord):
        return None
    effects = [each.effect for each in record.scenarios[0].closed.effects if each.power is not None]
    x_name = "groups" if _varies(record) else "estimate"
    panels = {name: found for name in effects if (found := _curves(record, name, x_name))}
    panels = dict([*panels.items()][:MOST_PANELS])
    if not panels:
        return None
    title = f"Power over the {'number of groups' if x_name == 'groups' else 'size of the effect'}"
    svg = document([_draw(record, *each, x_name) for each in panels.items()], title)
    reading = _reading(record)
    alt = (
        f"Curves of the power from 0 to 1, one panel per effect, over the {X_WORDS[x_name].lower()}, "
        f"with a line at {record.target:g}. {reading}"
    )
    return Figure("power_curve", title, reading, alt, svg, _data(panels, x_name))


def _group_names(record: PowerRecord) -> set[str]:
    return {"groups", record.parameters[0].parameter.removeprefix("groups: ")}


def _varies(record: PowerRecord) -> bool:
    """Return whether the number of groups varies, in the grid or along a curve."""
    in_grid = any(len(record.grid.get(name, ())) > 1 for name in _group_names(record))
    return in_grid or any(point.x_name == "groups" for each in record.scenarios for point in each.curve)


def _curves(record: PowerRecord, effect: str, x_name: str) -> Curves:
    """Return the curves of one effect by the assumptions that tell them apart."""
    found: Curves = {}
    for scenario in record.scenarios:
        label = _label(record, scenario)
        own = [point for point in scenario.curve if (point.effect, point.x_name) == (effect, x_name)]
        found.setdefault(label, []).extend(
            _Point(each.x, each.power, each.low, each.high, each.method) for each in own
        )
        if x_name == "groups" and not own:
            found[label] += _of_design(scenario, effect)
    kept = [
        (label, sorted(points, key=lambda each: (each.x, each.method)))
        for label, points in found.items()
        if points
    ]
    return dict(kept[:MOST_LINES])


def _of_design(scenario: PowerScenario, effect: str) -> list[_Point]:
    k = next(i for i, each in enumerate(scenario.closed.effects) if each.effect == effect)
    closed, own = scenario.closed.effects[k], scenario.effects[k]
    x = float(scenario.closed.groups)
    points = [] if closed.power is None else [_Point(x, closed.power, None, None, "closed")]
    if own.conditional is not None:
        reach = NORMAL * (own.conditional_se or 0.0)
        low, high = max(0.0, own.conditional - reach), min(1.0, own.conditional + reach)
        points.append(_Point(x, own.conditional, low, high, "conditional"))
    elif own.power is not None:
        points.append(_Point(x, own.power, own.ci_low, own.ci_high, "count"))
    return points


def _label(record: PowerRecord, scenario: PowerScenario) -> str:
    names = _group_names(record)
    kept = [f"{name} {value:g}" for name, value in scenario.closed.cell.items() if name not in names]
    return ", ".join(kept)


def _draw(record: PowerRecord, effect: str, curves: Curves, x_name: str) -> Plane:
    plane = Plane(safe(effect), X_WORDS[x_name], "Power", width=MEDIUM, height=200)
    plane.span(range_of([each.x for points in curves.values() for each in points]), (-0.02, 1.02))
    plane.grid()
    plane.level(record.target, dash="2 3", width=1.2)
    for k, (label, points) in enumerate(curves.items()):
        _draw_points(plane, points, COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)])
        if label and len(curves) > 1:
            plane.key.append(Key(safe(label), COLOURS[k % len(COLOURS)], dash=DASHES[k % len(DASHES)]))
    return plane


def _draw_points(plane: Plane, points: list[_Point], colour: str, dash: str) -> None:
    """Draw one curve: the line of a method with its band, and dots of simulated designs."""
    methods = {each.method for each in points}
    line = "line" if "line" in methods else "closed" if "closed" in methods else "conditional"
    on_line = [each for each in points if each.method == line]
    banded = [each for each in on_line if each.low is not None and each.high is not None]
    lower = [(each.x, each.low or 0.0) for each in banded]
    upper = [(each.x, each.high or 0.0) for each in banded]
    plane.band(lower, upper, colour=colour, opacity=0.2)
    plane.line([(each.x, each.power) for each in on_line], colour=colour, dash=dash, width=1.8)
    dots = [each for each in points if each.method in ("conditional", "count") and line != "conditional"]
    dots += on_line if len(on_line) == 1 else []
    plane.marks([(each.x, each.power) for each in dots], colour=colour, size=6)
    for each in dots:
        if each.low is not None and each.high is not None:
            plane.line([(each.x, each.low), (each.x, each.high)], colour=colour, width=1.3)


def _reading(record: PowerRecord) -> str:
    """Return the range of the power of each effect over the scenarios."""
    parts = []
    for k, effect in enumerate(record.scenarios[0].closed.effects[:MOST_PANELS]):
        values = [_best(scenario, k) for scenario in record.scenarios]
        known = [value for value in values if value is not None]
        if known:
            span = " to ".join(dict.fromkeys((f"{min(known):.3f}", f"{max(known):.3f}")))
            parts.append(f"{safe(effect.effect)} has power {span}")
    what = "the declared design" if len(record.scenarios) == 1 else "the designs of the grid"
    marks = "; dots are simulated, with 95 % intervals, lines are closed forms" if record.replicates else ""
    if any(point.method == "line" for each in record.scenarios for point in each.curve):
        marks = "; dots are simulated designs, the line through them has a 95 % band"
    elif not _varies(record):
        marks = ""
    return f"In {what}, {', '.join(parts)}{marks}. The dotted line is the target, {number(record.target, 2)}."


def _best(scenario: PowerScenario, k: int) -> float | None:
    own = scenario.effects[k]
    for value in (own.conditional, own.power):
        if value is not None:
            return value
    return scenario.closed.effects[k].power


def _data(panels: dict[str, Curves], x_name: str) -> Rows:
    rows = tuple(
        (effect, label, *point)
        for effect, curves in panels.items()
        for label, points in curves.items()
        for point in points
    )
    return ("effect", "assumptions", x_name, "power", "low", "high", "method"), rows
