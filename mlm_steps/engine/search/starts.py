"""Starts of searches: near the optimum by the moments of the data, and far from a known optimum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import profiled_value
from mlm_steps.engine.criterion.lambda_ import Pattern, lower_factor, pack
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.engine.search.optimize import SearchResult
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.one_factor import OneFactor
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["contrasting_starts", "diagonal", "identity", "near_start", "plain_start"]

Array = NDArray[np.float64]

SCALES = (0.1, 10.0, 300.0, 1e4, 3e5)
"""Standard deviations of the random effects, relative to the residual's, from which a search may start."""
PLAIN = (0.03, 30.0)
"""Range of the diagonal of Lambda, estimated by the moments, within which no other start is tried."""
LARGE = 3.0
"""Element of theta at an optimum above which rivals with much larger elements are searched for."""
ROUNDING = 1e-10
"""Relative decrease of the criterion below which it may be rounding, so that the start is not changed."""
CERTAIN = 1e-6
"""Relative distance of a lower bound of the criterion from the lowest value that rounding cannot explain."""
KNOWN = 1e-3
"""Smallest share of the sum of squares outside X and Z of which enough digits are known for a bound."""
INNER = 1e-3
"""Smallest eigenvalue of a covariance matrix at a start, relative to its largest one."""


def plain_start(prepared: PreparedDesign, method: Method) -> Array:
    """Return the best of a short list of starts that do not depend on the data."""
    theta = identity(prepared)
    return _screened(prepared, method, theta, _value(prepared, theta, method))[0]


def near_start(prepared: PreparedDesign, method: Method) -> Array:
    """Return where a search starts: the estimate by the moments, or else the best of a short list."""
    theta, strategy = identity(prepared), prepared.strategy
    if not isinstance(strategy, OneFactor):
        return plain_start(prepared, method)
    moments = strategy.moments(theta, prepared.n)
    guess = None if moments is None else _by_moments(strategy.factor.pattern, moments.covariance)
    if moments is None or guess is None:
        return plain_start(prepared, method)
    value = profiled_value(moments.values, prepared.n, prepared.p, method)
    guessed = _value(prepared, guess, method)
    spread = np.abs(guess[diagonal(prepared)])
    if guessed < value and PLAIN[0] < float(spread.min()) and float(spread.max()) < PLAIN[1]:
        return guess
    theta, value = _screened(prepared, method, theta, value)
    return guess if guessed < value else theta


def _by_moments(pattern: Pattern, Sigma: Array | None) -> Array | None:
    """Return theta from the second moments of Zᵀ V⁻¹ (y - X beta), with V at another theta.

    Their expectation is linear in the covariance matrix, so that one small system was solved for it. The
    solution is exact for balanced data without fixed effects and with all variances positive (Rao's MINQUE),
    and approximate with fixed effects. None where the system has no solution.
    """
    if Sigma is None:
        return None
    Lambda = np.zeros_like(Sigma)
    for span in pattern.spans:
        roots, vectors = np.linalg.eigh(Sigma[span, span])
        if not roots[-1] > 0.0:
            return None
        Lambda[span, span] = lower_factor(vectors * np.sqrt(np.maximum(roots, INNER * roots[-1])))
    return Lambda[pattern.rows, pattern.columns]


def _screened(prepared: PreparedDesign, method: Method, theta: Array, best: float) -> tuple[Array, float]:
    """Return a start and its value: Lambda diagonal, scales from a short list, one term after the other."""
    terms = [places for factor in prepared.strategy.factors for places in _terms(factor)]
    if len(terms) > 1:
        # All terms are scaled together first: each of two large terms may seem small if the other is at 1.
        terms = [np.arange(theta.size), *terms, *terms]
    for places in terms:
        current = theta[places].copy()
        for scale in SCALES:
            trial = theta.copy()
            trial[places] = np.where(current != 0.0, scale, 0.0)
            values = prepared.strategy.value(trial)
            if values is None:
                continue
            value = profiled_value(values, prepared.n, prepared.p, method)
            if value < best - ROUNDING * (1.0 + abs(best)):
                theta, best = trial, value
            elif _least_beyond(prepared, values, method) > best + CERTAIN * (1.0 + abs(best)):
                break
    return theta, best


def _least_beyond(prepared: PreparedDesign, values: tuple[float, float, float], method: Method) -> float:
    """Return a lower bound of the criterion where the random effects are larger than at a theta.

    ``values`` are the three functions at that theta. Both log|V| and log|V| + log|Xᵀ V⁻¹ X| increase with the
    random effects, and r² stays above the residual sum of squares on X and Z. The bound is minus infinity
    where that sum of squares has too few digits, or is not known.
    """
    strategy = prepared.strategy
    if not isinstance(strategy, OneFactor) or strategy.least_pwrss < KNOWN:
        return -np.inf
    return profiled_value((*values[:2], strategy.least_pwrss), prepared.n, prepared.p, method)


def _value(prepared: PreparedDesign, theta: Array, method: Method) -> float:
    values = prepared.strategy.value(theta)
    return np.inf if values is None else profiled_value(values, prepared.n, prepared.p, method)


def identity(prepared: PreparedDesign) -> Array:
    """Return theta with Lambda the identity: standard deviations as large as the residual's."""
    theta = np.zeros(sum(factor.pattern.m for factor in prepared.strategy.factors))
    theta[diagonal(prepared)] = 1.0
    return theta


def diagonal(prepared: PreparedDesign) -> NDArray[np.intp]:
    """Return the places in theta of the diagonal of Lambda."""
    return np.concatenate([factor.theta[factor.pattern.diagonal] for factor in prepared.strategy.factors])


def _terms(factor: FactorTerms) -> Iterator[NDArray[np.intp]]:
    """Yield the places in theta of each term of a factor."""
    pattern: Pattern = factor.pattern
    for span in pattern.spans:
        yield factor.theta[(pattern.rows >= span.start) & (pattern.rows < span.stop)]


def contrasting_starts(prepared: PreparedDesign, search: SearchResult) -> Iterator[Array]:
    """Yield starts far from the optimum found: every scale, and random directions of rank one.

    Very large starts make long searches. They are used only where the optimum itself is large.
    """
    one = identity(prepared)
    terms = [places for factor in prepared.strategy.factors for places in _terms(factor)]
    for scale in (1.0, 0.1, 1e-3, 30.0):
        yield scale * one
    if len(terms) > 1:
        for places in terms:
            alone = 0.1 * one
            alone[places] *= 100.0
            yield alone
    if one.size > len(terms):
        generator = np.random.default_rng(one.size)
        large = float(np.abs(search.theta).max()) > LARGE
        for scale in (0.3, 3.0, *((30.0, 300.0, 3000.0, 3000.0) if large else ())):
            yield scale * (0.05 * one + generator.normal(size=one.size) * _first_columns(prepared))
    for scale in (1.0, 30.0, 1e3, 3e4):
        yield _of_modes(prepared, scale * one)
    for places in terms:
        closed = search.theta.copy()
        closed[places] = 0.02 * one[places]
        yield closed


def _of_modes(prepared: PreparedDesign, theta: Array) -> Array:
    """Return theta of the covariance matrix of the conditional modes at ``theta``."""
    values = prepared.strategy.value(theta)
    if values is None:
        return theta
    drawn = np.zeros_like(theta)
    for factor, b in zip(prepared.strategy.factors, prepared.strategy.modes(theta), strict=True):
        spread = np.sqrt(factor.J * values[2] / prepared.n)
        for span, places in zip(factor.pattern.spans, _terms(factor), strict=True):
            drawn[places] = pack(lower_factor(b[:, span].T / spread))
    return drawn


def _first_columns(prepared: PreparedDesign) -> Array:
    """Return 1 for the elements of theta in the first column of their term, else 0."""
    first = np.zeros(sum(factor.pattern.m for factor in prepared.strategy.factors))
    for factor in prepared.strategy.factors:
        starts = [span.start for span in factor.pattern.spans]
        first[factor.theta[np.isin(factor.pattern.columns, starts)]] = 1.0
    return first
