"""Build y, X and the random-effects terms of a formula from a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.bars import GroupingFactor
from mlm_steps.design.checks import (
    Missing,
    positive_weights,
    require_columns,
    require_kind,
    require_more_rows,
    require_rows,
    require_sizes,
)
from mlm_steps.design.coding import ModelMatrix, model_matrix
from mlm_steps.design.columns import ChosenColumns, Columns, FrameColumns, complete_rows, missing_values
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.contrasts import plain_contrast, resolve_contrasts
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Name
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.gathering import Gathering
from mlm_steps.design.grouping import group_rows
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.design.notices import fixed_notices, random_notices
from mlm_steps.design.random import RandomPart, build_random
from mlm_steps.design.rank import collinear_with, independent_columns
from mlm_steps.design.responses import Observed, event_notices, log_exposure, observed
from mlm_steps.design.unique_names import column_names
from mlm_steps.language.faults import Span
from mlm_steps.records.response import GAUSSIAN, Response
from mlm_steps.records.spelling import quote_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["build_design", "design_of_values", "factor_codes", "offset_sum"]

_Array = NDArray[np.float64]


def build_design(
    formula: Formula | str,
    frame: pd.DataFrame,
    *,
    weights: str | None = None,
    contrasts: Mapping[str, str | ContrastCoding] | None = None,
    mixed: bool = True,
    response: Response = GAUSSIAN,
    file_rows: NDArray[np.intp] | None = None,
) -> Design:
    """Return the design of a formula on a frame, with R's columns in R's order.

    Rows with a missing value in any column of the formula, or in the weights, are left out. The
    parameters of transforms, such as means and knots, and the levels of factors come from the rows used.

    Parameters
    ----------
    formula : Formula or str
    frame : DataFrame
        Numbers, truths, categories (their order is that of the levels) or texts.
    weights : str or None
        A column of prior weights, positive and finite.
    contrasts : mapping of str to str or ContrastCoding, optional
        Contrasts of factors: treatment, sum, helmert or poly, in fixed and random effects alike.
    mixed : bool
        True if the formula must have random-effects terms, False if it must have none.
    response : Response
        The distribution of the outcome, and the columns that belong to it.
    file_rows : ndarray of int, shape (len(frame),), optional
        The row of the file that each row of the frame comes from, counted from 0, for messages.

    Returns
    -------
    Design

    Raises
    ------
    FormulaError
        One place of the formula does not fit the data; ``offset`` is its position, counted from 0.
    DesignError
        There are several such places, weights, trials or an exposure that are not positive, no complete row,
        or as many coefficients as rows.
    """
    parsed = parse_formula(formula) if isinstance(formula, str) else formula
    require_kind(parsed, mixed=mixed)
    others = {"weights": weights, "trials": response.trials, "exposure": response.exposure}
    beside = {key: name for key, name in others.items() if name is not None}
    require_columns(parsed, frame.columns, beside, unique=frame.columns.is_unique)
    sample = _sample(parsed, frame, beside, file_rows)
    parts = _parts(parsed, sample, beside.get("weights"), resolve_contrasts(contrasts or {}), response)
    return _design(parsed, sample, parts, response)


def design_of_values(formula: Formula, columns: ChosenColumns) -> Design:
    """Return the design of a formula with random effects on values that do not come from a frame.

    Parameters
    ----------
    formula : Formula
    columns : ChosenColumns
        Values of its columns, none of them missing.

    Raises
    ------
    FormulaError, DesignError
        As by ``build_design``.
    """
    require_kind(formula, mixed=True)
    require_columns(formula, columns.values, {}, unique=True)
    rows = np.arange(columns.n)
    require_rows(columns.n, rows, {})
    sample = _Sample(columns.n, columns, rows, rows, {})
    return _design(formula, sample, _parts(formula, sample, None, {}, GAUSSIAN), GAUSSIAN)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """The complete rows of n, their numbers in messages, and the missing values of the others."""

    n: int
    columns: Columns
    rows: NDArray[np.intp]
    numbers: NDArray[np.intp]
    missing: Missing


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The parts of a design that are computed from the rows."""

    observed: Observed
    weights: _Array | None
    offset: _Array | None
    fixed: ModelMatrix
    random: RandomPart
    evaluator: Evaluator
    contrasts: Mapping[str, ContrastCoding]


def _sample(
    formula: Formula,
    frame: pd.DataFrame,
    beside: Mapping[str, str],
    file_rows: NDArray[np.intp] | None,
) -> _Sample:
    """Return the rows that are complete but for the exposure, whose absence is a fault."""
    used = [*formula.variables, *(name for key, name in beside.items() if key != "exposure")]
    series = {name: frame[name] for name in used}
    missing = missing_values(series)
    rows = complete_rows(len(frame), missing)
    require_rows(len(frame), rows, missing)
    numbers = rows if file_rows is None else file_rows[rows]
    columns = FrameColumns(frame, rows if missing else None, series)
    return _Sample(len(frame), columns, rows, numbers, missing)


def _parts(
    formula: Formula,
    sample: _Sample,
    weights: str | None,
    contrasts: Mapping[str, ContrastCoding],
    response: Response,
) -> _Parts:
    columns, gathering = sample.columns, Gathering()
    evaluator = Evaluator(formula.text, columns)
    found = gathering.attempt(lambda: observed(formula, evaluator, response, sample.numbers))
    prior = gathering.attempt(
        lambda: None if weights is None else positive_weights(columns, sample.numbers, weights)
    )
    offset = gathering.attempt(lambda: offset_sum(formula, evaluator))
    exposure = gathering.attempt(lambda: log_exposure(formula, columns, response, sample.numbers))
    fixed = gathering.attempt(lambda: model_matrix(formula.fixed, evaluator, contrasts, columns.n))
    random = gathering.attempt(lambda: build_random(formula, evaluator, contrasts))
    gathering.settle()
    total = _added(offset.value, exposure.value)
    return _Parts(found.value, prior.value, total, fixed.value, random.value, evaluator, contrasts)


def _added(one: _Array | None, other: _Array | None) -> _Array | None:
    return other if one is None else one if other is None else one + other


def _design(formula: Formula, sample: _Sample, parts: _Parts, response: Response) -> Design:
    fixed = parts.fixed
    called = column_names((fixed, *parts.random.matrices))
    all_columns, terms = called.of(fixed), parts.random.renamed(called)
    sizes = Gathering()
    sizes.attempt(partial(require_sizes, [formula.outcome_label], parts.observed.y[:, None]))
    sizes.attempt(partial(require_sizes, all_columns, fixed.X))
    for term in terms:
        sizes.attempt(partial(require_sizes, term.names, term.z))
    sizes.settle()
    kept = independent_columns(fixed.X).tolist()
    require_more_rows(len(kept), sample.columns.n)
    X = fixed.X if len(kept) == len(all_columns) else fixed.X[:, kept]
    names = tuple(all_columns[i] for i in kept)
    left_out = sorted(set(range(len(all_columns))) - set(kept))
    dropped = tuple(all_columns[i] for i in left_out)
    aliases = _aliases(X, names, fixed.X[:, left_out], dropped)
    return Design(
        formula=formula.text,
        outcome=formula.outcome_label,
        y=parts.observed.y,
        X=X,
        columns=names,
        assign=tuple(fixed.assign[i] for i in kept),
        term_labels=formula.fixed.labels,
        term_variables=formula.fixed.columns,
        all_columns=all_columns,
        all_assign=fixed.assign,
        dropped=dropped,
        random=terms,
        weights=parts.weights,
        offset=parts.offset,
        rows=sample.rows,
        transforms=_transforms(formula, parts, kept, all_columns, terms),
        notices=(
            *event_notices(formula.outcome_label, parts.observed.event),
            *fixed_notices(sample.n, sample.missing, sample.columns.n, dropped, aliases),
            *random_notices(formula, parts.evaluator, terms, X, names),
        ),
        shared_names=called.shared,
        full_names=called.full,
        aliases=aliases,
        response=response,
        trials=parts.observed.trials,
        event=parts.observed.event,
    )


def _aliases(
    X: _Array, names: Sequence[str], left_out: _Array, dropped: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return for each kept column the dropped columns in whose linear combination it is, if any."""
    if not dropped:
        return {}
    found = {
        name: tuple(other for other, takes_part in zip(dropped, row, strict=True) if takes_part)
        for name, row in zip(names, collinear_with(X, left_out).tolist(), strict=True)
    }
    return {name: others for name, others in found.items() if others}


def offset_sum(formula: Formula, evaluator: Evaluator) -> _Array | None:
    """Return the sum of the formula's offsets, shape (n,), or None without one."""
    if not formula.offsets:
        return None
    total = np.zeros(evaluator.columns.n)
    for offset in formula.offsets:
        total += evaluator.numbers(offset.call)
    return total


def _transforms(
    formula: Formula, parts: _Parts, kept: list[int], columns: Sequence[str], terms: Sequence[RandomTerm]
) -> dict[str, object]:
    """Return what ``apply_design`` needs, plain JSON values."""
    return {
        "formula": formula.text,
        "contrasts": {name: plain_contrast(contrast) for name, contrast in parts.contrasts.items()},
        "states": {name: dict(state) for name, state in parts.evaluator.states.items()},
        "columns": list(columns),
        "kept": kept,
        "groups": {term.group: list(term.levels) for term in terms},
        "random": [
            {"bar": part.bar, "column": part.column, "names": list(term.names)}
            for part, term in zip(parts.random.parts, terms, strict=True)
        ],
    }


def factor_codes(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.intp]:
    """Return which group each row of a frame belongs to.

    Parameters
    ----------
    frame : DataFrame
    columns : sequence of str
        One column, or several whose combinations are the groups.

    Returns
    -------
    ndarray of int, shape (len(frame),)
        Groups counted from 0 in R's order of the levels; -1 where a column has no value.
    """
    names = tuple(Name(column, Span(0, 0)) for column in columns)
    evaluator = Evaluator(":".join(columns), FrameColumns(frame, None))
    label, written = ":".join(columns), ":".join(map(quote_name, columns))
    return group_rows(GroupingFactor(label, names, written), evaluator).refs
