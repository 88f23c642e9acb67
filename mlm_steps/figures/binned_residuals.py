"""Mean residuals of rows with similar fitted values, with the limits of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlm_steps.figures.base import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    Figure,
    FigureInput,
    canvas,
    finish,
    safe,
    settings,
    style_axes,
)
from mlm_steps.figures.generalized import checks_of_final, fitted_words
from mlm_steps.records.diagnostics import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["binned_residuals"]


def binned_residuals(given: FigureInput) -> Figure | None:
    """Return the mean residuals of the last rung; None if it is a linear model."""
    found = checks_of_final(given)
    curve = None if found is None else found.curve("binned_residuals")
    if found is None or curve is None:
        return None
    fit = given.run.fit(found.model)
    title = f"Binned residuals of {safe(given.run.labels.model(fit.model))}"
    with settings():
        figure = canvas(9.0, 3.8)
        axes = figure.add_axes((0.09, 0.15, 0.89, 0.81))
        _draw(axes, curve)
        axes.set_xlabel(fitted_words(fit))
        axes.set_ylabel("Mean residual")
        svg = finish(figure, "binned_residuals", title)
    check = next((each for each in found.checks if each.check == "binned_residuals"), None)
    rows = sorted(int(point[4]) for point in curve.points)
    reading = (
        f"Each of the {len(curve.points)} points is the mean residual of {rows[0]} to {rows[-1]} rows with "
        f"similar fitted values; 95 % of them are within the band if the model holds."
    )
    reading = f"{reading} {check.sentence}" if check is not None and check.p is not None else reading
    alt = f"Scatter plot of mean residuals over fitted values, with a band around 0. {reading}"
    return Figure("binned_residuals", title, reading, alt, svg, (curve.columns, curve.points))


def _draw(axes: Axes, curve: Curve) -> None:
    fitted, residual, low, high, _ = zip(*curve.points, strict=True)
    axes.fill_between(fitted, low, high, color=GREY, alpha=0.18, linewidth=0, step="mid")
    axes.axhline(0.0, color=INK, linewidth=0.8)
    beyond = [not a <= r <= b for r, a, b in zip(residual, low, high, strict=True)]
    for outside, colour, marker in ((False, BLUE, "o"), (True, VERMILION, "D")):
        chosen = [i for i, each in enumerate(beyond) if each is outside]
        axes.plot(
            [fitted[i] for i in chosen], [residual[i] for i in chosen], linestyle="none", marker=marker,
            color=colour, markersize=5,
        )  # fmt: skip
    style_axes(axes)
