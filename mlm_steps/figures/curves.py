"""The content of the figure of shares and rates: observed values, lines of groups, fitted curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.apply import NewDesign, apply_design
from mlm_steps.design.build import build_design
from mlm_steps.design.formula import Formula
from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Family, family_of
from mlm_steps.figures.base import FigureInput, group_label, spread, units_label
from mlm_steps.figures.generalized import mean_axis
from mlm_steps.figures.scene import (
    Line,
    constant_column,
    declared_contrasts,
    grid_of,
    grouping_of,
    mean_lines,
    moderator_of,
    positions_of,
    predictor_of,
    with_unit,
)
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.records import FitRecord

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Curves", "FittedCurve", "make_curves"]

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

MOST_ROWS = 200
"""Largest number of rows over whose other predictors a curve is averaged, a sample if there are more."""
SHORT = 0.1
"""Half the length of the line of a group in one category; categories are 1 apart."""
BINS = 12
"""Groups of rows with similar values of a numeric predictor, for observed values."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedCurve:
    """The fitted curve at one level of the moderator, shape (m,) each.

    ``population`` is the mean outcome over the groups, ``typical`` that of a group without random effects.
    """

    label: str
    x: Array
    population: Array
    typical: Array


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """What is drawn.

    Attributes
    ----------
    label : str
        Label of the horizontal axis; empty if the model has no predictor.
    up : str
        Label of the vertical axis.
    ticks : tuple of str
        Names of the positions of a category.
    points : tuple of (float, float, int)
        Position, observed value and number of rows.
    groups : list of Line
    fitted : list of FittedCurve
    group_label, point_words, line_words : str
    others : bool
        Whether the model has other predictors, over which curves are averaged.
    """

    label: str
    up: str
    ticks: tuple[str, ...]
    points: tuple[tuple[float, float, int], ...]
    groups: list[Line]
    fitted: list[FittedCurve]
    group_label: str
    point_words: str
    line_words: str
    others: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The rung with its design, the rows of the sample, and what an outcome is divided by."""

    given: FigureInput
    record: FitRecord
    design: Design
    rows: pd.DataFrame
    amount: Array
    term: int

    @property
    def family(self) -> Family:
        return family_of(self.record.family, self.record.link)

    @property
    def refs(self) -> Codes:
        return self.design.random[self.term].refs

    @property
    def levels(self) -> tuple[str, ...]:
        return self.design.random[self.term].levels


def make_curves(given: FigureInput, record: FitRecord) -> Curves:
    """Return what to draw for a generalized model."""
    design = build_design(
        given.formulas[record.model],
        given.frame,
        weights=record.weights,
        contrasts=declared_contrasts(given),
        response=record.response,
    )
    rows = given.frame.iloc[design.rows]
    variable = predictor_of(given, record, rows)
    amount = np.ones(design.n) if design.trials is None else design.trials
    if record.exposure is not None:
        amount = rows[record.exposure].to_numpy(dtype=float)
    amount = amount if design.weights is None else amount * design.weights
    fit = _Fit(given, record, design, rows, amount, grouping_of(record, variable))
    return _by_group(fit) if variable is None else _over(fit, variable)


def _total(fit: _Fit, places: Codes, size: int) -> tuple[Array, Array]:
    """Return the observed value and the number of rows of each place; NaN where it has no rows."""
    weights = np.ones(fit.design.n) if fit.design.weights is None else fit.design.weights
    events = np.bincount(places, weights=weights * fit.design.y, minlength=size)
    amount = np.bincount(places, weights=fit.amount, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return events / amount, np.bincount(places, minlength=size).astype(float)


def _by_group(fit: _Fit) -> Curves:
    """Return the groups in the order of their observed values, for a model without predictors."""
    J = len(fit.levels)
    observed, rows = _total(fit, fit.refs, J)
    rank = np.empty(J)
    rank[np.argsort(observed, kind="stable")] = np.arange(1, J + 1)
    new = _apply(fit, fit.rows.iloc[[0]])
    eta, variance = _predictor(fit, new)
    predicted = fit.family.mean(eta[0] + _modes(fit) @ new.random[fit.term].z[0])
    lines = [
        Line(level, np.array([rank[j] - 0.4, rank[j] + 0.4]), np.full(2, predicted[j]))
        for j, level in enumerate(fit.levels)
    ]
    ends = np.array([0.5, J + 0.5])
    average = fit.family.marginal(eta, variance).mean
    fitted = FittedCurve("", ends, np.full(2, float(average[0])), np.full(2, float(fit.family.mean(eta)[0])))
    name = group_label(fit.given, fit.record.terms[fit.term].group)
    return Curves(
        label="",
        up=mean_axis(fit.given, fit.record),
        ticks=(),
        points=_points(rank, observed, rows),
        groups=lines,
        fitted=[fitted],
        group_label=name,
        point_words=units_label(fit.given, fit.record.terms[fit.term].group),
        line_words="are the predictions for these, which are shrunken towards the average",
    )


def _over(fit: _Fit, variable: str) -> Curves:
    x, ticks = positions_of(fit.rows[variable])
    fitted, groups = _curves(fit, variable, x, ticks)
    if ticks:
        observed, rows = _total(fit, x.astype(np.intp), len(ticks))
        points = _points(np.arange(len(ticks), dtype=float), observed, rows)
        weights = np.ones(fit.design.n) if fit.design.weights is None else fit.design.weights
        rate = fit.design.y * weights / fit.amount
        groups = [*mean_lines(x, rate, fit.refs, fit.levels), *_single(fit, x)]
    else:
        points = _binned(fit, x)
    name = group_label(fit.given, fit.record.terms[fit.term].group)
    units = units_label(fit.given, fit.record.terms[fit.term].group)
    return Curves(
        label=with_unit(fit.given, variable),
        up=mean_axis(fit.given, fit.record),
        ticks=ticks,
        points=points,
        groups=groups,
        fitted=fitted,
        group_label=name,
        point_words="the categories" if ticks else "rows with similar values of the predictor",
        line_words=(
            f"are the observed values of {units}"
            if ticks
            else f"are the predictions for {units}, over their own ranges"
        ),
        others=len({name for columns in _formula(fit).fixed.columns for name in columns}) > 1,
    )


def _single(fit: _Fit, x: Array) -> list[Line]:
    """Return a short line for each group whose rows are all in one category."""
    J = len(fit.levels)
    low, high = np.full(J, np.inf), np.full(J, -np.inf)
    np.minimum.at(low, fit.refs, x)
    np.maximum.at(high, fit.refs, x)
    observed, _ = _total(fit, fit.refs, J)
    return [
        Line(fit.levels[j], low[j] + np.array([-SHORT, SHORT]), np.full(2, observed[j]))
        for j in np.flatnonzero(low == high)
    ]


def _binned(fit: _Fit, x: Array) -> tuple[tuple[float, float, int], ...]:
    """Return observed values of groups of rows with similar values of the predictor."""
    distinct = np.unique(x)
    if distinct.size <= BINS:
        places, at = np.searchsorted(distinct, x), distinct
    else:
        edges = np.unique(np.quantile(x, np.arange(1, BINS) / BINS))
        places = np.searchsorted(edges, x, side="left")
        size = edges.size + 1
        counts = np.maximum(np.bincount(places, minlength=size), 1)
        at = np.bincount(places, weights=x, minlength=size) / counts
    observed, rows = _total(fit, places.astype(np.intp), len(at))
    return _points(at, observed, rows)


def _points(x: Array, y: Array, rows: Array) -> tuple[tuple[float, float, int], ...]:
    return tuple((float(a), float(b), int(n)) for a, b, n in zip(x, y, rows, strict=True) if n > 0)


def _curves(
    fit: _Fit, variable: str, x: Array, ticks: tuple[str, ...]
) -> tuple[list[FittedCurve], list[Line]]:
    """Return the fitted curves, and the lines of the groups, each at its level of the moderator."""
    moderator, levels = moderator_of(fit.given, fit.record, fit.rows, variable)
    grid = grid_of(fit.given, fit.record, fit.rows, variable, ticks)
    at = np.arange(len(ticks), dtype=float) if ticks else np.asarray(grid, dtype=float)
    first = _first_rows(fit)
    own = [] if moderator is None else fit.rows[moderator].iloc[first].astype(str).tolist()
    fitted, lines = [], []
    for level in levels:
        frame = _at_grid(fit, variable, grid)
        if moderator is not None:
            frame[moderator] = constant_column(fit.rows[moderator], level, len(frame))
        new = _apply(fit, frame)
        eta, variance = _predictor(fit, new)
        label = f"{safe(fit.given.run.labels.column(moderator))}: {level}" if moderator else ""
        average = _averaged(fit.family.marginal(eta, variance).mean, at)
        if not np.isfinite(average).all():
            continue  # it depends on infinite coefficients whose sum has no value
        fitted.append(FittedCurve(label, at, average, _averaged(fit.family.mean(eta), at)))
        chosen = [j for j in range(len(first)) if moderator is None or own[j] == level]
        lines += _of_groups(fit, new, eta, at, x, chosen)
    return fitted, lines


def _of_groups(
    fit: _Fit, new: NewDesign, eta: Array, at: Array, x: Array, chosen: Sequence[int]
) -> list[Line]:
    """Return the predictions for some groups, over their own ranges of the predictor."""
    J = len(fit.levels)
    low, high = np.full(J, np.inf), np.full(J, -np.inf)
    np.minimum.at(low, fit.refs, x)
    np.maximum.at(high, fit.refs, x)
    modes, z = _modes(fit), new.random[fit.term].z
    lines = []
    for j in chosen:
        inside = (at >= low[j]) & (at <= high[j])
        if inside.sum() > 1:
            mean = _averaged(fit.family.mean(eta + z @ modes[j]), at)
            lines.append(Line(fit.levels[j], at[inside], mean[inside]))
    return lines


def _formula(fit: _Fit) -> Formula:
    return fit.given.formulas[fit.record.model]


def _at_grid(fit: _Fit, variable: str, grid: Array | list[object]) -> pd.DataFrame:
    """Return some rows of the sample with each value of the grid; all rows of a value are adjacent."""
    import pandas as pd

    sampled = list(spread(len(fit.rows), MOST_ROWS))
    frame = fit.rows.iloc[np.tile(sampled, len(grid))].reset_index(drop=True)
    values = np.repeat(np.asarray(grid, dtype=object), len(sampled))
    column = fit.rows[variable]
    if pd.api.types.is_numeric_dtype(column.dtype):
        return frame.assign(**{variable: values.astype(float)})
    kind = pd.Categorical(column)
    return frame.assign(
        **{variable: pd.Categorical(values, categories=kind.categories, ordered=kind.ordered)}
    )


def _averaged(values: Array, at: Array) -> Array:
    """Return the mean over the rows of each value of the grid."""
    return np.asarray(values.reshape(len(at), -1).mean(axis=1))


def _apply(fit: _Fit, frame: pd.DataFrame) -> NewDesign:
    return apply_design(fit.design.transforms, frame)


def _predictor(fit: _Fit, new: NewDesign) -> tuple[Array, Array]:
    """Return the linear predictor of a typical group and the variance around it, shape (m,) each.

    A coefficient that is infinite counts only where its column is not 0.
    """
    beta = np.array(fit.record.reported.beta)
    with np.errstate(invalid="ignore"):
        eta = np.where(new.X != 0.0, new.X * beta, 0.0).sum(axis=1)
    if new.offset is not None and fit.record.exposure is None:
        eta = eta + new.offset
    variance = np.zeros(len(eta))
    for term, random in zip(fit.record.reported.terms, new.random, strict=True):
        T = np.array(term.covariance)
        variance += np.einsum("ij,jk,ik->i", random.z, T, random.z)
    return eta, variance


def _modes(fit: _Fit) -> Array:
    """Return the conditional modes of the drawn term, shape (J, k)."""
    modes = fit.given.run.modes[fit.record.model]
    own = modes[modes["term_index"] == fit.term]
    names = fit.design.random[fit.term].names
    found = np.zeros((len(fit.levels), len(names)))
    place: Mapping[str, int] = {level: j for j, level in enumerate(fit.levels)}
    for column, name in enumerate(names):
        rows = own[own["effect"] == name]
        for level, value in zip(rows["level"].astype(str), rows["estimate"], strict=True):
            found[place[level], column] = value
    return found


def _first_rows(fit: _Fit) -> Codes:
    """Return the first row of each group."""
    first = np.zeros(len(fit.levels), dtype=np.intp)
    first[fit.refs[::-1]] = np.arange(fit.design.n - 1, -1, -1)
    return first
