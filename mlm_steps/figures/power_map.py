"""The power of planned studies over numbers of groups and of rows per group, with lines of equal cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlm_steps.figures.base import (
    INK,
    VERMILION,
    Figure,
    FigureInput,
    Rows,
    canvas,
    finish,
    number,
    safe,
    settings,
    shorten,
    style_axes,
)
from mlm_steps.records.power import PowerRecord, PowerScenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["power_map"]

MOST_PANELS = 3
"""Largest number of effects that are drawn; the cells of more panels would be too narrow for numbers."""
PALEST = 1.7
"""Power of the darkest colour; values up to 1 are pale enough for dark numbers in their cells."""
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
    with settings():
        figure = canvas(max(5.0, 3.4 * len(maps) + 0.8), 3.8)
        panels = figure.subplots(1, len(maps), sharey=True, squeeze=False)[0]
        for axes, (effect, own) in zip(panels, maps.items(), strict=True):
            _draw(axes, record, effect, own)
        panels[0].set_ylabel("Rows per group")
        figure.subplots_adjust(
            left=0.7 / figure.get_figwidth(), right=0.98, top=0.9, bottom=0.15, wspace=0.08
        )
        svg = finish(figure, "power_map", title)
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


def _draw(axes: Axes, record: PowerRecord, effect: str, own: Map) -> None:
    groups, rows = sorted({J for J, _ in own}), sorted({n for _, n in own})
    values = [[own.get((J, n), float("nan")) for J in groups] for n in rows]
    axes.pcolormesh(range(len(groups) + 1), range(len(rows) + 1), values, cmap="Blues", vmin=0, vmax=PALEST)
    for i, n in enumerate(rows):
        for j, J in enumerate(groups):
            if (J, n) in own:
                power = own[J, n]
                reached = power >= record.target
                axes.text(
                    j + 0.5, i + 0.5, f"{power:.2f}", ha="center", va="center", fontsize=9,
                    color=INK, fontweight="bold" if reached else "normal",
                )  # fmt: skip
    axes.set_xticks([j + 0.5 for j in range(len(groups))], [str(J) for J in groups])
    axes.set_yticks([i + 0.5 for i in range(len(rows))], [f"{n:g}" for n in rows])
    axes.set_xlabel("Groups")
    axes.set_title(shorten(effect, 34), fontsize=10, loc="left")
    style_axes(axes)
    _cost_lines(axes, record, groups, rows)


def _cost_lines(axes: Axes, record: PowerRecord, groups: list[int], rows: list[float]) -> None:
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
        axes.plot(x, y, color=VERMILION, linewidth=1.2, linestyle="--")
        axes.text(
            x[-1], y[-1] + 0.3, number(float(cost), 3), fontsize=7.5, color=VERMILION, ha="center",
            va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


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
