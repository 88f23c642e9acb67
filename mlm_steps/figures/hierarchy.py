"""The hierarchy of the data: the units of each level, their number, and the variables measured on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.labels import observations_of, units_of
from mlm_steps.figures.svg.axes import BOLD
from mlm_steps.figures.svg.colours import BLUE, GREY, GRID, INK
from mlm_steps.figures.svg.lettering import escaped, safe, wrap
from mlm_steps.figures.svg.page import panels_document
from mlm_steps.records import FactorProfile, NestingRelation
from mlm_steps.records.places import factor_depths, place_variables

__all__ = ["hierarchy"]

WIDTH, NARROWEST = 480.0, 150.0
"""Width of the figure in pixels, and the smallest width of a box; many crossed factors make it wider."""
GAP, BETWEEN = 26.0, 34.0
"""Pixels between boxes of a tier and between tiers."""
PAD, LINE = 9.0, 14.5
"""Pixels inside the edge of a box, and the height of a line of text."""
HEAD, BODY = 12.5, 10.5
"""Sizes of the font of the units and of what is told about them."""
MOST_LINES = 9
"""Largest number of lines that the names of variables take; the table of the data holds all."""
CROSSED = {"crossed": "crossed", "partially_crossed": "partly crossed", "equal": "the same groups"}


@dataclass(frozen=True, slots=True)
class _Unit:
    """The units of a factor, or the observations, whose name is empty."""

    name: str
    count: int
    words: str
    sizes: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Box:
    """A unit with its place: left, top, width and height, and the lines of its text below the first."""

    unit: _Unit
    left: float
    top: float
    width: float
    height: float
    head: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


def hierarchy(given: FigureInput) -> Figure | None:
    """Return the diagram; None without fits or without grouping factors."""
    if not given.run.models or not given.run.data_profile.factors:
        return None
    tiers = _tiers(given)
    most = max(map(len, tiers))
    width = max(WIDTH, most * NARROWEST + (most - 1) * GAP)
    boxes = _placed(tiers, width)
    relations = given.run.data_profile.nesting
    height = max(box.top + box.height for box in boxes) + 2
    elements = "\n".join([*_links(boxes, tiers, relations), *map(_drawn, boxes)])
    title = "Units and variables at each level"
    svg = panels_document([(width, -2.0, height + 2, elements)], title)
    reading = _reading(given, tiers)
    alt = f"Diagram of boxes, the highest level at the top, with lines from groups to their units. {reading}"
    return Figure("hierarchy", title, reading, safe(alt), svg, _data(tiers, relations))


def _tiers(given: FigureInput) -> list[list[_Unit]]:
    """Return the grouping factors, the highest tier first, and a last tier of the observations."""
    profile = given.run.data_profile
    sizes = {factor.name: factor.n_levels for factor in profile.factors}
    declared = {c.name: c.declared_level for c in profile.columns if c.declared_level is not None}
    places = place_variables(profile.variable_levels, declared, sizes, profile.nesting)
    grouping = {part for name in sizes for part in (name, *name.split(":"))}
    used = [column.name for column in profile.columns if column.used and column.name not in grouping]
    label = given.run.labels.column
    found: dict[int, list[_Unit]] = {}
    factors = {factor.name: factor for factor in profile.factors}
    for name, depth in factor_depths(sizes, profile.nesting).items():
        own = tuple(safe(label(each)) for each in used if places.get(each) == name)
        unit = _Unit(name, sizes[name], units_of(given, name), _sizes(given, factors[name]), own)
        found.setdefault(depth, []).append(unit)
    rest = tuple(safe(label(each)) for each in used if each not in places)
    return [*found.values(), [_Unit("", profile.rows, observations_of(given), "", rest)]]


def _sizes(given: FigureInput, factor: FactorProfile) -> str:
    """Return how many observations the groups have."""
    rows = observations_of(given)
    if factor.size_min == factor.size_max:
        return f"{factor.size_min} {rows} in each"
    return f"{factor.size_min} to {factor.size_max} {rows} in each, median {factor.size_median:g}"


def _placed(tiers: Sequence[Sequence[_Unit]], width: float) -> list[_Box]:
    boxes, top = [], 0.0
    for tier in tiers:
        wide = min(WIDTH * 0.8, (width - GAP * (len(tier) - 1)) / len(tier))
        left = (width - wide * len(tier) - GAP * (len(tier) - 1)) / 2
        texts = [(_head(unit, wide), _lines(unit, wide)) for unit in tier]
        high = max(2 * PAD + LINE * (len(head) + len(lines)) for head, lines in texts)
        for index, (unit, (head, lines)) in enumerate(zip(tier, texts, strict=True)):
            boxes.append(_Box(unit, left + index * (wide + GAP), top, wide, high, head, lines))
        top += high + BETWEEN
    return boxes


def _head(unit: _Unit, width: float) -> tuple[str, ...]:
    return tuple(wrap(f"{unit.count} {unit.words}", width - 2 * PAD, HEAD * BOLD, most=3))


def _lines(unit: _Unit, width: float) -> tuple[str, ...]:
    room = width - 2 * PAD
    sizes = wrap(unit.sizes, room, BODY, most=3) if unit.sizes else []
    variables = wrap(", ".join(unit.variables), room, BODY, most=MOST_LINES) if unit.variables else []
    return (*sizes, *variables)


def _drawn(box: _Box) -> str:
    """Return a box with its text: the units in bold, the sizes, the variables."""
    place = f'x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    parts = [f'<rect {place} rx="3" fill="{GRID}" stroke="{BLUE}" stroke-width="1.4"/>']
    for index, line in enumerate((*box.head, *box.lines)):
        bold = index < len(box.head)
        look = f'font-size="{HEAD:g}" font-weight="600"' if bold else f'font-size="{BODY:g}"'
        y = box.top + PAD + LINE * (index + 1) - 3.5
        at = f'x="{box.middle:.1f}" y="{y:.1f}" text-anchor="middle"'
        parts.append(f'<text {at} {look} fill="{INK}">{escaped(line)}</text>')
    return "\n".join(parts)


def _links(
    boxes: Sequence[_Box], tiers: Sequence[Sequence[_Unit]], relations: Sequence[NestingRelation]
) -> Iterator[str]:
    """Return lines from groups to the units inside them, and dashed ones between crossed factors."""
    by_name = {box.unit.name: box for box in boxes}
    inside = [(r.outer, r.inner) for r in relations if r.relation == "nested" and _next(tiers, r)]
    outer = {name for name, _ in inside}
    inside += [(box.unit.name, "") for box in boxes if box.unit.name and box.unit.name not in outer]
    for above, below in inside:
        first, last = by_name[above], by_name[below]
        x, y, end = first.middle, first.top + first.height, last.top
        to = min(max(x, last.left + 8), last.left + last.width - 8)
        line = f"M{x:.1f} {y:.1f}L{to:.1f} {end:.1f}"
        fork = f"{line}M{to - 6:.1f} {end:.1f}L{to:.1f} {end - 9:.1f}L{to + 6:.1f} {end:.1f}"
        yield f'<path d="{fork}" stroke="{GREY}" stroke-width="1.4" fill="none"/>'
    for tier in tiers:
        for left, right in pairwise(tier):
            if _relation(relations, left.name, right.name) in CROSSED:
                first, last = by_name[left.name], by_name[right.name]
                x, y = first.left + first.width, first.top + first.height / 2
                yield (
                    f'<path d="M{x:.1f} {y:.1f}H{last.left:.1f}" stroke="{GREY}" stroke-width="1.4" '
                    f'stroke-dasharray="4 3"/><path d="M{x + GAP / 2 - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" '
                    f'stroke="{GREY}" stroke-width="1.4"/>'
                )


def _next(tiers: Sequence[Sequence[_Unit]], relation: NestingRelation) -> bool:
    """Return whether the inner factor is in the tier below the outer one; others follow from these."""
    place = {unit.name: index for index, tier in enumerate(tiers) for unit in tier}
    return place.get(relation.inner, -1) == place.get(relation.outer, -9) + 1


def _relation(relations: Sequence[NestingRelation], first: str, second: str) -> str:
    return next((r.relation for r in relations if {r.inner, r.outer} == {first, second}), "")


def _reading(given: FigureInput, tiers: Sequence[Sequence[_Unit]]) -> str:
    """Return the numbers of units, and how factors relate."""
    counts = " in ".join(
        " and ".join(f"{unit.count} {unit.words}" for unit in tier) for tier in reversed(tiers)
    )
    crossed = [
        f"{units_of(given, r.inner)} and {units_of(given, r.outer)} are {CROSSED[r.relation]}"
        for r in given.run.data_profile.nesting
        if r.relation in CROSSED
    ]
    return ". ".join([counts, *(text[:1].upper() + text[1:] for text in crossed)]) + "."


def _data(tiers: Sequence[Sequence[_Unit]], relations: Sequence[NestingRelation]) -> Rows:
    rows: list[tuple[object, ...]] = []
    for tier in tiers:
        for unit in tier:
            outer = "; ".join(r.outer for r in relations if r.relation == "nested" and r.inner == unit.name)
            crossed = "; ".join(
                {r.inner: r.outer, r.outer: r.inner}[unit.name]
                for r in relations
                if r.relation in CROSSED and unit.name in (r.inner, r.outer)
            )
            rows.append((unit.name, unit.words, unit.count, outer, crossed, "; ".join(unit.variables)))
    return ("factor", "units", "count", "nested_in", "crossed_with", "variables"), tuple(rows)
