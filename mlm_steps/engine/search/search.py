"""Search for the optimum from one or several starts, and choose the lowest end."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import Point, profiled
from mlm_steps.engine.result.lmm_fit import Control, Method
from mlm_steps.engine.search.optimize import Objective, SearchResult, Traced, minimise
from mlm_steps.engine.search.starts import contrasting_starts, diagonal, identity, near_start, plain_start
from mlm_steps.engine.structures.one_factor import OneFactor
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["find_optimum", "first_start", "objective_of", "refine", "with_exact_zeros"]

Array = NDArray[np.float64]

MANY_LEVELS = 50
"""Number of levels of a factor above which no second optimum has been observed."""
FEW_LEVELS = 5
"""Number of levels up to which every optimum is checked from other starts."""
FEW_IN_EFFECT = 8
"""Effective number of levels up to which every optimum is checked from other starts."""
FEW_THETAS = 9
"""Number of covariance parameters up to which searches are short."""
FEW_EFFECTS = 2000
"""Number of random effects up to which searches are short, even if each Hessian takes many gradients."""
ENOUGH_LEVELS = 15
"""Effective number of levels above which long searches from a few starts all find the optimum."""
TINY = 1e-300
"""Smallest divisor, so that no division is by zero."""
RESTARTS_IF_EXPENSIVE = 2
"""Number of searches from other starts where an evaluation is expensive."""
RESTARTS_IF_LONG = 4
"""Number of searches from other starts where searches are long."""
ROUNDING_AT_ZERO = 1e-10
"""Relative rise of the criterion that rounding explains when small elements of theta are set to zero."""
LOWER = 1e-9
"""Relative decrease of the criterion above which a rival optimum is lower."""
LEAST_LEFT = 0.3
"""Smallest share of the residual variance that the joined start leaves for the residual."""
LEAST_START = 0.1
"""Smallest diagonal element of Lambda in the joined start: at 0 the gradient vanishes."""
WEAK = 8.0
"""Curvature of the criterion in log theta below which theta is weakly determined (standard error 0.5)."""
EXTREME = 100.0
"""Standard deviation of a random effect, relative to the residual's, above which other starts are tried."""
ZERO = 1e-7
"""Size of an element of theta, in the engine's units, below which it may be zero up to rounding."""
SHORT = 150
"""Number of evaluations after which a search from another start is stopped unless it is lower."""


def objective_of(prepared: PreparedDesign, method: Method) -> Objective:
    """Return the profiled criterion of theta in the engine's units."""

    def objective(theta: Array, hessian: bool) -> Point | None:
        criterion_terms = prepared.strategy.criterion_terms(theta, hessian=hessian)
        if criterion_terms is None:
            return None
        point = profiled(criterion_terms, prepared.n, prepared.p, method)
        # The sum is finite only if every element is.
        total = float(point.gradient.sum())
        if point.hessian is not None:
            total += float(point.hessian.sum())
        return point if isfinite(total) else None

    return objective


def find_optimum(
    prepared: PreparedDesign,
    method: Method,
    control: Control,
    start: Array | None = None,
    *,
    guess: Array | None = None,
    rivals: int | None = None,
) -> SearchResult:
    """Return the best optimum found, with a Hessian, in the engine's units.

    Usually there is one search. Where a second optimum is possible (few levels, or a variance that the data
    hardly determine), further searches begin at contrasting starts; ``rivals`` limits their number. ``guess``
    is a Hessian at ``start`` for models whose exact Hessian takes many evaluations.
    """
    objective = Traced(objective_of(prepared, method))
    if start is not None:
        first = start
    elif control.start is not None:
        first = control.start * identity(prepared)
    elif prepared.alone:
        first = _joined(prepared, method, control)
    else:
        first = near_start(prepared, method)
    best = _search(prepared, objective, first, control, guess=guess)
    many = _restarts(prepared, best, control, rivals)
    for other in islice(contrasting_starts(prepared, best), many):
        best = _better(prepared, objective, other, control, best)
    return replace(best, trace=tuple(objective.points))


def _restarts(
    prepared: PreparedDesign, best: SearchResult, control: Control, rivals: int | None
) -> int | None:
    """Return the number of searches from other starts; None for all of them."""
    expensive = prepared.strategy.expensive
    if rivals == control.restarts and not expensive:
        return rivals  # whether or not another optimum is possible
    if not _doubtful(prepared, best):
        return control.restarts
    if expensive:
        return max(RESTARTS_IF_EXPENSIVE, control.restarts)
    if rivals is None and _long(prepared, best) and _fewest_levels(prepared) > ENOUGH_LEVELS:
        return max(RESTARTS_IF_LONG, control.restarts)
    return rivals


def _long(prepared: PreparedDesign, search: SearchResult) -> bool:
    """Return whether searches are long: many parameters, or many effects and Hessians by differences."""
    effects = sum(factor.q for factor in prepared.strategy.factors)
    by_differences = not prepared.strategy.exact_hessian
    return search.theta.size > FEW_THETAS or (by_differences and effects > FEW_EFFECTS)


def first_start(prepared: PreparedDesign, method: Method, control: Control) -> Array:
    """Return the start of a named optimiser; unlike ``auto`` it does not use the moments of the data."""
    return plain_start(prepared, method) if control.start is None else control.start * identity(prepared)


def with_exact_zeros(prepared: PreparedDesign, method: Method, search: SearchResult) -> SearchResult:
    """Return the search with elements of theta that are zero within rounding set to zero."""
    small = (np.abs(search.theta) < ZERO) & (search.theta != 0.0)
    if search.ended != "optimum" or not small.any():
        return search
    theta = np.where(small, 0.0, search.theta)
    point = objective_of(prepared, method)(theta, prepared.strategy.exact_hessian)
    if point is None or point.value > search.point.value + ROUNDING_AT_ZERO * (1.0 + abs(search.point.value)):
        return search
    if point.hessian is None:
        # The Hessian of the last point is close enough here.
        criterion_terms = replace(point.criterion_terms, hessians=search.point.criterion_terms.hessians)
        point = Point(point.value, point.gradient, search.point.hessian, criterion_terms)
    return replace(search, theta=theta, point=point, evaluations=search.evaluations + 1)


def refine(prepared: PreparedDesign, method: Method, control: Control, start: Array) -> SearchResult:
    """Return the optimum next to ``start``."""
    objective = Traced(objective_of(prepared, method))
    return replace(_search(prepared, objective, start, control), trace=tuple(objective.points))


def _better(
    prepared: PreparedDesign, objective: Objective, start: Array, control: Control, best: SearchResult
) -> SearchResult:
    """Return the lower of an optimum that is known and the one that a search from ``start`` finds."""
    short = replace(control, max_evaluations=min(control.max_evaluations, SHORT))
    rival = _search(prepared, objective, start, short, known=best)
    used = best.evaluations + rival.evaluations
    lower = rival.point.value < best.point.value - LOWER * (1.0 + abs(best.point.value))
    if lower and rival.ended == "evaluations":
        # Both parts are one search, and the limit on evaluations holds for their sum.
        left = control.max_evaluations - rival.evaluations
        if left > 0:
            rival = _search(prepared, objective, rival.theta, replace(control, max_evaluations=left))
            used += rival.evaluations
    return replace(rival if lower else best, evaluations=used)


def _search(
    prepared: PreparedDesign,
    objective: Objective,
    start: Array,
    control: Control,
    *,
    known: SearchResult | None = None,
    guess: Array | None = None,
) -> SearchResult:
    return minimise(
        objective,
        start,
        exact_hessian=prepared.strategy.exact_hessian,
        max_evaluations=control.max_evaluations,
        tolerance=control.tolerance,
        known=known,
        guess=guess,
    )


def _joined(prepared: PreparedDesign, method: Method, control: Control) -> Array:
    """Return a start made of the optima of each factor alone.

    In the fit of one factor alone, the residual variance includes the variance of the other factors. The
    start subtracts that part from the residual variance.
    """
    theta = np.zeros(sum(factor.pattern.m for factor in prepared.strategy.factors))
    relative, residual = [], []
    for strategy in prepared.alone:
        own = replace(strategy.factor, theta=np.arange(strategy.factor.theta.size))
        single = replace(prepared, strategy=replace(strategy, factor=own), alone=())
        found = _search(single, objective_of(single, method), near_start(single, method), control)
        Lambda = own.pattern.factor(found.theta)
        relative.append(float((Lambda * Lambda).sum()))
        residual.append(found.point.criterion_terms.pwrss)
        theta[strategy.factor.theta] = found.theta
    explained = np.array(residual) * np.array(relative)
    least = int(np.argmin(residual))
    left = max(residual[least] - (explained.sum() - explained[least]), LEAST_LEFT * residual[least])
    for strategy, own_residual in zip(prepared.alone, residual, strict=True):
        theta[strategy.factor.theta] *= np.sqrt(own_residual / left)
    # At 0 the gradient vanishes, and only the Hessian shows a direction of descent.
    places = diagonal(prepared)
    theta[places] = np.maximum(np.abs(theta[places]), LEAST_START)
    return theta


def _fewest_levels(prepared: PreparedDesign) -> float:
    """Return the smallest effective number of levels of a factor.

    It is smaller than the number of levels where a few levels hold most of the weight, the rows or the
    variation of a slope.
    """
    alone = prepared.alone or (prepared.strategy,)
    fewest = float(min(factor.J for factor in prepared.strategy.factors))
    for strategy in alone:
        if isinstance(strategy, OneFactor):
            known = np.einsum("jba,jba->ja", strategy.R, strategy.R)
            squares = np.einsum("ja,ja->a", known, known)
            fewest = min(fewest, float((known.sum(axis=0) ** 2 / np.maximum(squares, TINY)).min()))
    return fewest


def _doubtful(prepared: PreparedDesign, search: SearchResult) -> bool:
    """Return whether another optimum is possible: some standard deviation is weakly determined."""
    if search.ended != "optimum" or search.point.hessian is None:
        return True
    fewest = _fewest_levels(prepared)
    places = diagonal(prepared)
    information = search.theta[places] ** 2 * search.point.hessian.diagonal()[places]
    extreme = bool(np.abs(search.theta).max() > EXTREME)
    if fewest <= FEW_IN_EFFECT and not prepared.strategy.expensive:
        return True
    if fewest >= MANY_LEVELS:
        return extreme
    # Two terms on one factor can each take the other's variance, and both ends are sharp optima.
    shared = any(len(factor.terms) > 1 for factor in prepared.strategy.factors)
    return extreme or shared or bool((information < WEAK).any())
