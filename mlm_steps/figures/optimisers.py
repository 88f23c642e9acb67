"""How far from the best criterion each optimiser ended, for the rungs that were checked."""

from __future__ import annotations

import math

from mlm_steps.figures.base import Figure, FigureInput, Rows
from mlm_steps.figures.svg.colours import BLUE, GREY, VERMILION
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import MEDIUM, Key, Plane
from mlm_steps.records.allfit import AllFitRecord, RefitRow, RungRefits

__all__ = ["optimisers"]

MOST_PANELS = 4
"""Largest number of rungs that are drawn; the table holds all."""
ROW = 19.0
"""Height of a row in pixels."""
SMALLEST, LARGEST = -8.0, 4.0
"""Powers of ten between which differences of the criterion are drawn; others stand at the ends."""
SAME = -3.0
"""The power of ten of the difference below which two optima count as the same (statistics, section 12)."""
ENDED = ("converged", "singular", "doubtful")


def optimisers(given: FigureInput) -> Figure | None:
    """Return a strip per rung that was checked, those where optimisers differ first; None without any."""
    record = given.run.result(AllFitRecord, "allfit")
    rungs = record.rungs if isinstance(record, AllFitRecord) else ()
    fitted = {*given.run.models}
    found = [rung for rung in rungs if rung.model in fitted and any(map(_drawn, rung.refits))]
    if not found:
        return None
    shown = sorted(found, key=lambda rung: rung.agree)[:MOST_PANELS]
    title = "Criterion that each optimiser reached"
    reading = _reading(found, len(shown))
    alt = f"Dots, one row per optimiser; logarithmic axis: difference from the best criterion. {reading}"
    svg = document([_draw(given, rung) for rung in shown], title)
    return Figure("optimisers", title, reading, safe(alt), svg, _data(found))


def _drawn(row: RefitRow) -> bool:
    return row.delta is not None and math.isfinite(row.delta)


def _power(delta: float | None) -> float:
    return min(max(math.log10(max(delta or 0.0, 10**SMALLEST)), SMALLEST), LARGEST)


def _draw(given: FigureInput, rung: RungRefits) -> Plane:
    names = list(dict.fromkeys(row.optimizer for row in rung.refits if _drawn(row)))
    title = safe(given.run.labels.model(rung.model))
    across = "Difference from the best criterion"
    plane = Plane(title, across, width=MEDIUM, height=ROW * len(names) + 6)
    plane.span((SMALLEST - 0.4, LARGEST + 0.4), (0.0, 1.0))
    plane.name_rows(names)
    plane.name_x(
        {-8.0: "≤ 10⁻⁸", -6.0: "10⁻⁶", -4.0: "10⁻⁴", -2.0: "0.01", 0.0: "1", 2.0: "100", 4.0: "≥ 10⁴"}
    )
    plane.grid()
    plane.upright(SAME, dash="4 3")
    for row in filter(_drawn, rung.refits):
        colour = BLUE if row.status in ENDED else VERMILION
        start = row.start == "default"
        place = (_power(row.delta), 0.14 * (1 if start else -1) - names.index(row.optimizer))
        kind = "o" if row.status in ENDED else "D"
        plane.marks([place], colour=colour, size=6.5, kind=kind, hollow=start)
    plane.key = [
        Key("from the optimum", GREY, mark="o"), Key("from 1", GREY, mark="o", hollow=True),
        *([Key("not at the optimum", VERMILION, mark="D")] if _wrong(rung) else []),
    ]  # fmt: skip
    return plane


def _wrong(rung: RungRefits) -> int:
    return sum(_drawn(row) and row.status not in ENDED for row in rung.refits)


def _reading(found: list[RungRefits], shown: int) -> str:
    drawn = [row for rung in found for row in rung.refits if _drawn(row)]
    same = sum(_power(row.delta) <= SAME for row in drawn)
    noun = "rung" if len(found) == 1 else "rungs"
    rest = f" {shown} of {len(found)} rungs are drawn." if shown < len(found) else ""
    return (
        f"{same} of {len(drawn)} searches in {len(found)} {noun} ended within 0.001 of the best "
        f"criterion, left of the dashed line.{rest}"
    )


def _data(found: list[RungRefits]) -> Rows:
    rows = tuple(
        (rung.model, row.optimizer, row.start, row.delta, row.status)
        for rung in found
        for row in rung.refits
        if _drawn(row)
    )
    return ("model", "optimizer", "start", "difference", "status"), rows
