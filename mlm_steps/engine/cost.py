"""Estimate the time of an evaluation of a model by counting operations, not by a clock.

The counts are those of the strategies; the seconds per operation were measured once, by
``python -m benchmarks.costs``, which prints them beside the estimates. Estimates within a factor of two are
good enough: they decide what is computed by default, and the decision must be the same on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

from mlm_steps.engine.bootstrap.replicates_several import together
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.engine.structures.nested import Nested
from mlm_steps.engine.structures.one_factor import OneFactor
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["Cost", "cost_of", "cost_of_fit"]

CALLS = {"one": 15e-6, "several": 0.6e-3, "nested": 0.15e-3}
"""Fixed time of an evaluation for its numpy calls, in seconds; for nested factors, per factor."""
VALUES = {"one": 13e-9, "several": 0.07e-9, "nested": 14e-9}
"""Seconds per operation of an evaluation without derivatives."""
DERIVATIVES = {"one": 40e-9, "several": 0.25e-9, "nested": 30e-9}
"""Seconds per operation of an evaluation with the derivatives that a search needs."""
VALUE_CALLS = 0.2
"""Fixed time of an evaluation without derivatives, relative to that of one with derivatives."""
BATCH_ONE = 16e-9
"""Seconds per operation of one replicate among many, with one grouping factor."""
BATCH_SEVERAL = (60e-6, 0.1e-9)
"""Seconds per evaluation and per operation of one replicate among many, with several grouping factors."""
ROUNDS = 30
"""Evaluations per replicate, searches from other starts included, where all replicates advance together."""
IN_TURN = 10
"""Evaluations per replicate where replicates are fitted one after the other with exact Hessians."""
BY_DIFFERENCES = (20, 3)
"""Evaluations, and evaluations per covariance parameter, where Hessians are differences of gradients."""
ROWS = 40e-9
"""Seconds to draw an outcome and reduce it to cross-products, per row and column of X and Z."""


GENERALIZED_CALLS = 2e-3
"""Fixed time of an evaluation of a generalized model, in seconds: the modes take a few Newton steps."""
GENERALIZED_ROWS = 60e-9
"""Seconds of an evaluation of a generalized model, per row, column and quadrature node."""
LEVELS = 200e-9
"""Seconds of an evaluation of a generalized model, per level and squared coefficients."""
GENERALIZED_SEARCH = 25
"""Evaluations with derivatives of the search of a generalized model, its Hessian included."""


class Cost(NamedTuple):
    """Seconds of one evaluation without and with derivatives, and of one refit among many."""

    value: float
    derivatives: float
    refit: float


def cost_of_fit(fit: MixedFit) -> Cost:
    """Return the seconds of the evaluations of a fitted model; without random effects they are negligible."""
    if not fit.design.random:
        columns = fit.design.n * (fit.design.p + 1)
        return Cost(ROWS * columns, ROWS * columns, ROWS * columns)
    if fit.design.response.linear:
        return cost_of(linear_fit(fit).prepared)
    columns = fit.design.p + sum(len(term.names) for term in fit.design.random)
    widest = max(len(term.names) for term in fit.design.random)
    nodes = float(fit.agq) ** widest
    levels = sum(len(term.levels) * len(term.names) ** 2 for term in fit.design.random)
    value = GENERALIZED_CALLS + GENERALIZED_ROWS * nodes * fit.design.n * (columns + 3) + LEVELS * levels
    derivatives = 2.0 * value
    return Cost(value, derivatives, GENERALIZED_SEARCH * derivatives)


def cost_of(prepared: PreparedDesign) -> Cost:
    """Return the seconds of the evaluations of a model."""
    kind, operations = _operations(prepared)
    alone = _complement(prepared, K=1) if kind == "several" else operations
    calls = CALLS[kind] * (len(prepared.strategy.factors) if kind == "nested" else 1)
    value = VALUE_CALLS * calls + VALUES[kind] * alone
    derivatives = calls + DERIVATIVES[kind] * operations
    columns = prepared.p + sum(factor.pattern.K for factor in prepared.strategy.factors)
    drawn = ROWS * prepared.n * columns
    if kind == "one":
        return Cost(value, derivatives, drawn + ROUNDS * BATCH_ONE * operations)
    if together(prepared.strategy):
        each, per_operation = BATCH_SEVERAL
        return Cost(value, derivatives, drawn + ROUNDS * (each + per_operation * _joint(prepared)))
    m = sum(factor.pattern.m for factor in prepared.strategy.factors)
    fixed, per_parameter = BY_DIFFERENCES
    evaluations = IN_TURN if prepared.strategy.exact_hessian else fixed + per_parameter * m
    return Cost(value, derivatives, drawn + evaluations * derivatives)


def _operations(prepared: PreparedDesign) -> tuple[str, float]:
    """Return the kind of a strategy and the approximate number of multiplications of an evaluation."""
    strategy, data = prepared.strategy, prepared.p + 1
    if isinstance(strategy, OneFactor):
        factor = strategy.factor
        return "one", float(factor.J * factor.pattern.K**2)
    if not isinstance(strategy, Nested):
        return "several", _joint(prepared)
    outer = [sum(f.pattern.K for f in strategy.factors[i:]) for i in range(len(strategy.factors))]
    sizes = zip(strategy.factors, outer, strict=True)
    return "nested", float(sum(f.J * f.pattern.K * (width + data) for f, width in sizes))


def _joint(prepared: PreparedDesign) -> float:
    """Return the multiplications for the covariances of all random effects, where a search needs them."""
    first, *rest = prepared.strategy.factors
    q = sum(factor.q for factor in rest)
    total, K = first.q + q, max(factor.pattern.K for factor in prepared.strategy.factors)
    if not prepared.strategy.exact_hessian and not together(prepared.strategy):
        return _complement(prepared, K)
    return float(q**3 + total**2 * (q + K**2 + 2 * prepared.p))


def _complement(prepared: PreparedDesign, K: int) -> float:
    """Return the multiplications for the random effects outside the largest factor alone."""
    first, *rest = prepared.strategy.factors
    q = sum(factor.q for factor in rest)
    return float(q**3 + first.q * q * K)
