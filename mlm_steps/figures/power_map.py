"""The power of planned studies over numbers of groups and of rows per group, with lines of equal cost."""

from __future__ import annotations

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.svg.colours import ALERT, BLUE, VERMILION
from mlm_steps.figures.svg.lettering import number, safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import MEDIUM, Plane
from mlm_steps.records.power import PowerRecord, PowerScenario

__all__ = ["power_map"]

MOST_PANELS = 3
"""Largest number of effects that are drawn; tables hold all."""
DARKEST = 0.45
"""Opacity that a power of 1 adds to its cell; dark numbers are still readable on it."""
COST_LINES = 4
"""Number of lines of equal cost."""

Map = dict[tuple[int, float], float]


def power_map(given: FigureInput) -> Figure | None:
    """Return the figure; None if the grid does not have both groups and rows."""
    record = given.run.result(PowerRecord, "power_result")
    if not isinstance(record, PowerRecord) or not record.scenarios[0].closed.effects:
        return None
    names = {"groups", record.parameters[0].parameter.removeprefix("groups: ")}
    if len(record.grid.get("rows", ())) < 2 or not any(len(record.grid.get(n, ())) > 1 for n in names):
        return None
    shown = _shown(record, names)
    effects = [each.effect for each in record.scenarios[0].closed.effects][:MOST_PANELS]
    maps = {effect: _map(shown, k) for k, effect in enumerate(effects)}
    title = "Power over groups and rows per group"
    svg = document([_draw(record, *each) for each in maps.items()], title)
    reading = _reading(record, maps)
    alt = (
        "One panel per effect: a grid with numbers of groups from left to right, rows per group from bottom "
        f"to top and the power in each cell. {reading}"
    )
    return Figure("power_map", title, reading, alt, svg, _data(maps))


def _shown(record: PowerRecord, names: set[str]) -> list[PowerScenario]:
    """Return the scenarios with the first value of every other entry of the grid."""
    others = {name: values[0] for name, values in record.grid.items() if name not in {*names, "rows"}}
    return [
        each
        for each in record.scenarios
        if all(each.closed.cell[name] == value for name, value in others.items())
    ]


def _map(shown: list[PowerScenario], k: int) -> Map:
    found: Map = {}
    for each in shown:
        own, closed = each.effects[k], each.closed.effects[k].power
        power = own.conditional if own.conditional is not None else own.power
        value = power if power is not None else closed
        if value is not None:
            found[each.closed.groups, each.closed.rows] = value
    return found


def _draw(record: PowerRecord, effect: str, own: Map) -> Plane:
    groups, rows = sorted({J for J, _ in own}), sorted({n for _, n in own})
    plane = Plane(safe(effect), "Groups", "Rows per group", width=MEDIUM, height=max(120.0, 30.0 * len(rows)))
    plane.name_y({i + 0.5: f"{n:g}" for i, n in enumerate(rows)})
    plane.span((0.0, float(len(groups))), (0.0, float(len(rows))))
    plane.name_x({j + 0.5: str(J) for j, J in enumerate(groups)})
    for (J, n), power in own.items():
        j, i = groups.index(J), rows.index(n)
        plane.box((j, i), (j + 1, i + 1), colour=BLUE, opacity=round(0.06 + DARKEST * power, 3), edge=True)
        reached = power >= record.target
        plane.text(j + 0.5, i + 0.5, f"{power:.2f}", move=(0, 3.5), anchor="middle", bold=reached, halo=False)
    _cost_lines(plane, record, groups, rows)
    return plane


def _cost_lines(plane: Plane, record: PowerRecord, groups: list[int], rows: list[float]) -> None:
    """Draw the lines along which groups and rows cost the same; the axes have one unit per value."""
    import numpy as np

    if record.cost_group is None or record.cost_row is None:
        return
    per_group, per_row = record.cost_group, record.cost_row
    costs = np.geomspace(
        groups[0] * (per_group + per_row * rows[0]),
        groups[-1] * (per_group + per_row * rows[-1]),
        COST_LINES + 2,
    )[1:-1]
    n = np.linspace(rows[0], rows[-1], 60)
    for cost in costs:
        J = cost / (per_group + per_row * n)
        inside = (groups[0] <= J) & (groups[-1] >= J)
        if not inside.any():
            continue
        x = np.interp(J[inside], groups, np.arange(len(groups)) + 0.5)
        y = np.interp(n[inside], rows, np.arange(len(rows)) + 0.5)
        plane.line(list(zip(x.tolist(), y.tolist(), strict=True)), colour=VERMILION, width=1.2, dash="5 3")
        label = number(float(cost), 3)
        plane.text(float(x[-1]), float(y[-1]), label, move=(0, -9), anchor="middle", size=9.5, colour=ALERT)


def _reading(record: PowerRecord, maps: dict[str, Map]) -> str:
    """Return the smallest number of rows in all that reaches the target, per effect."""
    parts = []
    for effect, own in maps.items():
        reached = [(J * n, J, n) for (J, n), power in own.items() if power >= record.target]
        if reached:
            _, J, n = min(reached)
            parts.append(
                f"{safe(effect)} reaches {record.target:g} with the fewest rows at {J} groups of {n:g}"
            )
        else:
            parts.append(f"{safe(effect)} reaches {record.target:g} in no cell")
    lines = " Dashed lines join designs of equal cost." if record.cost_group is not None else ""
    return f"{'; '.join(parts)}.{lines}"


def _data(maps: dict[str, Map]) -> Rows:
    rows = tuple((effect, J, n, power) for effect, own in maps.items() for (J, n), power in own.items())
    return ("effect", "groups", "rows", "power"), rows
