"""Read the outcome of a model and the columns that belong to its distribution (statistics, section 22.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.arguments import EVENTS
from mlm_steps.design.columns import Columns
from mlm_steps.design.deparse import deparse
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Call
from mlm_steps.design.formula import Formula
from mlm_steps.design.variables import Factor, Numbers, Truths, Value
from mlm_steps.errors import DesignError, Fault, listing
from mlm_steps.language.faults import formula_error
from mlm_steps.notice import Notice
from mlm_steps.records.response import Response
from mlm_steps.records.spelling import quote_name

__all__ = ["Observed", "event_notices", "log_exposure", "observed"]

NOT_A_COUNT = 1e-6
"""Distance of a share times its trials from a whole number, per trial, up to which it is rounding error."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """The outcome of every row.

    Attributes
    ----------
    y : ndarray, shape (n,)
        The outcome; for a binomial outcome the number of events.
    trials : ndarray, shape (n,), or None
        Number of trials; None if every row is one trial.
    event : str or None
        The level of a category that counts as an event.
    """

    y: Array
    trials: Array | None = None
    event: str | None = None


def observed(formula: Formula, evaluator: Evaluator, response: Response, rows: NDArray[np.intp]) -> Observed:
    """Return the outcome of the rows of a design.

    Parameters
    ----------
    formula : Formula
    evaluator : Evaluator
    response : Response
    rows : ndarray of int, shape (n,)
        The numbers of the rows in messages, counted from 0.

    Raises
    ------
    DesignError
        If the outcome has another form than the family needs. Whether its values suit the family is checked
        by the engine.
    """
    expr = formula.response
    pair = isinstance(expr, Call) and expr.function == EVENTS
    if not response.takes_trials:
        if pair:
            what = f"{deparse(expr)} is an outcome of events among trials"
            raise formula_error(formula.text, expr.span, what, "it needs family: binomial")
        return Observed(evaluator.numbers(expr))
    if isinstance(expr, Call) and pair:
        if response.trials is not None:
            what = f"the trials are given twice, here and by {deparse(expr)}"
            raise DesignError(Fault("", what, "remove one of them", key="trials"))
        return Observed(evaluator.numbers(expr.arguments[0].value), evaluator.numbers(expr.data))
    value = evaluator.variable(expr)
    if not isinstance(value, Numbers):
        return _category(formula, value, response)
    return _events(formula, evaluator.numbers(expr), _trials(evaluator, response, rows), rows)


def _category(formula: Formula, value: Factor | Truths, response: Response) -> Observed:
    """Return 1 for the last of two levels and 0 for the first."""
    label, span = formula.outcome_label, formula.response.span
    if response.trials is not None:
        what = f"{label} is a category, which has one trial in each row"
        raise DesignError(Fault("", what, "remove trials", key="trials"))
    if isinstance(value, Truths):
        return Observed(value.values, event="TRUE")
    if len(value.levels) == 1:
        what = f"{label} has one value in all rows, {value.levels[0]}"
        raise formula_error(formula.text, span, what, "there is nothing to explain")
    if len(value.levels) != 2:
        what = f"{label} has {len(value.levels)} levels: {listing(value.levels)}"
        hint = "a binomial outcome has two; compare one of them with the rest in a column of 0 and 1"
        raise formula_error(formula.text, span, what, hint)
    return Observed(np.asarray(value.codes == 1, dtype=np.float64), event=value.levels[1])


def _trials(evaluator: Evaluator, response: Response, rows: NDArray[np.intp]) -> Array | None:
    if response.trials is None:
        return None
    trials = _numbers(evaluator.columns.value(response.trials), response.trials, "trials")
    bad = ~(np.isfinite(trials) & (trials > 0) & (trials == np.floor(trials)))
    if bad.any():
        what = f"the number of trials {response.trials} is {_first(trials, bad, rows)}"
        raise DesignError(Fault("", what, "trials are whole numbers above 0", key="trials"))
    return trials


def _events(formula: Formula, y: Array, trials: Array | None, rows: NDArray[np.intp]) -> Observed:
    """Return the events among the trials; an outcome between 0 and 1 with fractions is a share of them."""
    share = bool(np.all((y >= 0) & (y <= 1))) and bool(np.any(y != np.floor(y)))
    if not share:
        return Observed(y, trials)
    if trials is None:
        broken = y != np.floor(y)
        what = f"{formula.outcome_label} is {_first(y, broken, rows)}: a share of unknown trials"
        hint = "give the number of trials of each row, trials: COLUMN"
        raise formula_error(formula.text, formula.response.span, what, hint)
    events = np.round(y * trials)
    off = np.abs(y * trials - events) > NOT_A_COUNT * np.maximum(1.0, trials)
    if off.any():
        at = int(np.argmax(off))
        shown = f"{formula.outcome_label} is {_first(y, off, rows)}"
        what = f"{shown}, which is not a share of {trials[at]:g} trials"
        raise formula_error(formula.text, formula.response.span, what, "check both columns")
    return Observed(events, trials)


def event_notices(label: str, event: str | None) -> tuple[Notice, ...]:
    """Return the notice on which level of a category is the event, if the outcome is one."""
    if event is None:
        return ()
    text = f"The event is {label} = {event}, the last level: the models are of its probability."
    return (Notice(code="event", severity="info", text=text, subject=label),)


def log_exposure(
    formula: Formula, columns: Columns, response: Response, rows: NDArray[np.intp]
) -> Array | None:
    """Return the logarithm of the exposure, shape (n,), or None without one.

    Raises
    ------
    DesignError
        If it is not a positive number in every row, or if the formula has it as an offset, too.
    """
    name = response.exposure
    if name is None:
        return None
    if f"log({quote_name(name)})" in [offset.text for offset in formula.offsets]:
        what = f"the formula has offset(log({name})), too"
        raise DesignError(Fault("", what, "remove one of them", key="exposure"))
    values = _numbers(columns.value(name), name, "exposure")
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        what = f"the exposure {name} is {_first(values, bad, rows)}"
        raise DesignError(Fault("", what, "an exposure is a positive number in every row", key="exposure"))
    return np.log(values)


def _numbers(value: Value, name: str, key: str) -> Array:
    if isinstance(value, Numbers) and value.values.ndim == 1:
        return value.values
    raise DesignError(Fault("", f"the column {name} does not hold numbers", key=key))


def _first(values: Array, bad: NDArray[np.bool_], rows: NDArray[np.intp]) -> str:
    """Return the first value at fault and its row, in words."""
    at, count = int(np.argmax(bad)), int(bad.sum())
    shown = "missing" if np.isnan(values[at]) else f"{values[at]:g}"
    more = f", the first of {count} rows" if count > 1 else ""
    return f"{shown} in row {rows[at] + 1}{more}"
