"""Apply a fitted formula to new data."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.build import offset_sum
from mlm_steps.design.coding import model_matrix
from mlm_steps.design.columns import ChosenColumns, Columns, FrameColumns
from mlm_steps.design.contrasts import read_contrast
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.grouping import match_groups
from mlm_steps.design.one_name import with_labels
from mlm_steps.language.faults import formula_error, nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NewDesign", "NewTerm", "apply_design", "apply_to_values"]

UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class NewTerm:
    """A random-effects term on new data.

    Attributes
    ----------
    group : str
        Name of the grouping factor.
    refs : ndarray, shape (n,)
        Position of each row's group among the groups of the fit; -1 for a group that was not
        among them, or a missing one. Its random effects are predicted as 0.
    z : ndarray, shape (n, k)
        One column per random coefficient; NaN where a column has no value.
    names : tuple of str, length k
        Names of the random coefficients.
    """

    group: str
    refs: NDArray[np.intp]
    z: NDArray[np.float64]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NewDesign:
    """A fitted formula on new data.

    Attributes
    ----------
    X : ndarray, shape (n, p)
        The columns that were kept in the fit; NaN where a column has no value.
    columns : tuple of str, length p
        Their names.
    random : tuple of NewTerm
        In the order of the fit.
    offset : ndarray, shape (n,), or None
        Sum of the ``offset()`` terms.
    """

    X: NDArray[np.float64]
    columns: tuple[str, ...]
    random: tuple[NewTerm, ...]
    offset: NDArray[np.float64] | None


def apply_design(transforms: Mapping[str, object], frame: pd.DataFrame) -> NewDesign:
    """Return the columns of a fitted formula for new data, one row per row of the frame.

    Parameters
    ----------
    transforms : mapping
        ``Design.transforms`` of the fit, also after a round trip through JSON.
    frame : DataFrame
        The predictors and grouping columns. The outcome is not needed.

    Raises
    ------
    FormulaError
        A column is missing or of another kind than in the fit, or a fixed factor has a level that the fit did
        not have.
    """
    return _applied(transforms, FrameColumns(frame, None), frame.columns)


def apply_to_values(transforms: Mapping[str, object], columns: ChosenColumns) -> NewDesign:
    """Return the columns of a fitted formula for values that do not come from a frame.

    Raises
    ------
    FormulaError
        As by ``apply_design``.
    """
    return _applied(transforms, columns, columns.values)


def _applied(transforms: Mapping[str, object], columns: Columns, given: Iterable[Hashable]) -> NewDesign:
    groups = _mapping(transforms["groups"])
    formula = with_labels(parse_formula(_text(transforms["formula"])), groups)
    _check_columns(formula, given)
    states, contrasts = _mapping(transforms["states"]), _mapping(transforms["contrasts"])
    evaluator = Evaluator(formula.text, columns, {name: _mapping(state) for name, state in states.items()})
    coding = {name: read_contrast(value) for name, value in contrasts.items()}
    fixed = model_matrix(formula.fixed, evaluator, coding, columns.n)
    kept = np.array(_items(transforms["kept"]), dtype=np.intp)
    random = []
    for part in _items(transforms["random"]):
        bar = formula.bars[int(_text(_mapping(part)["bar"]))]
        matrix = model_matrix(bar.effects, evaluator, coding, columns.n)
        column = _mapping(part)["column"]
        chosen = slice(None) if column is None else slice(int(_text(column)), int(_text(column)) + 1)
        known = [_text(level) for level in _items(groups[bar.group.label])]
        refs = match_groups(bar.group, Evaluator(formula.text, columns), known)
        names = tuple(_text(name) for name in _items(_mapping(part)["names"]))
        random.append(NewTerm(bar.group.label, refs, matrix.X[:, chosen], names))
    columns_of_fit = _items(transforms["columns"])
    names = tuple(_text(columns_of_fit[i]) for i in kept)
    return NewDesign(fixed.X[:, kept], names, tuple(random), offset_sum(formula, evaluator))


def _check_columns(formula: Formula, names: Iterable[Hashable]) -> None:
    known = [str(name) for name in names]
    outcomes = set(formula.outcomes)
    for name in formula.names:
        if name.name not in known and name.name not in outcomes:
            hint = nearest(name.name, known)
            raise formula_error(formula.text, name.span, f"the new data have no column {name.name}", hint)
        if known.count(name.name) > 1 and name.name not in outcomes:
            raise formula_error(formula.text, name.span, f"the new data have two columns {name.name}")


def _text(value: object) -> str:
    return str(value)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value)


def _items(value: object) -> list[object]:
    return cast("list[object]", value)
