"""The content of the raw-data figure: the predictor, the groups, their own lines and the fitted lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.apply import apply_design
from mlm_steps.design.build import build_design
from mlm_steps.design.contrast_coding import ContrastCoding, coded
from mlm_steps.design.matrices import Design
from mlm_steps.figures.base import SMALLEST_GROUP, FigureInput, group_label
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.records import FitRecord
from mlm_steps.records.spelling import quote_name, split_product

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Line",
    "Scene",
    "constant_column",
    "declared_contrasts",
    "grid_of",
    "grouping_of",
    "make_scene",
    "mean_lines",
    "moderator_of",
    "positions_of",
    "predictor_of",
    "with_unit",
]

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
GRID = 50
"""Number of points of a fitted line, enough for a smooth curve in a figure of this size."""
MOST_MODERATOR_LEVELS = 4
"""Largest number of levels of a drawn moderator. More fitted lines could not be distinguished."""
LEAST_RELATIVE_SPREAD, LEAST_VARIANCE = 1e-12, 1e-300
"""A group has a line only if its sum of squares of x exceeds the first number times the variance of x. Below
this bound the slope is rounding error. The second number keeps the bound above 0 if x is constant."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line of one group, or a fitted line."""

    label: str
    x: Array
    y: Array
    panel: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The horizontal axis and the lines.

    Attributes
    ----------
    x : ndarray, shape (n,)
        The predictor, the position of its category, or the rank of the group.
    ticks : tuple of str
        The names of the positions if the predictor is a category.
    label : str
        The label of the predictor; empty if the model has none.
    lines : list of Line
        The lines of all groups that have one.
    rising : int
        The number of these lines that rise.
    fitted : list of Line
        The population's lines in the rung: one per level of the moderator if there is one.
    panel : ndarray, shape (n,)
        The position of the level of the moderator, if each group has one level of it; else 0.
    panels : int
        The number of panels: that of the levels of such a moderator, else 1.
    """

    x: Array
    ticks: tuple[str, ...]
    label: str
    lines: list[Line]
    rising: int
    fitted: list[Line]
    panel: Codes
    panels: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The outcome ``y``, shape (n,), its axis and lines, and the labels of outcome, group and model."""

    y: Array
    y_label: str
    shape: Shape
    group_label: str
    groups: int
    model: str


def make_scene(given: FigureInput, final: FitRecord) -> Scene:
    """Return what to draw for a rung."""
    design = build_design(
        given.formulas[final.model], given.frame, weights=final.weights, contrasts=declared_contrasts(given)
    )
    rows = given.frame.iloc[design.rows]
    variable = predictor_of(given, final, rows)
    group = design.random[grouping_of(final, variable)]
    if variable is None:
        shape = _by_group(final, design.y, group.refs, group.levels)
    else:
        shape = _over(given, final, design, rows, variable, grouping_of(final, variable))
    return Scene(
        y=design.y,
        y_label=with_unit(given, final.outcome),
        shape=shape,
        group_label=group_label(given, group.group),
        groups=len(group.levels),
        model=safe(given.run.labels.model(final.model)),
    )


def declared_contrasts(given: FigureInput) -> dict[str, str | ContrastCoding]:
    """Return the contrast of each column for which the spec declares one."""
    columns = given.run.data_profile.columns
    return {c.name: coded(c.contrast, c.contrast_detail) for c in columns if c.contrast}


def with_unit(given: FigureInput, name: str) -> str:
    """Return the label of a column with its unit."""
    unit = given.run.labels.units.get(name)
    label = given.run.labels.column(name)
    return safe(f"{label} ({unit})" if unit else label)


def predictor_of(given: FigureInput, fit: FitRecord, rows: pd.DataFrame) -> str | None:
    """Return the variable of the horizontal axis; a variable with a random slope is preferred."""
    formula = given.formulas[fit.model]
    between = {
        v.variable for v in given.run.data_profile.variable_levels if v.level in ("between", "constant")
    }
    factors = {column for columns in formula.groups for column in columns}
    fixed = [name for columns in formula.fixed.columns for name in columns]
    slopes = [name for bar in formula.bars for columns in bar.effects.columns for name in columns]
    known = [name for name in dict.fromkeys([*slopes, *fixed]) if name in rows and name not in factors]
    ranked = sorted(known, key=lambda name: (name not in slopes, name in between))
    return next((name for name in ranked if rows[name].nunique() > 1), None)


def grouping_of(fit: FitRecord, variable: str | None) -> int:
    """Return the random term whose groups are drawn: the first with a random slope of the predictor."""
    wanted = "" if variable is None else quote_name(variable)
    found = (i for i, term in enumerate(fit.terms) if any(wanted in split_product(x) for x in term.labels))
    return next(found, len(fit.terms) - 1)


def _over(
    given: FigureInput, fit: FitRecord, design: Design, rows: pd.DataFrame, variable: str, term: int
) -> Shape:
    x, ticks = positions_of(rows[variable])
    group = design.random[term]
    make = mean_lines if ticks else _least_squares
    panel, panels = _panel_of(given, fit, rows, variable, group.refs)
    own = dict(zip(np.asarray(group.levels)[group.refs].tolist(), panel.tolist(), strict=True))
    lines = [replace(line, panel=own[line.label]) for line in make(x, design.y, group.refs, group.levels)]
    return Shape(
        x=x,
        ticks=ticks,
        label=with_unit(given, variable),
        lines=lines,
        rising=sum(bool(line.y[-1] > line.y[0]) for line in lines),
        fitted=[
            replace(line, panel=index if panels > 1 else 0)
            for index, line in enumerate(_fitted(given, fit, design, rows, variable, ticks))
        ],
        panel=panel,
        panels=panels,
    )


def _panel_of(
    given: FigureInput, fit: FitRecord, rows: pd.DataFrame, variable: str, refs: Codes
) -> tuple[Codes, int]:
    """Return the panel of each row, and the number of panels: one per level of a moderator of the groups."""
    import pandas as pd

    moderator, levels = moderator_of(given, fit, rows, variable)
    if moderator is None:
        return np.zeros(len(refs), dtype=np.intp), 1
    codes = np.asarray(pd.Categorical(rows[moderator]).codes, dtype=np.intp)
    first = np.zeros(int(refs.max()) + 1, dtype=np.intp)
    first[refs[::-1]] = codes[::-1]
    constant = bool((first[refs] == codes).all())
    return (codes, len(levels)) if constant else (np.zeros(len(refs), dtype=np.intp), 1)


def positions_of(values: pd.Series) -> tuple[Array, tuple[str, ...]]:
    """Return numbers as they are, and categories as their positions with names."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=float), ()
    categories = pd.Categorical(values)
    return categories.codes.astype(float), tuple(str(level) for level in categories.categories)


def _by_group(fit: FitRecord, y: Array, refs: Codes, levels: tuple[str, ...]) -> Shape:
    """Return the groups in the order of their means, for a model without predictors."""
    sizes = np.bincount(refs, minlength=len(levels))
    means = np.bincount(refs, weights=y, minlength=len(levels)) / np.maximum(sizes, 1)
    rank = np.empty(len(levels))
    rank[np.argsort(means, kind="stable")] = np.arange(1, len(levels) + 1)
    beta = fit.reported.beta
    ends = np.array([0.5, len(levels) + 0.5])
    fitted = [Line("fitted mean", ends, np.full(2, beta[0]))] if beta else []
    lines = [
        Line(level, np.array([rank[index] - 0.4, rank[index] + 0.4]), np.full(2, means[index]))
        for index, level in enumerate(levels)
    ]
    return Shape(rank[refs], (), "", lines, 0, fitted, np.zeros(len(y), dtype=np.intp))


def _least_squares(x: Array, y: Array, refs: Codes, levels: tuple[str, ...]) -> list[Line]:
    """Return the least-squares line of each group, over its own range of x."""
    J = len(levels)
    n = np.maximum(np.bincount(refs, minlength=J), 1).astype(float)
    mean_x = np.bincount(refs, weights=x, minlength=J) / n
    mean_y = np.bincount(refs, weights=y, minlength=J) / n
    dx, dy = x - mean_x[refs], y - mean_y[refs]
    sxx = np.bincount(refs, weights=dx * dx, minlength=J)
    sxy = np.bincount(refs, weights=dx * dy, minlength=J)
    low, high = np.full(J, np.inf), np.full(J, -np.inf)
    np.minimum.at(low, refs, x)
    np.maximum.at(high, refs, x)
    lines = []
    for j in np.flatnonzero(
        (n >= SMALLEST_GROUP) & (sxx > LEAST_RELATIVE_SPREAD * max(float(np.var(x)), LEAST_VARIANCE))
    ):
        ends = np.array([low[j], high[j]])
        lines.append(Line(levels[j], ends, mean_y[j] + sxy[j] / sxx[j] * (ends - mean_x[j])))
    return lines


def mean_lines(x: Array, y: Array, refs: Codes, levels: tuple[str, ...]) -> list[Line]:
    """Return the line of each group through its means at the categories that occur in it."""
    width = int(x.max()) + 1
    cells = refs.astype(np.int64) * width + x.astype(np.int64)
    count = np.bincount(cells, minlength=len(levels) * width).reshape(-1, width)
    total = np.bincount(cells, weights=y, minlength=len(levels) * width).reshape(-1, width)
    lines = []
    for j, level in enumerate(levels):
        filled = np.flatnonzero(count[j])
        if len(filled) > 1:
            lines.append(Line(level, filled.astype(float), total[j, filled] / count[j, filled]))
    return lines


def _fitted(
    given: FigureInput,
    fit: FitRecord,
    design: Design,
    rows: pd.DataFrame,
    variable: str,
    ticks: tuple[str, ...],
) -> list[Line]:
    """Return the fitted lines of the population, with other predictors at their mean or first level."""
    moderator, levels = moderator_of(given, fit, rows, variable)
    lines = []
    for level in levels:
        grid = grid_of(given, fit, rows, variable, ticks)
        frame = _reference_rows(given, fit, rows, variable, grid)
        if moderator is not None:
            frame[moderator] = constant_column(rows[moderator], level, len(frame))
        new = apply_design(design.transforms, frame)
        y = new.X @ np.array(fit.reported.beta)
        if new.offset is not None:
            y = y + new.offset
        at = np.arange(len(ticks), dtype=float) if ticks else np.asarray(grid, dtype=float)
        lines.append(Line(f"{safe(given.run.labels.column(moderator))}: {level}" if moderator else "", at, y))
    return lines


def grid_of(
    given: FigureInput, fit: FitRecord, rows: pd.DataFrame, variable: str, ticks: tuple[str, ...]
) -> Array | list[object]:
    """Return the values of the predictor at which fitted lines are drawn: all levels, or a grid."""
    import pandas as pd

    if ticks:
        return list(pd.Categorical(rows[variable]).categories)
    values = rows[variable].to_numpy(dtype=float)
    if variable in given.formulas[fit.model].categorised:  # predictions exist only for these values
        return np.unique(values)
    return np.linspace(values.min(), values.max(), GRID)


def _reference_rows(
    given: FigureInput, fit: FitRecord, rows: pd.DataFrame, variable: str, grid: Array | list[object]
) -> pd.DataFrame:
    """Return one row per point of the grid: numbers at their mean, categories at their first level."""
    import pandas as pd

    formula = given.formulas[fit.model]
    groups = {column for columns in formula.groups for column in columns}
    needed = list(dict.fromkeys([*formula.variables, *([fit.weights] if fit.weights else [])]))
    frame = rows[needed].iloc[[0] * len(grid)].reset_index(drop=True)
    values: dict[str, Any] = {}
    for name in needed:
        column = rows[name]
        is_number = pd.api.types.is_numeric_dtype(column.dtype)
        if name == variable:
            values[name] = grid if is_number else pd.Categorical(grid, categories=_levels(column))
        elif name not in groups:
            at = (column.min if name in formula.categorised else column.mean)() if is_number else None
            mean = None if at is None else float(at)
            values[name] = (
                constant_column(column, str(_levels(column)[0]), len(grid)) if mean is None else mean
            )
    return frame.assign(**values)


def _levels(column: pd.Series) -> list[object]:
    import pandas as pd

    return list(pd.Categorical(column).categories)


def constant_column(column: pd.Series, level: str, count: int) -> pd.Categorical:
    """Return a category of the levels of a column with one level in all rows."""
    import pandas as pd

    kind = pd.Categorical(column)
    return pd.Categorical([level] * count, categories=kind.categories, ordered=kind.ordered)


def moderator_of(
    given: FigureInput, fit: FitRecord, rows: pd.DataFrame, variable: str
) -> tuple[str | None, list[str]]:
    """Return a category that shares a product with the predictor, and its levels."""
    import pandas as pd

    for columns in given.formulas[fit.model].fixed.columns:
        others = [name for name in columns if name != variable]
        if variable in columns and len(others) == 1 and others[0] in rows:
            column = rows[others[0]]
            if not pd.api.types.is_numeric_dtype(column.dtype):
                levels = [str(level) for level in _levels(column)]
                if 2 <= len(levels) <= MOST_MODERATOR_LEVELS:
                    return others[0], levels
    return None, [""]
