"""The panel of checks of one model: predictive, residuals, groups, random effects, collinearity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mlm_steps.figures.base import Figure, FigureInput, Rows, group_label
from mlm_steps.figures.svg.colours import BLUE, GREY, INK
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import SMALL, Plane, Point
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck, DiagnosticsRecord
from mlm_steps.records.run import RunRecords

__all__ = ["Words", "assumptions", "panel"]

HEIGHT = 170.0
"""Height of the area of a plot in pixels."""
MOST = {"residual_means": 3, "effect_quantiles": 4, "effects_over": 3, "group_variances": 2, "density": 2}
"""Largest number of plots of a kind; those with a flag come first."""
MOST_NAMED = 400
"""Largest number of groups whose marks bear their names; more would make a large file."""
ORDER = (
    "density", "residuals", "residual_means", "spread", "group_variances", "residual_quantiles",
    "effect_quantiles", "effects_over", "collinearity", "autocorrelation",
)  # fmt: skip
"""Kinds of plots in reading order: the outcome, level 1, level 2, the coefficients."""
CHECK_OF = {
    "density": "posterior_predictive", "residuals": "linearity", "residual_means": "linearity",
    "spread": "homogeneity", "group_variances": "group_variances",
    "residual_quantiles": "residual_normality", "effect_quantiles": "random_effects_normality",
    "effects_over": "level_2_predictors", "collinearity": "collinearity",
    "autocorrelation": "autocorrelation",
}  # fmt: skip
"""The check that a kind of plot belongs to."""
INTERCEPT = "(Intercept)"


class Words(NamedTuple):
    """Functions that give the label of a model's column, of its coefficient and of a grouping factor."""

    column: Callable[[str], str]
    effect: Callable[[str], str]
    group: Callable[[str], str]


def assumptions(given: FigureInput) -> Figure | None:
    """Return the panel of one model, by default of the headline rung; None if it was not drawn."""
    headline = given.run.headline
    model = given.of or (headline.model if headline is not None else None)
    found = None if model is None else given.run.assumptions_of(model)
    if found is None or not found.curves:
        return None
    words = _words(given, found.model)
    name = f"assumptions-{given.of}" if given.of else "assumptions"
    title = f"Checks of the assumptions of {safe(given.run.labels.model(found.model))}"
    return panel(found, words, name, title)


def _words(given: FigureInput, model: str) -> Words:
    run: RunRecords = given.run
    return Words(
        run.labels.column, lambda name: run.effect_label(name, model), lambda name: group_label(given, name)
    )


def panel(found: DiagnosticsRecord, words: Words, name: str, title: str) -> Figure:
    """Return all plots of a model as one figure."""
    shown = list(_shown(found))
    planes = [_DRAWN[curve.name](found, curve, words) for curve in shown]
    svg = document(planes, title)
    reading = _reading(found)
    kinds = ", ".join(dict.fromkeys(plane.words[0] for plane in planes))
    alt = f"{len(planes)} small plots: {kinds}. {reading}"
    return Figure(name, title, reading, safe(alt), svg, _data(found))


def _shown(found: DiagnosticsRecord) -> Iterator[Curve]:
    for kind in ORDER:
        own = [curve for curve in found.curves if curve.name == kind and curve.points]
        if kind == "residual_means":
            own = [curve for curve in own if curve.effect != "fitted"]
        flagged = [curve for curve in own if _flag(found, curve)]
        kept = [*flagged, *(curve for curve in own if curve not in flagged)][: MOST.get(kind, 1)]
        yield from (curve for curve in own if curve in kept)


def _results(found: DiagnosticsRecord, curve: Curve) -> list[DiagnosticCheck]:
    """Return the results that a plot shows."""
    own = [check for check in found.checks if check.check == CHECK_OF[curve.name]]
    if curve.name == "density":
        return [check for check in own if (check.effect or "").startswith(curve.effect or "")]
    if curve.name in ("spread", "residual_quantiles", "collinearity", "autocorrelation"):
        return own
    return [check for check in own if (check.of, check.effect) == (curve.of, curve.effect)]


def _flag(found: DiagnosticsRecord, curve: Curve) -> str:
    flags = [check.flag for check in _results(found, curve)]
    return next((flag for flag in ("concern", "look") if flag in flags), "")


def _plane(found: DiagnosticsRecord, curve: Curve, *words: str) -> Plane:
    return Plane(*words, width=SMALL, height=HEIGHT, flag=_flag(found, curve))


def _density(found: DiagnosticsRecord, curve: Curve, _: Words) -> Plane:
    whom = {"conditional": ", same groups", "marginal": ", new groups"}.get(curve.effect or "", "")
    plane = _plane(found, curve, f"Simulated data{whom}", "Outcome", "Density")
    x, observed, *simulated = zip(*curve.points, strict=True)
    plane.limits(x, [*observed, *(value for line in simulated for value in line)], zero=True)
    for line in simulated:
        plane.line(list(zip(x, line, strict=True)), colour=GREY, width=0.6, opacity=0.4)
    plane.line(list(zip(x, observed, strict=True)), colour=BLUE, width=2.0)
    return plane


def _residuals(found: DiagnosticsRecord, curve: Curve, _: Words) -> Plane:
    plane = _plane(found, curve, "Linearity", "Fitted values, fixed part", "Residual")
    smooth = found.curve("residual_means", curve.of, curve.effect)
    plane.limits(*zip(*curve.points, strict=True))
    plane.points(curve.points)  # type: ignore[arg-type]  # pairs, by the curve
    plane.level(0.0)
    if smooth is not None:
        _smooth(plane, smooth)
    _name_worst(plane, curve)
    return plane


def _residual_means(found: DiagnosticsRecord, curve: Curve, words: Words) -> Plane:
    name = words.column(curve.effect or "")
    within = "" if curve.of is None else f" within {words.group(curve.of)}"
    plane = _plane(found, curve, f"Linearity{within}", name, "Mean residual")
    ends = [mean + sign * 2 * (se if se == se else 0.0) for _, mean, se in curve.points for sign in (-1, 1)]
    plane.limits([point[0] for point in curve.points], [*ends, 0.0])
    plane.level(0.0)
    _smooth(plane, curve)
    return plane


def _spread(found: DiagnosticsRecord, curve: Curve, _: Words) -> Plane:
    plane = _plane(
        found, curve, "Homogeneity over fitted values", "Fitted values", "√ |standardised residual|"
    )
    plane.limits(*zip(*curve.points, strict=True), zero=True)
    plane.points(curve.points)  # type: ignore[arg-type]  # pairs, by the curve
    smooth = found.curve("spread_means")
    if smooth is not None:
        _smooth(plane, smooth)
    return plane


def _smooth(plane: Plane, curve: Curve) -> None:
    """Draw binned means with a band of two standard errors."""
    known = [(x, mean, se) for x, mean, se in curve.points if se == se]
    if len(known) > 1:
        lower = [(x, max(mean - 2 * se, plane.y[0])) for x, mean, se in known]
        upper = [(x, min(mean + 2 * se, plane.y[1])) for x, mean, se in known]
        plane.band(lower, upper)
    plane.line([(x, mean) for x, mean, _ in curve.points], colour=INK, width=1.6)


def _group_variances(found: DiagnosticsRecord, curve: Curve, words: Words) -> Plane:
    title = f"Residual variance by {words.group(curve.of or '')}"
    plane = _plane(found, curve, title, "Normal quantile", "Standardised log variance")
    _against_normal(plane, curve)
    return plane


def _against_normal(plane: Plane, curve: Curve) -> None:
    plane.limits(*zip(*curve.points, strict=True))
    plane.line(_diagonal(plane), colour=GREY, width=0.9, dash="4 3")
    _groups(plane, [(point[0], point[1]) for point in curve.points], curve)
    _name_worst(plane, curve)


def _groups(plane: Plane, points: list[Point], curve: Curve) -> None:
    """Draw a mark per group with its name, or points if there are too many for elements of their own."""
    if curve.of is not None and len(curve.labels) == len(points) <= MOST_NAMED:
        plane.marks(points, size=4.2, groups=curve.labels)
    else:
        plane.points(points, opacity=0.8, size=3.8)


def _diagonal(plane: Plane) -> list[tuple[float, float]]:
    low, high = max(plane.x[0], plane.y[0]), min(plane.x[1], plane.y[1])
    return [(low, low), (high, high)] if high > low else []


def _name_worst(plane: Plane, curve: Curve) -> None:
    """Name the three points that are farthest from 0."""
    if not curve.labels:
        return
    order = sorted(range(len(curve.points)), key=lambda index: -abs(curve.points[index][1]))[:3]
    for index in order:
        plane.note(curve.points[index][0], curve.points[index][1], curve.labels[index])


def _quantiles(found: DiagnosticsRecord, curve: Curve, words: Words) -> Plane:
    if curve.name == "residual_quantiles":
        title, up = "Normality of residuals", "Standardised residual"
    else:
        slope = curve.effect not in (None, INTERCEPT)
        title = f"Random {'slopes' if slope else 'intercepts'}, {words.group(curve.of or '')}"
        up = words.effect(curve.effect or "") if slope else "Standardised intercept"
    plane = _plane(found, curve, title, "Normal quantile", up)
    rows = curve.points
    plane.limits([row[0] for row in rows], [value for row in rows for value in row[1:]])
    plane.band([(row[0], row[2]) for row in rows], [(row[0], row[3]) for row in rows])
    plane.line(_diagonal(plane), colour=GREY, width=0.9, dash="4 3")
    _groups(plane, [(row[0], row[1]) for row in rows], curve)
    _name_worst(plane, curve)
    return plane


def _effects_over(found: DiagnosticsRecord, curve: Curve, words: Words) -> Plane:
    variable, _, slope = (curve.effect or "").partition(":")
    what = "Intercepts" if not slope else f"Slopes of {words.effect(slope)}"
    name = words.column(variable)
    plane = _plane(found, curve, f"{what} over {name}", name, "Standardised random effect")
    plane.limits(*zip(*curve.points, strict=True))
    plane.level(0.0)
    _groups(plane, [(point[0], point[1]) for point in curve.points], curve)
    _name_worst(plane, curve)
    return plane


def _collinearity(found: DiagnosticsRecord, curve: Curve, _: Words) -> Plane:
    plane = _plane(found, curve, "Collinearity", "Term", "Variance inflation")
    values = [point[0] for point in curve.points]
    plane.limits([-0.6, len(values) - 0.4], [*values, 5.5], zero=True)
    plane.level(5.0)
    plane.level(10.0)
    for place, value in enumerate(values):
        plane.box((place - 0.36, 0.0), (place + 0.36, value), colour=BLUE, opacity=0.75)
    plane.name_x({place: name.replace(":", " × ") for place, name in enumerate(curve.labels)})
    return plane


def _autocorrelation(found: DiagnosticsRecord, curve: Curve, words: Words) -> Plane:
    title = f"Autocorrelation within {words.group(curve.of or '')}"
    plane = _plane(found, curve, title, "Lag", "Correlation of errors")
    ends = [estimate + sign * 2 * se for _, estimate, se in curve.points for sign in (-1, 1)]
    plane.limits([0.5, len(curve.points) + 0.5], [*ends, 0.0])
    plane.level(0.0, dash="")
    for lag, estimate, se in curve.points:
        plane.line([(lag, estimate - 1.96 * se), (lag, estimate + 1.96 * se)], colour=GREY, width=1.2)
    plane.points([(lag, estimate) for lag, estimate, _ in curve.points], size=6.0, opacity=1.0)
    return plane


_DRAWN: dict[str, Callable[[DiagnosticsRecord, Curve, Words], Plane]] = {
    "density": _density,
    "residuals": _residuals,
    "residual_means": _residual_means,
    "spread": _spread,
    "group_variances": _group_variances,
    "residual_quantiles": _quantiles,
    "effect_quantiles": _quantiles,
    "effects_over": _effects_over,
    "collinearity": _collinearity,
    "autocorrelation": _autocorrelation,
}


def _reading(found: DiagnosticsRecord) -> str:
    total = sum(check.flag is not None for check in found.checks)
    concerns = sum(check.flag == "concern" for check in found.checks)
    looks = sum(check.flag == "look" for check in found.checks)
    return (
        f"Of {total} results, {concerns} are marked concern and {looks} look. Residual plots show at most "
        "600 rows, drawn with a fixed seed. Bands hold 95 % of data sets of the model, or two standard "
        "errors around binned means; the three most distant points are named."
    )


def _data(found: DiagnosticsRecord) -> Rows:
    columns = ("plot", "of", "effect", "label", "x", "y", "low_or_se", "high")
    rows: list[tuple[object, ...]] = []
    for curve in found.curves:
        for index, point in enumerate(curve.points):
            label = curve.labels[index] if curve.labels else ""
            if curve.name == "density":
                cells: tuple[object, ...] = (*point[:2], min(point[2:]), max(point[2:]))
            elif curve.name == "collinearity":
                cells = (index, *point, "")
            else:
                cells = (*point, *[""] * (4 - len(point)))
            rows.append((curve.name, curve.of or "", curve.effect or "", label, *cells))
    return columns, tuple(rows)
