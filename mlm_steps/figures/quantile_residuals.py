"""Quantiles of the outcomes among simulated data sets: against uniform ones, and against fitted values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlm_steps.figures.base import (
    COLOURS,
    GREY,
    INK,
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
from mlm_steps.figures.generalized import checks_of_final, fitted_words
from mlm_steps.records.diagnostics import Curve, DiagnosticsRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["quantile_residuals"]

MARKERS = "osD^"


def quantile_residuals(given: FigureInput) -> Figure | None:
    """Return the quantile residuals of the last rung; None if it is a linear model."""
    found = checks_of_final(given)
    against = None if found is None else found.curve("against_fitted")
    if found is None or against is None:
        return None
    fit = given.run.fit(found.model)
    title = f"Quantile residuals of {safe(given.run.labels.model(fit.model))}"
    with settings():
        figure = canvas(9.0, 4.0)
        left, right = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.08, right=0.98, top=0.93, bottom=0.14, wspace=0.25)
        _uniform(left, given, found)
        _fitted(right, against)
        right.set_xlabel(f"{fitted_words(fit)} without random effects")
        svg = finish(figure, "quantile_residuals", title)
    reading = _reading(found)
    alt = (
        f"Two panels: observed against expected quantiles with the diagonal, and quartiles of the quantiles "
        f"over fitted values with lines at .25, .50 and .75. {reading}"
    )
    return Figure("quantile_residuals", title, reading, alt, svg, _data(found))


def _uniform(axes: Axes, given: FigureInput, found: DiagnosticsRecord) -> None:
    """Draw each set of quantiles against the uniform distribution."""
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.9)
    for index, curve in enumerate(curve for curve in found.curves if curve.name == "quantiles"):
        expected, observed = zip(*curve.points, strict=True)
        label = "Rows" if curve.of is None else shorten(f"Sums per {group_label(given, curve.of)}", 40)
        axes.plot(
            expected, observed, linestyle="none", marker=MARKERS[index % len(MARKERS)], markersize=4,
            color=COLOURS[index % len(COLOURS)], label=label,
        )  # fmt: skip
    axes.set_xlabel("Expected quantile")
    axes.set_ylabel("Observed quantile")
    axes.legend(loc="upper left", frameon=False, fontsize=9)
    style_axes(axes)


def _fitted(axes: Axes, curve: Curve) -> None:
    """Draw the quartiles of the quantiles in groups of rows with similar fitted values."""
    fitted, *quartiles, _ = zip(*curve.points, strict=True)
    for height, values, marker in zip((0.25, 0.5, 0.75), quartiles, "vo^", strict=True):
        axes.axhline(height, color=GREY, linewidth=0.8, linestyle="--")
        axes.plot(fitted, values, color=COLOURS[0], marker=marker, markersize=4.5, linewidth=1.4)
    axes.set_ylim(0, 1)
    axes.set_ylabel("Quartiles of the quantiles")
    style_axes(axes)


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
