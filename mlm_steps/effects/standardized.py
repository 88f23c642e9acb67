"""Standardised coefficients, with the standard deviations of their level (statistics, section 9.6)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.lmm_fit import BOUNDARY, LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.engine.result.spread import column_spread, split_by_group
from mlm_steps.engine.result.variance_sources import nested_factors
from mlm_steps.records.effects import StandardizedCoefficient

__all__ = ["Version", "standardized"]

Array = NDArray[np.float64]
Version = Literal["level", "total"]

SWEEPS, CLOSE = 200, 1e-10
"""Rounds of subtracting the means of crossed factors, and the relative change below which they end."""
NOT_APPLICABLE = (None, "not_applicable")


def standardized(
    model: str, fit: MixedFit, null: LmmFit | None, version: Version
) -> tuple[StandardizedCoefficient, ...]:
    """Return the standardised coefficient of each column of X; an intercept has none.

    ``level``: a column that varies within all groups is of level 1, and its coefficient is multiplied by the
    standard deviation of the column minus its group means, over the residual standard deviation of the null
    model. A column that is constant within the levels of a grouping factor is multiplied by the standard
    deviation of its values over these levels, over that of the random intercepts of the null model; if the
    factor is nested in another one, that is the deviation from the means of the outer levels. ``total``:
    both standard deviations are those over the rows. A product is standardised as the column that it is.

    Parameters
    ----------
    model : str
        Name of the rung.
    fit : MixedFit
        Generalized models have the code ``not_applicable``.
    null : LmmFit or None
        The model with intercepts alone and the same grouping factors, by the same method; not needed for
        ``total``.
    version : {"level", "total"}
    """
    design = fit.design
    if not design.response.linear:
        found: list[tuple[float | None, str | None]] = [NOT_APPLICABLE] * design.p
    elif version == "total":
        found = _total(linear_fit(fit))
    else:
        if null is None:
            raise ValueError("coefficients of a level need the null model")
        found = [_of_level(linear_fit(fit), null, index) for index in range(design.p)]
    return tuple(
        StandardizedCoefficient(model=model, column=column, version=version, estimate=value, code=code)
        for column, (value, code) in zip(design.columns, found, strict=True)
    )


def _total(fit: LmmFit) -> list[tuple[float | None, str | None]]:
    outcome = float(np.std(fit.design.y, ddof=1))
    spread = fit.design.X.std(axis=0, ddof=1)
    constant = np.ptp(fit.design.X, axis=0) == 0
    return [
        NOT_APPLICABLE if constant[index] else (float(fit.beta[index] * spread[index] / outcome), None)
        for index in range(fit.design.p)
    ]


def _of_level(fit: LmmFit, null: LmmFit, index: int) -> tuple[float | None, str | None]:
    design, column = fit.design, fit.design.X[:, [index]]
    if np.ptp(column) == 0:
        return NOT_APPLICABLE
    term = _level_of(design, column)
    if term is None:
        predictor, outcome = _within(design, column), variance_parts(null).residual
    else:
        predictor, outcome = _between(design, column, term), _intercept_variance(null, term.group)
    if outcome <= (BOUNDARY * null.sigma) ** 2 or not np.isfinite(predictor):
        return None, "zero_reference" if np.isfinite(predictor) else "not_estimable"
    return float(fit.beta[index] * predictor / np.sqrt(outcome)), None


def _level_of(design: Design, column: Array) -> RandomTerm | None:
    """Return a term of the outermost factor within whose levels a column is constant, or None."""
    constant = [term for term in design.random if not column_spread(column, term.refs).varies_within[0]]
    return min(constant, key=lambda term: len(np.unique(term.refs)), default=None)


def _intercept_variance(null: LmmFit, group: str) -> float:
    terms = zip(null.design.random, null.covariances, strict=True)
    return next(float(T[0, 0]) for term, T in terms if term.group == group)


def _within(design: Design, column: Array) -> float:
    """Return the standard deviation of a column minus the means of the groups."""
    chain = nested_factors(design)
    if chain is not None:
        return float(column_spread(column, chain[0].refs).within[0])
    rest, whole = column - column.mean(axis=0), float(column.var())
    for _ in range(SWEEPS):
        before = rest
        for term in design.random:
            rest = split_by_group(rest, term.refs)[0]
        if float(np.mean((rest - before) ** 2)) <= CLOSE**2 * whole:
            break
    return float(rest.std(ddof=1))


def _between(design: Design, column: Array, term: RandomTerm) -> float:
    """Return the standard deviation over the levels of a factor, about the means of an outer factor."""
    chain = nested_factors(design) or (term,)
    position = next(place for place, each in enumerate(chain) if each.group == term.group)
    if position + 1 == len(chain):
        return float(column_spread(column, term.refs).over_groups[0])
    first = np.unique(term.refs, return_index=True)[1]
    return float(column_spread(column[first], chain[position + 1].refs[first]).within[0])
