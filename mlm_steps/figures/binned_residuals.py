"""Mean residuals of rows with similar fitted values, with the limits of the model."""

from __future__ import annotations

from itertools import pairwise

from mlm_steps.figures.base import Figure, FigureInput
from mlm_steps.figures.generalized import checks_of_final, fitted_words
from mlm_steps.figures.svg.colours import BLUE, GREY, INK, VERMILION
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.records.diagnostics import Curve

__all__ = ["binned_residuals"]


def binned_residuals(given: FigureInput) -> Figure | None:
    """Return the mean residuals of the last rung; None if it is a linear model."""
    found = checks_of_final(given)
    curve = None if found is None else found.curve("binned_residuals")
    if found is None or curve is None:
        return None
    fit = given.run.fit(found.model)
    title = f"Binned residuals of {safe(given.run.labels.model(fit.model))}"
    svg = document([_draw(curve, fitted_words(fit))], title)
    check = next((each for each in found.checks if each.check == "binned_residuals"), None)
    rows = sorted(int(point[4]) for point in curve.points)
    reading = (
        f"Each of the {len(curve.points)} points is the mean residual of {rows[0]} to {rows[-1]} rows with "
        f"similar fitted values; 95 % of them are within the band if the model holds."
    )
    reading = f"{reading} {check.sentence}" if check is not None and check.p is not None else reading
    alt = f"Scatter plot of mean residuals over fitted values, with a band around 0. {reading}"
    return Figure("binned_residuals", title, reading, alt, svg, (curve.columns, curve.points))


def _draw(curve: Curve, across: str) -> Plane:
    plane = Plane("", across, "Mean residual", width=WIDE, height=210)
    fitted, residual, low, high, _ = zip(*curve.points, strict=True)
    plane.limits(fitted, [*residual, *low, *high])
    edges = [fitted[0], *((a + b) / 2 for a, b in pairwise(fitted)), fitted[-1]]
    ends = [edge for index in range(len(fitted)) for edge in (edges[index], edges[index + 1])]
    lower, upper = ([(x, values[i // 2]) for i, x in enumerate(ends)] for values in (low, high))
    plane.band(lower, upper, colour=GREY, opacity=0.18)
    plane.level(0.0, colour=INK, dash="")
    beyond = [not a <= r <= b for r, a, b in zip(residual, low, high, strict=True)]
    for outside, colour, kind, label in (
        (False, BLUE, "o", "inside"),
        (True, VERMILION, "D", "beyond the band"),
    ):
        chosen = [(fitted[i], residual[i]) for i, each in enumerate(beyond) if each is outside]
        plane.marks(chosen, colour=colour, size=6.5, kind=kind)
        plane.key += [Key(label, colour, mark=kind)] if chosen else []
    return plane
