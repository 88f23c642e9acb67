"""The table of the variances, covariances and correlations of one rung."""

from __future__ import annotations

from collections.abc import Callable

from mlm_steps.records import FitRecord, RandomParameter
from mlm_steps.report.equations.levels import hierarchy
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence, effect_terms
from mlm_steps.report.text.facts import on_boundary, random_interval, random_number
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.intervals import limit_notes
from mlm_steps.report.text.names import INTERCEPT, RESIDUAL
from mlm_steps.report.text.text import Phrase, Symbol, say

__all__ = ["random_grid"]

BOUNDARY = "‡"
BOUNDARY_NOTE = say("‡ Estimate on the boundary of the parameter space; the fit is singular.")


def random_grid(
    given: ReportInput,
    fit: FitRecord,
    caption: Phrase,
    only: Callable[[RandomParameter], bool] = lambda _: True,
) -> Grid:
    """Return variances with standard deviations, and covariances with correlations, by grouping factor.

    ``only`` chooses among the variances and covariances.
    """
    interval = f"{confidence(fit)} CI"
    chosen = [p for p in fit.random if p.kind in ("variance", "covariance") and only(p)]
    rows: list[Row] = []
    for group in dict.fromkeys(p.group for p in chosen if p.group != RESIDUAL):
        rows.append(heading(given.names.group(group)))
        rows += [_row(given, fit, p) for p in chosen if p.group == group]
    rows += [_row(given, fit, p) for p in chosen if p.group == RESIDUAL]
    boundary = any(on_boundary(fit, p) for p in fit.random)
    return Grid(
        caption=caption,
        columns=columns("", "Variance, covariance", interval, say("*SD*, correlation"), interval),
        rows=tuple(rows),
        notes=(*_method(fit), *((BOUNDARY_NOTE,) if boundary else ()), *limit_notes([fit])),
        wide=True,
    )


def _row(given: ReportInput, fit: FitRecord, first: RandomParameter) -> Row:
    """Return a variance with its standard deviation, or a covariance with its correlation."""
    second = _partner(fit, first)
    return row(
        _head(given, fit, first),
        [
            _estimate(fit, first),
            random_interval(fit, first),
            None if second is None else _estimate(fit, second),
            None if second is None else random_interval(fit, second),
        ],
    )


def _partner(fit: FitRecord, first: RandomParameter) -> RandomParameter | None:
    """Return the standard deviation of a variance, or the correlation of a covariance."""
    kind = "sd" if first.kind == "variance" else "correlation"
    keys = (first.term_index, first.group, first.effect_1, first.effect_2)
    found = (p for p in fit.random if p.kind == kind)
    return next((p for p in found if (p.term_index, p.group, p.effect_1, p.effect_2) == keys), None)


def _estimate(fit: FitRecord, parameter: RandomParameter) -> Phrase | None:
    number = random_number(fit, parameter)
    if number is None:
        return None
    return (number, BOUNDARY) if on_boundary(fit, parameter) else (number,)


def _head(given: ReportInput, fit: FitRecord, parameter: RandomParameter) -> Phrase:
    if parameter.group == RESIDUAL:
        return ("Residual σ²",)
    terms = effect_terms(fit)
    effect = given.names.effect(parameter.effect_1 or INTERCEPT, terms)
    if parameter.effect_2 is not None:
        effect = (*effect, ", ", *given.names.effect(parameter.effect_2, terms))
    symbol = _symbol(given, fit, parameter)
    return effect if symbol is None else (*effect, " ", symbol)


def _symbol(given: ReportInput, fit: FitRecord, parameter: RandomParameter) -> Symbol | None:
    """Return the symbol of a variance or covariance in the equations."""
    factors = hierarchy(fit, given.run.data_profile).factors
    numbers = {e.name: e.number for f in factors if f.name == parameter.group for e in f.effects
               if e.term == parameter.term_index}  # fmt: skip
    names = (parameter.effect_1, parameter.effect_2 or parameter.effect_1)
    found = sorted(numbers[name] for name in names if name in numbers)
    return Symbol(f"τ{found[0]}{found[1]}") if len(found) == len(names) else None


def _method(fit: FitRecord) -> tuple[Phrase, ...]:
    methods = dict.fromkeys(row.ci_method for row in fit.random if row.ci_low is not None)
    return ((f"Intervals: {' and '.join(methods)}.",),) if methods else ()
