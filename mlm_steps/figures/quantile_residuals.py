"""Quantiles of the outcomes among simulated data sets: against uniform ones, and against fitted values."""

from __future__ import annotations

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label
from mlm_steps.figures.generalized import checks_of_final, fitted_words
from mlm_steps.figures.svg.colours import BLUE, COLOURS, INK, MARKS
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.figures.svg.scale import range_of
from mlm_steps.records.diagnostics import Curve, DiagnosticsRecord

__all__ = ["quantile_residuals"]


def quantile_residuals(given: FigureInput) -> Figure | None:
    """Return the quantile residuals of the last rung; None if it is a linear model."""
    found = checks_of_final(given)
    against = None if found is None else found.curve("against_fitted")
    if found is None or against is None:
        return None
    fit = given.run.fit(found.model)
    title = f"Quantile residuals of {safe(given.run.labels.model(fit.model))}"
    across = f"{fitted_words(fit)} without random effects"
    svg = document([_uniform(given, found), _fitted(against, across)], title)
    reading = _reading(found)
    alt = (
        f"Two panels: observed against expected quantiles with the diagonal, and quartiles of the quantiles "
        f"over fitted values with lines at .25, .50 and .75. {reading}"
    )
    return Figure("quantile_residuals", title, reading, alt, svg, _data(found))


def _uniform(given: FigureInput, found: DiagnosticsRecord) -> Plane:
    """Return each set of quantiles against the uniform distribution."""
    plane = Plane("Quantiles", "Expected quantile", "Observed quantile", width=WIDE, height=230)
    plane.span((-0.03, 1.03), (-0.03, 1.03))
    plane.line([(0, 0), (1, 1)], colour=INK, width=0.9)
    for index, curve in enumerate(curve for curve in found.curves if curve.name == "quantiles"):
        points = [(point[0], point[1]) for point in curve.points]
        label = "Rows" if curve.of is None else f"Sums per {group_label(given, curve.of)}"
        kind, colour = MARKS[index % len(MARKS)], COLOURS[index % len(COLOURS)]
        plane.marks(points, colour=colour, size=4.5, kind=kind)
        plane.key.append(Key(label, colour, mark=kind))
    return plane


def _fitted(curve: Curve, across: str) -> Plane:
    """Return the quartiles of the quantiles in groups of rows with similar fitted values."""
    plane = Plane(
        "Quartiles over fitted values", across, "Quartiles of the quantiles", width=WIDE, height=230
    )
    fitted, *quartiles, _ = zip(*curve.points, strict=True)
    plane.span(range_of(fitted), (0.0, 1.0))
    plane.name_y({0.0: "0", 0.25: ".25", 0.5: ".50", 0.75: ".75", 1.0: "1"})
    for height, values, kind in zip((0.25, 0.5, 0.75), quartiles, "vo^", strict=True):
        plane.level(height, dash="4 3")
        points = list(zip(fitted, values, strict=True))
        plane.line(points, colour=BLUE, width=1.4)
        plane.marks(points, colour=BLUE, size=6, kind=kind)
    return plane


def _reading(found: DiagnosticsRecord) -> str:
    sentences = [each.sentence for each in found.checks if each.check == "simulated_residuals"]
    return " ".join([*sentences, "Under the model, quartiles are near .25, .50 and .75 everywhere."])


def _data(found: DiagnosticsRecord) -> Rows:
    columns = ("panel", "of", "x", "y", "lower_quartile", "upper_quartile")
    rows: list[tuple[object, ...]] = []
    for curve in found.curves:
        if curve.name == "quantiles":
            rows += [("quantiles", curve.of or "", x, y, "", "") for x, y in curve.points]
        elif curve.name == "against_fitted":
            rows += [("fitted", "", at, middle, low, high) for at, low, middle, high, _ in curve.points]
    return columns, tuple(rows)
