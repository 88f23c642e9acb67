"""Partial pooling: the predicted line of each group, and its coefficients before and after shrinkage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.apply import apply_design
from mlm_steps.design.build import build_design
from mlm_steps.design.expressions import Name, columns_of
from mlm_steps.engine.families import family_of
from mlm_steps.figures.base import Figure, FigureInput, Rows, spread, units_label
from mlm_steps.figures.generalized import mean_axis
from mlm_steps.figures.scene import declared_contrasts, grouping_of, predictor_of, with_unit
from mlm_steps.figures.svg.colours import BLUE, FAINT, GREY, LIGHT, VERMILION
from mlm_steps.figures.svg.lettering import safe, spread_text
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import WIDE, Key, Plane

if TYPE_CHECKING:
    import pandas as pd

    from mlm_steps.design.matrices import Design
    from mlm_steps.records import FitRecord

__all__ = ["partial_pooling"]

Array = NDArray[np.float64]

MOST_LINES = 80
"""Largest number of drawn lines, a sample of the groups if there are more, so that lines can be followed."""
MOST_ARROWS = 150
"""Largest number of drawn arrows, a sample of the groups if there are more, so that they stay apart."""
BENT = 25
"""Number of points of a line that is not straight."""
SMALLEST_MARK, LARGEST_MARK = 8.0, 60.0
"""Areas of the marks of the smallest and of the largest group, in square pixels."""
INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Predicted lines of all groups: ``x`` and ``y`` have shape (J, points)."""

    x: Array
    y: Array
    levels: list[str]
    x_label: str
    y_label: str

    @property
    def drawn(self) -> Sequence[int]:
        """Positions of the groups whose lines are drawn."""
        return spread(len(self.levels), MOST_LINES)


@dataclass(frozen=True, slots=True, eq=False)
class _Shrunk:
    """Coefficients of groups: own least squares and predicted, shape (J, 1 or 2), and the fixed ones.

    ``without`` counts the groups whose own coefficients cannot be estimated; they are left out.
    """

    effects: list[str]
    titles: list[str]
    levels: list[str]
    sizes: Array
    own: Array
    predicted: Array
    mean: Array
    without: int

    @property
    def drawn(self) -> list[int]:
        """Positions of the groups whose arrows are drawn."""
        return list(spread(len(self.levels), MOST_ARROWS))


def partial_pooling(given: FigureInput) -> Figure | None:
    """Return lines and arrows of the headline rung's groups; None if it has neither."""
    final = given.run.headline
    if final is None:
        return None
    modes = given.run.modes.get(final.model)
    if modes is None or modes.empty:
        return None
    lines = _lines(given, final, modes)
    group = final.terms[grouping_of(final, None if lines is None else _variable(given, final))].group
    shrunk = _shrunk(given, final, modes, group)
    if lines is None and shrunk is None:
        return None
    label = units_label(given, group)
    title = f"Predicted lines and coefficients of {label}"
    if lines is None or shrunk is None:
        what = "Coefficients" if lines is None else "Predicted lines"
        title = f"{what} of {label}"
    planes = [each for each in (_draw_lines(lines), _draw_arrows(shrunk)) if each is not None]
    svg = document(planes, title)
    reading = " ".join(filter(None, (_lines_read(lines, label), _arrows_read(shrunk, label))))
    alt = f"{_panels_alt(lines, shrunk)} {reading}"
    return Figure("partial_pooling", title, reading, alt, svg, _data(lines, shrunk))


def _variable(given: FigureInput, final: FitRecord) -> str | None:
    return predictor_of(given, final, given.frame)


def _lines(given: FigureInput, final: FitRecord, modes: pd.DataFrame) -> _Lines | None:
    """Return the predicted lines over a numeric predictor, each over its group's own range."""
    import pandas as pd

    variable = _variable(given, final)
    if variable is None or not pd.api.types.is_numeric_dtype(given.frame[variable].dtype):
        return None
    formula = given.formulas[final.model]
    design = build_design(
        formula,
        given.frame,
        weights=final.weights,
        contrasts=declared_contrasts(given),
        response=final.response,
    )
    rows = given.frame.iloc[design.rows]
    term = design.random[grouping_of(final, variable)]
    bent = not final.linear or any(
        not isinstance(each, Name) and variable in {column.name for column in columns_of(each)}
        for each in formula.fixed.variables
    )
    points = BENT if bent else 2
    low, high = _ends(rows[variable].to_numpy(dtype=float), term.refs, len(term.levels))
    x = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, points)
    frame = _group_rows(given, final, rows, term.refs, points).assign(**{variable: x.ravel()})
    return _Lines(
        x=x,
        y=_predicted(final, design, frame, modes, term.group).reshape(x.shape),
        levels=list(term.levels),
        x_label=with_unit(given, variable),
        y_label=with_unit(given, final.outcome) if final.linear else mean_axis(given, final),
    )


def _ends(x: Array, refs: NDArray[np.intp], J: int) -> tuple[Array, Array]:
    low, high = np.full(J, np.inf), np.full(J, -np.inf)
    np.minimum.at(low, refs, x)
    np.maximum.at(high, refs, x)
    return low, high


def _group_rows(
    given: FigureInput,
    final: FitRecord,
    rows: pd.DataFrame,
    refs: NDArray[np.intp],
    points: int,
) -> pd.DataFrame:
    """Return rows of each group: its own values of what is constant in groups, else means."""
    import pandas as pd

    _, first = np.unique(refs, return_index=True)
    formula = given.formulas[final.model]
    groups = {column for columns in formula.groups for column in columns}
    between = {
        v.variable for v in given.run.data_profile.variable_levels if v.level in ("between", "constant")
    }
    frame = rows.iloc[np.repeat(first, points)].reset_index(drop=True)
    values: dict[str, Any] = {}
    for name in formula.variables:
        column = rows[name]
        if name in groups or name in between or name not in frame:
            continue
        if not pd.api.types.is_numeric_dtype(column.dtype):
            kind = pd.Categorical(column)
            values[name] = pd.Categorical(
                [kind.categories[0]] * len(frame), categories=kind.categories, ordered=kind.ordered
            )
        elif name not in formula.categorised:
            values[name] = float(column.mean())
    return frame.assign(**values)


def _predicted(
    final: FitRecord, design: Design, frame: pd.DataFrame, modes: pd.DataFrame, group: str
) -> Array:
    """Return the prediction of each row with the modes of one grouping factor; of the mean outcome."""
    new = apply_design(design.transforms, frame)
    total = new.X @ np.nan_to_num(np.array(final.reported.beta), posinf=0.0, neginf=0.0)
    if new.offset is not None:
        total = total + new.offset
    estimates = modes["estimate"].to_numpy(dtype=float)
    index = modes["term_index"].to_numpy()
    for position, (term, known) in enumerate(zip(new.random, design.random, strict=True)):
        if known.group == group:
            b = estimates[index == position].reshape(len(known.levels), -1)
            total = total + (term.z * b[term.refs]).sum(axis=1)
    return np.asarray(total if final.linear else family_of(final.family, final.link).mean(total))


def _shrunk(given: FigureInput, final: FitRecord, modes: pd.DataFrame, group: str) -> _Shrunk | None:
    """Return the intercepts and first slopes of a factor's levels; None without estimates of their own."""
    own = modes[modes["group"] == group]
    effects = list(dict.fromkeys(own["effect"]))
    effects = [each for each in effects if each == INTERCEPT][:1] + [e for e in effects if e != INTERCEPT][:1]
    frames = [own[own["effect"] == effect].drop_duplicates("level") for effect in effects]
    levels = frames[0]["level"].astype(str).to_numpy()
    ols = np.column_stack([frame["ols_coefficient"].to_numpy(dtype=float) for frame in frames])
    usable = np.flatnonzero(np.isfinite(ols).all(axis=1))
    if not usable.size:
        return None
    chosen = usable
    named = {c.column: c.estimate for c in final.coefficients}
    means = [named.get(effect) or 0.0 for effect in effects]
    predicted = np.column_stack([frame["coefficient"].to_numpy(dtype=float) for frame in frames])
    return _Shrunk(
        effects=effects,
        titles=[
            "Intercept" if e == INTERCEPT else f"Slope of {safe(given.run.effect_label(e, final.model))}"
            for e in effects
        ],
        levels=levels[chosen].tolist(),
        sizes=frames[0]["n_j"].to_numpy(dtype=float)[chosen],
        own=ols[chosen],
        predicted=predicted[chosen],
        mean=np.array(means),
        without=len(levels) - usable.size,
    )


def _draw_lines(lines: _Lines | None) -> Plane | None:
    if lines is None:
        return None
    plane = Plane("Predicted lines of the groups", lines.x_label, lines.y_label, width=WIDE, height=240)
    plane.limits(lines.x.ravel().tolist(), lines.y.ravel().tolist())
    paths = [list(zip(lines.x[j].tolist(), lines.y[j].tolist(), strict=True)) for j in lines.drawn]
    plane.lines(paths, colour=LIGHT, width=1.1, groups=[lines.levels[j] for j in lines.drawn])
    return plane


def _draw_arrows(shrunk: _Shrunk | None) -> Plane | None:
    if shrunk is None:
        return None
    two = len(shrunk.effects) == 2
    across = shrunk.titles[0] if two else "Rank of the group by least squares"
    plane = Plane("Shrinkage", across, shrunk.titles[-1] if two else shrunk.titles[0], width=WIDE, height=240)
    own, predicted = (list(map(tuple, ends[shrunk.drawn].tolist())) for ends in _positions(shrunk))
    plane.limits(*zip(*own, *predicted, strict=True))
    sizes = shrunk.sizes[shrunk.drawn]
    areas = SMALLEST_MARK + (LARGEST_MARK - SMALLEST_MARK) * sizes / float(sizes.max())
    diameters = np.sqrt(areas).tolist()
    names = [shrunk.levels[j] for j in shrunk.drawn]
    plane.lines(list(zip(own, predicted, strict=True)), colour=FAINT, width=0.9, groups=names)
    plane.marks(own, colour=GREY, size=diameters, hollow=True, groups=names)
    plane.marks(predicted, colour=BLUE, size=diameters, groups=names)
    if two:
        plane.marks([(float(shrunk.mean[0]), float(shrunk.mean[1]))], colour=VERMILION, size=14, kind="+")
        mean = Key("mean (fixed effects)", VERMILION, mark="+")
    else:
        plane.level(float(shrunk.mean[0]), colour=VERMILION, dash="", width=1.6)
        mean = Key("mean (fixed effect)", VERMILION, dash="")
    plane.key = [Key("least squares", GREY, mark="o", hollow=True), Key("predicted", BLUE, mark="o"), mean]
    return plane


def _positions(shrunk: _Shrunk) -> tuple[Array, Array]:
    """Return both ends of each arrow, shape (J, 2); with one coefficient over the rank of the group."""
    if len(shrunk.effects) == 2:
        return shrunk.own, shrunk.predicted
    rank = np.empty(len(shrunk.levels))
    rank[np.argsort(shrunk.own[:, 0], kind="stable")] = np.arange(1, len(shrunk.levels) + 1)
    return np.column_stack([rank, shrunk.own[:, 0]]), np.column_stack([rank, shrunk.predicted[:, 0]])


def _panels_alt(lines: _Lines | None, shrunk: _Shrunk | None) -> str:
    """Return the axes of the panels in words."""
    drawn = [f"the outcome that the model predicts over {lines.x_label}"] if lines else []
    drawn += [f"coefficients of the groups, {' against '.join(shrunk.titles[::-1])}"] if shrunk else []
    return f"{'Two panels' if len(drawn) > 1 else 'One panel'}: {'; '.join(drawn)}."


def _lines_read(lines: _Lines | None, label: str) -> str:
    if lines is None:
        return ""
    J, rising = len(lines.levels), int((lines.y[:, -1] > lines.y[:, 0]).sum())
    some = "" if len(lines.drawn) == J else f" ({len(lines.drawn)} are drawn)"
    return (
        f"The predicted lines of {rising} of {J} {label} rise{some}. Each covers its own range of "
        f"{lines.x_label}; other predictors that vary within {label} are at their means or first levels."
    )


def _arrows_read(shrunk: _Shrunk | None, label: str) -> str:
    if shrunk is None:
        return ""
    spreads = [
        f"{title[:1].lower()}{title[1:]} from {spread_text(float(np.std(shrunk.own[:, i])))} to "
        f"{spread_text(float(np.std(shrunk.predicted[:, i])))}"
        for i, title in enumerate(shrunk.titles)
    ]
    J = len(shrunk.levels)
    drawn = "" if len(shrunk.drawn) == J else f" ({len(shrunk.drawn)} are drawn)"
    noun = "group has" if shrunk.without == 1 else "groups have"
    without = f"; {shrunk.without} {noun} no least-squares estimates" if shrunk.without else ""
    return (
        "Each arrow leads from the least-squares coefficients of one group to those that the model predicts. "
        f"Groups with few rows (small marks) move furthest to the mean. The standard deviation over {J} "
        f"{label}{drawn} falls: {', '.join(spreads)}{without}."
    )


def _data(lines: _Lines | None, shrunk: _Shrunk | None) -> Rows:
    rows: list[tuple[object, ...]] = []
    if lines is not None:
        for j in lines.drawn:
            pairs = zip(lines.x[j].tolist(), lines.y[j].tolist(), strict=True)
            rows += [("line", lines.levels[j], "", "", x, y) for x, y in pairs]
    if shrunk is not None:
        for i, effect in enumerate(shrunk.effects):
            for j in shrunk.drawn:
                ends = (
                    float(values[j]) for values in (shrunk.sizes, shrunk.own[:, i], shrunk.predicted[:, i])
                )
                rows.append(("coefficient", shrunk.levels[j], effect, *ends))
    return ("kind", "level", "effect", "n_j", "x_or_least_squares", "y_or_predicted"), tuple(rows)
