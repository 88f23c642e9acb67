"""Where searches start, how many there are, and which of them wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion import Point, profiled, profiled_value
from mlm_steps.engine.groups import Factor
from mlm_steps.engine.kernel import Kernel
from mlm_steps.engine.lambda_ import Pattern, lower_factor, pack
from mlm_steps.engine.optimize import Objective, Search, minimise
from mlm_steps.engine.values import Control, Method

__all__ = ["contrasting_starts", "find_optimum", "first_start", "objective_of", "polish"]

Array = NDArray[np.float64]

SCALES = (0.1, 10.0, 300.0, 1e4, 3e5)
"""Standard deviations of the random effects, relative to the residual's, from which a search may start."""
MANY_LEVELS = 50
"""Levels of a factor beyond which a second optimum has not been seen."""
FEW_LEVELS = 5
"""Levels up to which every optimum is checked from other starts."""
WEAK = 8.0
"""Curvature of the criterion in log theta below which theta is weakly determined: a standard error of 0.5."""
EXTREME = 100.0
"""Standard deviation of a random effect, relative to the residual's, that calls for a second look."""
SHORT = 150
"""Evaluations after which a search from another start must be ahead."""


def objective_of(kernel: Kernel, method: Method) -> Objective:
    """Return the profiled criterion of theta in the engine's units."""

    def objective(theta: Array, hessian: bool) -> Point | None:
        pieces = kernel.strategy.pieces(theta, hessian=hessian)
        if pieces is None:
            return None
        point = profiled(pieces, kernel.n, kernel.p, method)
        return point if np.isfinite(point.gradient).all() else None

    return objective


def find_optimum(
    kernel: Kernel,
    method: Method,
    control: Control,
    start: Array | None = None,
    *,
    rivals: int | None = None,
) -> Search:
    """Return the best optimum found, with a Hessian, in the engine's units.

    One search is the rule. Where a second optimum is possible (few levels, a variance that the data
    hardly determine), others follow from contrasting starts; ``rivals`` limits their number.
    """
    objective = objective_of(kernel, method)
    guess = None
    if start is not None:
        first = start
    elif control.start is not None:
        first = control.start * _identity(kernel)
    elif kernel.alone:
        first, guess = _joined(kernel, method, control)
    else:
        first = _screened(kernel, method)
    best = _search(kernel, objective, first, control, guess=guess)
    many = rivals
    if not _doubtful(kernel, best):
        many = control.restarts
    elif kernel.strategy.dear:
        many = max(2, control.restarts)
    for other in islice(contrasting_starts(kernel, best), many):
        best = _better(kernel, objective, other, control, best)
    return best


def first_start(kernel: Kernel, method: Method, control: Control) -> Array:
    """Return where a search starts that is given no theta."""
    return _screened(kernel, method) if control.start is None else control.start * _identity(kernel)


def polish(kernel: Kernel, method: Method, control: Control, start: Array) -> Search:
    """Return the optimum next to ``start``."""
    return _search(kernel, objective_of(kernel, method), start, control)


def _better(kernel: Kernel, objective: Objective, start: Array, control: Control, best: Search) -> Search:
    """Return the lower of an optimum that is known and the one that a search from ``start`` finds."""
    short = replace(control, max_evaluations=min(control.max_evaluations, SHORT))
    rival = _search(kernel, objective, start, short, known=best)
    used = best.evaluations + rival.evaluations
    lower = rival.point.value < best.point.value - 1e-9 * (1.0 + abs(best.point.value))
    if lower and rival.ended == "evaluations":
        rival = _search(kernel, objective, rival.theta, control)
        used += rival.evaluations
    return replace(rival if lower else best, evaluations=used)


def _search(
    kernel: Kernel,
    objective: Objective,
    start: Array,
    control: Control,
    *,
    known: Search | None = None,
    guess: Array | None = None,
) -> Search:
    return minimise(
        objective,
        start,
        exact_hessian=kernel.strategy.exact_hessian,
        max_evaluations=control.max_evaluations,
        tolerance=control.tolerance,
        known=known,
        guess=guess,
    )


def _joined(kernel: Kernel, method: Method, control: Control) -> tuple[Array, Array | None]:
    """Return a start made of the optima of each factor alone, and a guess at the Hessian there.

    What the other factors explain is residual variance to each alone; it is taken off again.
    """
    m = sum(factor.pattern.m for factor in kernel.strategy.factors)
    theta, guess = np.zeros(m), np.zeros((m, m))
    relative, residual = [], []
    for strategy in kernel.alone:
        own = replace(strategy.factor, theta=np.arange(strategy.factor.theta.size))
        single = replace(kernel, strategy=replace(strategy, factor=own), alone=())
        found = _search(single, objective_of(single, method), _screened(single, method), control)
        Lambda = own.pattern.factor(found.theta)
        relative.append(float((Lambda * Lambda).sum()))
        residual.append(found.point.pieces.pwrss)
        theta[strategy.factor.theta] = found.theta
        if found.point.hessian is not None:
            guess[np.ix_(strategy.factor.theta, strategy.factor.theta)] = found.point.hessian
    explained = np.array(residual) * np.array(relative)
    least = int(np.argmin(residual))
    left = max(residual[least] - (explained.sum() - explained[least]), 0.3 * residual[least])
    for strategy, own_residual in zip(kernel.alone, residual, strict=True):
        theta[strategy.factor.theta] *= np.sqrt(own_residual / left)
    # At 0 the gradient vanishes: only the Hessian shows the way out.
    diagonal = _diagonal(kernel)
    theta[diagonal] = np.maximum(np.abs(theta[diagonal]), 0.1)
    return theta, guess if kernel.strategy.dear else None


def _screened(kernel: Kernel, method: Method) -> Array:
    """Return a start: Lambda diagonal, scales chosen from a short list, of one term after the other."""
    theta = _identity(kernel)
    best = _value(kernel, theta, method)
    terms = [places for factor in kernel.strategy.factors for places in _terms(factor)]
    if len(terms) > 1:
        # All together first: two that are large may each look small beside the other at 1.
        terms = [np.arange(theta.size), *terms, *terms]
    for places in terms:
        current = theta[places].copy()
        for scale in SCALES:
            trial = theta.copy()
            trial[places] = np.where(current != 0.0, scale, 0.0)
            value = _value(kernel, trial, method)
            if value < best:
                theta, best = trial, value
    return theta


def _value(kernel: Kernel, theta: Array, method: Method) -> float:
    pieces = kernel.strategy.value(theta)
    return np.inf if pieces is None else profiled_value(pieces, kernel.n, kernel.p, method)


def _identity(kernel: Kernel) -> Array:
    theta = np.zeros(sum(factor.pattern.m for factor in kernel.strategy.factors))
    theta[_diagonal(kernel)] = 1.0
    return theta


def _diagonal(kernel: Kernel) -> NDArray[np.intp]:
    return np.concatenate([f.theta[f.pattern.rows == f.pattern.columns] for f in kernel.strategy.factors])


def _terms(factor: Factor) -> Iterator[NDArray[np.intp]]:
    """Yield the places in theta of each term of a factor."""
    pattern: Pattern = factor.pattern
    for span in pattern.spans:
        yield factor.theta[(pattern.rows >= span.start) & (pattern.rows < span.stop)]


def _doubtful(kernel: Kernel, search: Search) -> bool:
    """Return whether another optimum is possible: some standard deviation is weakly determined."""
    if search.ended != "optimum" or search.point.hessian is None:
        return True
    fewest = min(factor.J for factor in kernel.strategy.factors)
    places = _diagonal(kernel)
    information = search.theta[places] ** 2 * np.diag(search.point.hessian)[places]
    extreme = bool(np.abs(search.theta).max() > EXTREME)
    if fewest <= FEW_LEVELS and not kernel.strategy.dear:
        return True
    return extreme or (fewest < MANY_LEVELS and bool((information < WEAK).any()))


def contrasting_starts(kernel: Kernel, search: Search) -> Iterator[Array]:
    """Yield starts far from the optimum found: every scale, and random directions of rank one."""
    identity = _identity(kernel)
    terms = [places for factor in kernel.strategy.factors for places in _terms(factor)]
    for scale in (1.0, 0.1, 1e-3, 30.0):
        yield scale * identity
    if len(terms) > 1:
        for places in terms:
            alone = 0.1 * identity
            alone[places] *= 100.0
            yield alone
    if identity.size > len(terms):
        generator = np.random.default_rng(identity.size)
        for scale in (0.3, 3.0, 30.0, 300.0, 3000.0, 3000.0):
            yield scale * (0.05 * identity + generator.normal(size=identity.size) * _first_columns(kernel))
    for scale in (1.0, 30.0, 1e3, 3e4):
        yield _of_modes(kernel, scale * identity)
    for places in terms:
        closed = search.theta.copy()
        closed[places] = 0.02 * identity[places]
        yield closed


def _of_modes(kernel: Kernel, theta: Array) -> Array:
    """Return the theta of which the conditional modes at ``theta`` would be draws."""
    values = kernel.strategy.value(theta)
    if values is None:
        return theta
    drawn = np.zeros_like(theta)
    for factor, b in zip(kernel.strategy.factors, kernel.strategy.modes(theta), strict=True):
        spread = np.sqrt(factor.J * values[2] / kernel.n)
        for span, places in zip(factor.pattern.spans, _terms(factor), strict=True):
            drawn[places] = pack(lower_factor(b[:, span].T / spread))
    return drawn


def _first_columns(kernel: Kernel) -> Array:
    """Return 1 for the elements of theta in the first column of their term, else 0."""
    first = np.zeros(sum(factor.pattern.m for factor in kernel.strategy.factors))
    for factor in kernel.strategy.factors:
        starts = [span.start for span in factor.pattern.spans]
        first[factor.theta[np.isin(factor.pattern.columns, starts)]] = 1.0
    return first
