"""Sources of variance of each rung as stacked bars (statistics, section 9.4)."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label
from mlm_steps.figures.svg.colours import BLUE, GREEN, ORANGE, PALE, PURPLE, SKY, VERMILION
from mlm_steps.figures.svg.lettering import safe, shorten
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import SMALL, WIDE, Key, Plane
from mlm_steps.records import VarianceRecord

__all__ = ["variance_sources"]

LABELLED = 17.0
"""Pixels of the narrowest segment with a label, which has room for two digits."""
ROW, HALF = 26.0, 0.32
"""Height of a row in pixels, and half the height of a bar in rows."""
NOTHING = 1e-9
"""Smaller shares are rounding error: the model does not have this source of variance."""
SCOPES = {
    "total": "Total",
    "within": "Within groups",
    "between": "Between groups",
    "level 1": "Level 1",
    "level 2": "Level 2",
    "level 3": "Level 3",
}
RANDOM = "rs_random"
TITLE = "Sources of variance of the rungs"


@dataclass(frozen=True, slots=True)
class _Source:
    """One kind of segment: its label, the measures that it sums, its colour and its pattern."""

    label: str
    measures: tuple[tuple[str, str | None], ...]
    colour: str
    hatch: str


TWO = (
    _Source("f₁ fixed, within", (("rs_f1", None),), BLUE, ""),
    _Source("f₂ fixed, between", (("rs_f2", None),), SKY, "/"),
    _Source("v random slopes", (("rs_v1", None), ("rs_v2", None)), GREEN, "|"),
    _Source("m random means", (("rs_m", None),), ORANGE, "\\"),
    _Source("σ² residual", (("rs_sigma2", None),), PALE, ""),
)
SLOPES = ("rs_v12", "rs_v22", "rs_v32", "rs_v13", "rs_v23", "rs_v33")
THREE = (
    _Source("f₁ fixed, level 1", (("rs_f1", None),), BLUE, ""),
    _Source("f₂ fixed, level 2", (("rs_f2", None),), SKY, "/"),
    _Source("f₃ fixed, level 3", (("rs_f3", None),), PURPLE, "x"),
    _Source("v random slopes", tuple((name, None) for name in SLOPES), GREEN, "|"),
    _Source("m₂ means, level 2", (("rs_m2", None),), ORANGE, "\\"),
    _Source("m₃ means, level 3", (("rs_m3", None),), VERMILION, "-"),
    _Source("σ² residual", (("rs_sigma2", None),), PALE, ""),
)
TERMS = ((GREEN, "|"), (ORANGE, "\\"), (PURPLE, "x"), (VERMILION, "-"), (SKY, "/"))
"""Colours and patterns of the random terms of crossed factors, from the first on again after the last."""


def variance_sources(given: FigureInput) -> Figure | None:
    """Return the bars of the rungs that have the sources of the last one; None without such a rung."""
    fitted = {*given.run.models}
    records = [record for record in given.run.variance if record.model in fitted and _scopes(record)]
    if not records:
        return None
    scopes, crossed = _scopes(records[-1]), _is_crossed(records[-1])
    records = [r for r in records if _scopes(r) == scopes and _is_crossed(r) == crossed]
    kinds = _kinds(given, records, crossed=crossed, depth=len(scopes))
    svg = document(_panels(given, records, kinds, scopes), TITLE)
    reading = _reading(given, records[-1])
    alt = (
        "Stacked bars of shares from 0 to 100 percent, one row per rung, for these variances: "
        f"{', '.join(SCOPES[scope].lower() for scope in scopes)}. {reading}"
    )
    return Figure("variance_sources", TITLE, reading, alt, svg, _data(records, kinds, scopes))


def _scopes(record: VarianceRecord) -> tuple[str, ...]:
    """Return the variances of which a rung has shares, in reading order."""
    there = {m.scope for m in record.measures if m.measure.startswith("rs_") and m.value is not None}
    return tuple(scope for scope in SCOPES if scope in there)


def _is_crossed(record: VarianceRecord) -> bool:
    return any(m.measure == RANDOM for m in record.measures)


def _kinds(
    given: FigureInput, records: list[VarianceRecord], *, crossed: bool, depth: int
) -> tuple[_Source, ...]:
    if not crossed:
        return TWO if depth == len(("total", "within", "between")) else THREE
    found = dict.fromkeys(m.scope for record in records for m in record.measures if m.measure == RANDOM)
    terms = []
    for position, scope in enumerate(found):
        group, _, effects = scope.partition(": ")
        label = group_label(given, group) + (f" ({effects})" if effects else "")
        colour, hatch = TERMS[position % len(TERMS)]
        terms.append(_Source(shorten(label, 24), ((RANDOM, scope),), colour, hatch))
    return (_Source("f fixed effects", (("rs_f", None),), BLUE, ""), *terms, TWO[-1])


def _value(record: VarianceRecord, kind: _Source, scope: str) -> float:
    """Return the share that a kind of segment has in one of the variances of a rung."""
    wanted = {(name, at or scope) for name, at in kind.measures}
    found = (m.value or 0.0 for m in record.measures if (m.measure, m.scope) in wanted)
    return float(sum(found))


def _panels(
    given: FigureInput, records: list[VarianceRecord], kinds: tuple[_Source, ...], scopes: tuple[str, ...]
) -> list[Plane]:
    """Return a panel per variance; that of the total has the key."""
    labels = [safe(given.run.labels.model(record.model)) for record in records]
    planes = []
    for scope in scopes:
        whole = scope == "total"
        width, name = (WIDE, "all") if whole else (SMALL, scope.replace(" ", ""))
        plane = Plane(
            f"{SCOPES[scope]} variance" if whole else SCOPES[scope],
            "Share (%)",
            width=width,
            height=ROW * len(records),
            name=f"variance_sources-{name}",
        )
        plane.span((0.0, 1.0), (0.0, 1.0))
        plane.name_rows(labels, share=0.4)
        plane.name_x({0.0: "0", 0.25: "25", 0.5: "50", 0.75: "75", 1.0: "100"})
        for position, record in enumerate(records):
            _bar(plane, position, [_value(record, kind, scope) for kind in kinds], kinds)
        if whole:
            plane.key = [Key(kind.label, kind.colour, area=True, hatch=kind.hatch) for kind in kinds]
        planes.append(plane)
    return planes


def _bar(plane: Plane, position: int, shares: list[float], kinds: tuple[_Source, ...]) -> None:
    """Draw the segments of one bar, with their shares where there is room."""
    start = 0.0
    width = plane.right - plane.left
    for share, kind in zip(shares, kinds, strict=True):
        if share < NOTHING:
            continue
        low, high = (start, -position - HALF), (start + share, HALF - position)
        plane.box(low, high, colour=kind.colour, hatch=kind.hatch, edge=True)
        if share * width >= LABELLED:
            at = start + share / 2
            plane.text(at, -position, _share(share), move=(0.0, 3.5), anchor="middle", size=10)
        start += share


def _share(value: float) -> str:
    """Return a share in whole percent."""
    return f"{100 * value:.0f}"


def _reading(given: FigureInput, record: VarianceRecord) -> str:
    """Return the shares of the last rung in words."""
    total = {m.measure: m.value for m in record.measures if m.scope == "total" and m.value is not None}
    model = safe(given.run.labels.model(record.model))
    fixed, residual = total.get("rs_f", 0.0), total.get("rs_sigma2", 0.0)
    slopes = total.get("rs_v", 0.0)
    words = f"In {model}, the fixed effects account for {100 * fixed:.1f} % of the variance"
    if slopes >= NOTHING:
        words += f", random slopes for {100 * slopes:.1f} %"
    other = "other random effects" if slopes >= NOTHING else "random effects"
    rest = 1 - fixed - residual - slopes
    return f"{words}, {other} for {100 * rest:.1f} %, and the residual for {100 * residual:.1f} %."


def _data(records: list[VarianceRecord], kinds: tuple[_Source, ...], scopes: tuple[str, ...]) -> Rows:
    rows = tuple(
        (record.model, scope, kind.label, _value(record, kind, scope))
        for record in records
        for scope in scopes
        for kind in kinds
        if scope == "total" or _value(record, kind, scope) >= NOTHING
    )
    return ("model", "of", "source", "share"), rows
