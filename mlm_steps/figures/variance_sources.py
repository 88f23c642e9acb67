"""Sources of variance of each rung as stacked bars (statistics, section 9.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlm_steps.figures.base import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    VERMILION,
    Figure,
    FigureInput,
    Rows,
    canvas,
    finish,
    group_label,
    safe,
    settings,
    shorten,
    style_axes,
)
from mlm_steps.records import VarianceRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

__all__ = ["variance_sources"]

WIDTH = 9.0
"""Width of the figure in inches, as in the other figures."""
LABELLED = 0.03
"""Smallest share whose segment has a label, since a narrower segment has no room for one."""
FIRST_PANEL = 2.0
"""Width of the panel of the total variance, whose bars have the most segments, over that of the others."""
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
    _Source("f₂ fixed, between", (("rs_f2", None),), SKY, "///"),
    _Source("v random slopes", (("rs_v1", None), ("rs_v2", None)), GREEN, "|||"),
    _Source("m random means", (("rs_m", None),), ORANGE, "\\\\\\"),
    _Source("σ² residual", (("rs_sigma2", None),), PALE, ""),
)
SLOPES = ("rs_v12", "rs_v22", "rs_v32", "rs_v13", "rs_v23", "rs_v33")
THREE = (
    _Source("f₁ fixed, level 1", (("rs_f1", None),), BLUE, ""),
    _Source("f₂ fixed, level 2", (("rs_f2", None),), SKY, "///"),
    _Source("f₃ fixed, level 3", (("rs_f3", None),), PURPLE, "xxx"),
    _Source("v random slopes", tuple((name, None) for name in SLOPES), GREEN, "|||"),
    _Source("m₂ means, level 2", (("rs_m2", None),), ORANGE, "\\\\\\"),
    _Source("m₃ means, level 3", (("rs_m3", None),), VERMILION, "---"),
    _Source("σ² residual", (("rs_sigma2", None),), PALE, ""),
)
TERMS = ((GREEN, "|||"), (ORANGE, "\\\\\\"), (PURPLE, "xxx"), (VERMILION, "---"), (SKY, "///"))
"""Colours and patterns of the random terms of crossed factors, from the first on again after the last."""


def variance_sources(given: FigureInput) -> Figure | None:
    """Return the bars of the rungs that have the sources of the last one; None without such a rung."""
    fitted = {fit.model for fit in given.run.fits}
    records = [record for record in given.run.variance if record.model in fitted and _scopes(record)]
    if not records:
        return None
    scopes, crossed = _scopes(records[-1]), _is_crossed(records[-1])
    records = [r for r in records if _scopes(r) == scopes and _is_crossed(r) == crossed]
    kinds = _kinds(given, records, crossed=crossed, depth=len(scopes))
    with settings():
        height = 1.35 + 0.42 * len(records)
        figure = canvas(WIDTH, height)
        _draw(given, figure, records, kinds, scopes, height)
        svg = finish(figure, "variance_sources", TITLE)
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


def _draw(
    given: FigureInput,
    figure: Canvas,
    records: list[VarianceRecord],
    kinds: tuple[_Source, ...],
    scopes: tuple[str, ...],
    height: float,
) -> None:
    widths = [FIRST_PANEL if scope == "total" else 1.0 for scope in scopes]
    panels = figure.subplots(1, len(scopes), sharey=True, squeeze=False, width_ratios=widths)[0]
    figure.subplots_adjust(left=0.2, right=0.985, top=1 - 0.3 / height, bottom=0.85 / height, wspace=0.08)
    labels = [shorten(safe(given.run.labels.model(record.model)), 24) for record in records]
    for axes, scope in zip(panels, scopes, strict=True):
        for position, record in enumerate(records):
            _bar(axes, position, [_value(record, kind, scope) for kind in kinds], kinds)
        axes.set_title(f"{SCOPES[scope]} (%)", fontsize=9.5, color=INK, loc="left", pad=4)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(records) - 0.5, -0.5)
        axes.set_xticks([0, 0.5, 1], ["0", "50", "100" if axes is panels[-1] else ""])
        style_axes(axes)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(records)), labels)
    _legend(figure, kinds)


def _bar(axes: Axes, position: int, shares: list[float], kinds: tuple[_Source, ...]) -> None:
    """Draw the segments of one bar, with their shares where there is room."""
    start = 0.0
    for share, kind in zip(shares, kinds, strict=True):
        if share < NOTHING:
            continue
        axes.barh(
            position, share, left=start, height=0.62, color=kind.colour, hatch=kind.hatch,
            edgecolor="white", linewidth=0.8,
        )  # fmt: skip
        if share >= LABELLED:
            axes.text(
                start + share / 2, position, _share(share), ha="center", va="center", fontsize=6.5,
                color=INK, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85},
            )  # fmt: skip
        start += share


def _legend(figure: Canvas, kinds: tuple[_Source, ...]) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=kind.colour, hatch=kind.hatch, edgecolor="white", label=kind.label) for kind in kinds
    ]
    legend = figure.legend(
        handles=handles, loc="lower center", ncols=min(len(kinds), 5), frameon=False, fontsize=8.5,
        handlelength=1.6, handleheight=1.1, columnspacing=1.4, borderaxespad=0.1,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_color(GREY)


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
