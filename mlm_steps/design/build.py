"""From a formula and a frame to y, X and the random-effects terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design.coding import ModelMatrix, model_matrix
from mlm_steps.design.columns import FrameColumns, complete_rows, missing_values
from mlm_steps.design.contrasts import contrast_kind
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Call
from mlm_steps.design.faults import Span, TransformFault, formula_error, nearest
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.matrices import Design
from mlm_steps.design.random import RandomPart, build_random, notices_on_random
from mlm_steps.design.rank import independent_columns
from mlm_steps.design.variables import Contrast, Numbers
from mlm_steps.errors import DesignError, Fault, FormulaError
from mlm_steps.records.base import Notice

__all__ = ["build_design", "offset_sum", "resolve_contrasts"]

Part = TypeVar("Part")
_Array = NDArray[np.float64]


def build_design(
    formula: Formula | str,
    frame: pd.DataFrame,
    *,
    weights: str | None = None,
    contrasts: Mapping[str, str] | None = None,
    mixed: bool = True,
) -> Design:
    """Return the design of a formula on a frame, with R's columns in R's order.

    Rows with a missing value in any column of the formula, or in the weights, are left out. What
    a transform remembers (a mean, knots) and which levels a factor has come from the rows used.

    Parameters
    ----------
    formula : Formula or str
    frame : DataFrame
        Numbers, truths, categories (their order is that of the levels) or texts.
    weights : str or None
        A column of prior weights, positive and finite.
    contrasts : mapping of str to str, optional
        Contrasts of factors: treatment, sum, helmert or poly, in fixed and random effects alike.
    mixed : bool
        Whether the formula has random-effects terms: True asks for one at least, False for none.

    Returns
    -------
    Design

    Raises
    ------
    FormulaError
        For one place of the formula that does not fit the data; ``offset`` counts from 0.
    DesignError
        For several such places, weights that are not positive, no complete row, or as many coefficients as rows.
    """
    parsed = parse_formula(formula) if isinstance(formula, str) else formula
    _check_mixed(parsed, mixed)
    _check_columns(parsed, frame, weights)
    missing = missing_values(frame, [*parsed.variables, *([weights] if weights else [])])
    rows = complete_rows(len(frame), missing)
    if not rows.size:
        raise DesignError(_no_rows(frame, missing))
    columns = FrameColumns(frame, rows if missing else None)
    return _design(parsed, columns, rows, weights, contrasts or {}, _dropped_rows(len(frame), rows, missing))


def _design(
    formula: Formula,
    columns: FrameColumns,
    rows: NDArray[np.intp],
    weights: str | None,
    contrasts: Mapping[str, str],
    notices: list[Notice],
) -> Design:
    evaluator = Evaluator(formula.text, columns)
    coding = resolve_contrasts(contrasts)
    y, prior, offset, fixed, random = _gathered(
        lambda: evaluator.numbers(formula.response),
        lambda: None if weights is None else _weights(columns, rows, weights),
        lambda: offset_sum(formula, evaluator),
        lambda: model_matrix(formula.fixed, evaluator, coding, columns.n),
        lambda: build_random(formula, evaluator, coding),
    )
    assert isinstance(y, np.ndarray)
    assert isinstance(fixed, ModelMatrix)
    assert isinstance(random, RandomPart)
    kept = independent_columns(fixed.X)
    _check_enough_rows(len(kept), columns.n)
    X = fixed.X if len(kept) == len(fixed.names) else np.asfortranarray(fixed.X[:, kept])
    names = tuple(fixed.names[i] for i in kept)
    dropped = tuple(name for name in fixed.names if name not in set(names))
    return Design(
        formula=formula.text,
        outcome=formula.outcome_label,
        y=y,
        X=X,
        columns=names,
        assign=tuple(fixed.assign[i] for i in kept),
        term_labels=formula.fixed.labels,
        term_variables=formula.fixed.columns,
        all_columns=fixed.names,
        all_assign=fixed.assign,
        dropped=dropped,
        random=random.terms,
        weights=prior if isinstance(prior, np.ndarray) else None,
        offset=offset if isinstance(offset, np.ndarray) else None,
        rows=rows,
        transforms=_transforms(formula, evaluator, coding, kept, fixed, random),
        notices=(
            *notices,
            *_dropped_columns(dropped),
            *notices_on_random(formula, evaluator, random.terms, X, names),
        ),
    )


def _gathered(*parts: Callable[[], object]) -> list[object]:
    """Return what each part gives, or raise the faults of all of them."""
    found: list[object] = []
    errors: list[DesignError] = []
    for part in parts:
        try:
            found.append(part())
        except DesignError as error:
            errors.append(error)
    _raise_all(errors)
    return found


def _raise_all(errors: Sequence[DesignError]) -> None:
    faults = dict.fromkeys(fault for error in errors for fault in error.faults)
    if len(faults) == 1:
        raise errors[0]
    if faults:
        raise DesignError(*faults)


def _check_mixed(formula: Formula, mixed: bool) -> None:
    end = len(formula.text.rstrip())
    if mixed and not formula.bars:
        hint = "add one, such as + (1 | group)"
        raise formula_error(formula.text, Span(end, end), "the formula has no random-effects term", hint)
    if not mixed and formula.bars:
        what = "a single-level model has no random-effects term"
        raise formula_error(formula.text, formula.bars[0].span, what, "remove it, or make the model a rung")


def _check_columns(formula: Formula, frame: pd.DataFrame, weights: str | None) -> None:
    known = [str(name) for name in frame.columns]
    errors: list[DesignError] = []
    for name in {name.name: name for name in reversed(formula.names)}.values():
        if name.name not in known:
            hint = nearest(name.name, known)
            errors.append(formula_error(formula.text, name.span, f"there is no column {name.name}", hint))
        elif known.count(name.name) > 1:
            errors.append(formula_error(formula.text, name.span, f"there are two columns {name.name}"))
    if weights is not None and weights not in known:
        what = f"there is no column {weights} to weight by"
        errors.append(DesignError(Fault("", what, nearest(weights, known))))
    _raise_all(
        sorted(errors, key=lambda error: error.offset if isinstance(error, FormulaError) else len(known))
    )


def _no_rows(frame: pd.DataFrame, missing: Mapping[str, NDArray[np.bool_]]) -> Fault:
    if frame.empty:
        return Fault("", "the data have no rows")
    return Fault("", "no row is complete", f"missing values: {_counts(missing)}")


def _counts(missing: Mapping[str, NDArray[np.bool_]]) -> str:
    return ", ".join(f"{name} {int(absent.sum())}" for name, absent in missing.items())


def _dropped_rows(n: int, rows: NDArray[np.intp], missing: Mapping[str, NDArray[np.bool_]]) -> list[Notice]:
    if len(rows) == n:
        return []
    text = f"{n - len(rows)} of {n} rows are left out for missing values: {_counts(missing)}."
    return [Notice(code="rows_dropped", severity="info", text=text)]


def _dropped_columns(dropped: Sequence[str]) -> list[Notice]:
    if not dropped:
        return []
    text = (
        f"The fixed effects are not all identified: {', '.join(dropped)} "
        f"{'is a linear combination' if len(dropped) == 1 else 'are linear combinations'} of the columns before and left out."
    )
    return [Notice(code="rank_deficient", severity="warning", text=text, subject=dropped[0])]


def _weights(columns: FrameColumns, rows: NDArray[np.intp], name: str) -> _Array:
    value = columns.value(name)
    if not isinstance(value, Numbers):
        raise DesignError(Fault("", f"the weights {name} are not numbers"))
    bad = ~(np.isfinite(value.values) & (value.values > 0))
    if bad.any():
        first = int(np.argmax(bad))
        what = f"the weight {name} is {value.values[first]:g} in row {rows[first] + 1}; {int(bad.sum())} such in all"
        raise DesignError(
            Fault("", what, "weights are positive and finite; leave a row out by a missing value")
        )
    return value.values


def offset_sum(formula: Formula, evaluator: Evaluator) -> _Array | None:
    """Return the sum of the formula's offsets, shape (n,), or None without one."""
    total = None
    for expr in formula.offsets:
        assert isinstance(expr, Call)
        values = evaluator.numbers(expr)
        total = values if total is None else total + values
    return total


def resolve_contrasts(contrasts: Mapping[str, str]) -> dict[str, Contrast]:
    """Return the contrasts named by words; DesignError for a word that names none."""
    try:
        return {name: Contrast(contrast_kind(word)) for name, word in contrasts.items()}
    except TransformFault as fault:
        raise DesignError(Fault("", fault.what, fault.hint)) from None


def _check_enough_rows(p: int, n: int) -> None:
    if p >= n:
        what = f"the model has {p} fixed-effect coefficients and {n} rows"
        raise DesignError(Fault("", what, "a model needs more rows than coefficients; leave out predictors"))


def _transforms(
    formula: Formula,
    evaluator: Evaluator,
    contrasts: Mapping[str, Contrast],
    kept: NDArray[np.intp],
    fixed: ModelMatrix,
    random: RandomPart,
) -> dict[str, object]:
    """Return what ``apply_design`` needs, plain JSON values."""
    return {
        "formula": formula.text,
        "contrasts": {name: contrast.kind for name, contrast in contrasts.items()},
        "states": {name: dict(state) for name, state in evaluator.states.items()},
        "columns": list(fixed.names),
        "kept": [int(i) for i in kept],
        "groups": {term.group: list(term.levels) for term in random.terms},
        "random": [{"bar": part.bar, "column": part.column} for part in random.parts],
    }
