"""Deviance, AIC and BIC of the rungs, one row per rung."""

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
    shorten,
    style_axes,
)
from mlm_steps.records import FitRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ladder"]

WIDTH = 9.0
"""Width of the figure in inches, as in the other figures."""
MINUS = "\N{MINUS SIGN}"


def ladder(given: FigureInput) -> Figure | None:
    """Return the ladder of fit; None for fewer than two rungs or for different outcomes or samples."""
    fits = given.run.fits
    if len(fits) < 2 or len({(fit.outcome, fit.sample_hash) for fit in fits}) > 1:
        return None
    labels = [safe(given.run.labels.model(fit.model)) for fit in fits]
    title = "Deviance, AIC and BIC of the rungs"
    with settings():
        height = 1.2 + 0.42 * len(fits)
        figure = canvas(WIDTH, height)
        left, right = figure.subplots(1, 2, sharey=True)
        figure.subplots_adjust(left=0.24, right=0.97, top=1 - 0.35 / height, bottom=0.6 / height, wspace=0.12)
        _deviance(left, fits, labels)
        _criteria(right, fits)
        svg = finish(figure, "ladder", title)
    reading = _reading(fits, labels)
    return Figure("ladder", title, reading, _alt(fits, reading), svg, _data(fits))


def _deviance(axes: Axes, fits: tuple[FitRecord, ...], labels: list[str]) -> None:
    values = [fit.ml.criterion for fit in fits]
    positions = range(len(fits))
    axes.plot(values, positions, color=BLUE, marker="o", markersize=6, linewidth=1.4)
    span = max(values) - min(values) or 1.0
    for position, value in zip(positions, values, strict=True):
        near_left = value - min(values) < 0.6 * span
        offset, align = (8, "left") if near_left else (-8, "right")
        axes.annotate(
            f"{value:.1f}".replace("-", MINUS),
            (value, position),
            xytext=(offset, -3),
            textcoords="offset points",
            ha=align,
            fontsize=8.5,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    axes.set_xlim(min(values) - 0.08 * span, max(values) + 0.1 * span)
    axes.set_ylim(len(fits) - 0.5, -0.6)
    axes.set_yticks(list(positions), [shorten(label, 28) for label in labels])
    axes.set_xlabel("Deviance (ML)")
    axes.locator_params(axis="x", nbins=4)
    axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    style_axes(axes)
    axes.grid(axis="y", color="#E7EAEE", linewidth=0.8)
    axes.set_axisbelow(True)


def _criteria(axes: Axes, fits: tuple[FitRecord, ...]) -> None:
    """Draw the differences of AIC and BIC from the best rung, on a logarithmic scale above 10."""
    kinds = (
        ("AIC", [fit.aic for fit in fits], BLUE, "o", -0.11),
        ("BIC", [fit.bic for fit in fits], VERMILION, "D", 0.11),
    )
    for name, values, colour, marker, shift in kinds:
        above = [value - min(values) for value in values]
        positions = [position + shift for position in range(len(fits))]
        face = colour if marker == "o" else "white"
        axes.plot(
            above, positions, linestyle="none", marker=marker, color=colour, markerfacecolor=face,
            markersize=6, label=name,
        )  # fmt: skip
        for value, position in zip(above, positions, strict=True):
            axes.annotate(
                f"{value:.1f}",
                (value, position),
                xytext=(8, -3),
                textcoords="offset points",
                fontsize=8,
                color=colour if name == "AIC" else "#A34700",
            )
    axes.set_xscale("symlog", linthresh=10, linscale=1.0)
    largest = max(max(values) - min(values) for _, values, *_ in kinds)
    axes.set_xlim(-1.5, max(30.0, largest * 5))
    axes.set_xlabel("Above the best rung (logarithmic from 10 on)")
    axes.tick_params(axis="y", length=0, labelleft=False)
    ticks = [0, *(10**power for power in range(1, 8) if 10**power < max(30.0, largest * 5))]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    style_axes(axes)
    axes.grid(axis="y", color="#E7EAEE", linewidth=0.8)
    axes.set_axisbelow(True)
    legend = axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=2, frameon=False, fontsize=9,
        handletextpad=0.1, columnspacing=1.2, borderaxespad=0.0,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_color(GREY)


def _reading(fits: tuple[FitRecord, ...], labels: list[str]) -> str:
    best = {
        name: labels[min(range(len(fits)), key=lambda index: getattr(fits[index], field))]
        for name, field in (("AIC", "aic"), ("BIC", "bic"))
    }
    first, last = fits[0].ml.criterion, fits[-1].ml.criterion
    who = (
        f"AIC and BIC are lowest for {best['AIC']}"
        if best["AIC"] == best["BIC"]
        else f"AIC is lowest for {best['AIC']}, BIC for {best['BIC']}"
    )
    way = "falls" if last <= first else "rises"
    return (
        f"From {labels[0]} to {labels[-1]} the deviance {way} by {abs(first - last):.1f}, "
        f"from {_number(first)} to {_number(last)}; {who}."
    )


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", MINUS)


def _alt(fits: tuple[FitRecord, ...], reading: str) -> str:
    return (
        f"Two dot plots with the {len(fits)} rungs from top to bottom. Left: deviance on the horizontal "
        f"axis. Right: distance of AIC and BIC from the lowest value. {reading}"
    )


def _data(fits: tuple[FitRecord, ...]) -> tuple[tuple[str, ...], tuple[tuple[object, ...], ...]]:
    lowest_aic, lowest_bic = min(fit.aic for fit in fits), min(fit.bic for fit in fits)
    rows = tuple(
        (fit.model, fit.ml.criterion, fit.aic, fit.bic, fit.aic - lowest_aic, fit.bic - lowest_bic)
        for fit in fits
    )
    return ("model", "d_ml", "AIC", "BIC", "AIC_above_best", "BIC_above_best"), rows
