"""Deviance, AIC and BIC of the rungs, one row per rung."""

from __future__ import annotations

import math

from mlm_steps.figures.base import Figure, FigureInput
from mlm_steps.figures.svg.colours import ALERT, BLUE, VERMILION
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane
from mlm_steps.records import FitRecord

__all__ = ["ladder"]

ROW = 34.0
"""Height of a row in pixels; two criteria and their numbers fit into it."""
LINEAR_TO = 10.0
"""Differences of criteria up to this one are drawn on a linear scale; 10 decides between models."""
MINUS = "\N{MINUS SIGN}"


def ladder(given: FigureInput) -> Figure | None:
    """Return the ladder of fit; None for fewer than two rungs or for different outcomes or samples."""
    fits = given.run.fits
    if len(fits) < 2 or len({(fit.outcome, fit.sample_hash) for fit in fits}) > 1:
        return None
    labels = [safe(given.run.labels.model(fit.model)) for fit in fits]
    title = "Deviance, AIC and BIC of the rungs"
    svg = document([_deviance(fits, labels), _criteria(fits, labels)], title)
    reading = _reading(fits, labels)
    return Figure("ladder", title, reading, _alt(fits, reading), svg, _data(fits))


def _deviance(fits: tuple[FitRecord, ...], labels: list[str]) -> Plane:
    values = [fit.ml.criterion for fit in fits]
    plane = Plane("Deviance", "Deviance (ML)", width=WIDE, height=ROW * len(fits))
    span = max(values) - min(values) or 1.0
    plane.span((min(values) - 0.08 * span, max(values) + 0.1 * span), (0.0, 1.0))
    plane.name_rows(labels, share=0.36)
    plane.grid()
    points = [(value, -float(row)) for row, value in enumerate(values)]
    plane.line(points, colour=BLUE)
    plane.marks(points, colour=BLUE, size=8)
    for (value, height), fit in zip(points, fits, strict=True):
        left = value - min(values) < 0.6 * span
        move = (9.0, 3.5) if left else (-9.0, 3.5)
        plane.text(value, height, _number(fit.ml.criterion), move=move, anchor="start" if left else "end")
    return plane


def _criteria(fits: tuple[FitRecord, ...], labels: list[str]) -> Plane:
    """Return the differences of AIC and BIC from the best rung, on a logarithmic scale above 10."""
    kinds = (
        ("AIC", [fit.aic for fit in fits], BLUE, BLUE, "o", 0.16),
        ("BIC", [fit.bic for fit in fits], VERMILION, ALERT, "D", -0.16),
    )
    across = "Above the best rung (logarithmic from 10 on)"
    plane = Plane("AIC and BIC", across, width=WIDE, height=ROW * len(fits))
    largest = max(30.0, 5 * max(max(values) - min(values) for _, values, *_ in kinds))
    plane.span((-0.15, _symlog(largest)), (0.0, 1.0))
    plane.name_rows(labels, share=0.36)
    plane.name_x(
        {_symlog(tick): f"{tick:g}" for tick in (0, *(10**k for k in range(1, 8))) if tick < largest}
    )
    plane.grid()
    for name, values, colour, ink, kind, shift in kinds:
        above = [value - min(values) for value in values]
        points = [(_symlog(value), shift - row) for row, value in enumerate(above)]
        plane.marks(points, colour=colour, size=7, kind=kind, hollow=kind == "D")
        for point, value in zip(points, above, strict=True):
            plane.text(*point, f"{value:.1f}", move=(8.0, 3.5), size=10, colour=ink)
        plane.key.append(Key(name, colour, mark=kind, hollow=kind == "D"))
    return plane


def _symlog(value: float) -> float:
    """Return a position that is proportional to the value up to 10 and to its logarithm from there on."""
    return value / LINEAR_TO if value <= LINEAR_TO else 1.0 + math.log10(value / LINEAR_TO)


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
