"""Refits with several grouping factors, from cross-products that are computed once.

Where the matrix of all random effects is small, all replicates advance together. Otherwise they are fitted
one after the other, because numpy's calls then no longer take most of the time.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch_several import BatchSeveral
from mlm_steps.engine.bootstrap.outcomes import Found, Outcomes, Reducer
from mlm_steps.engine.bootstrap.replicates_search import OPEN, Space, search_together
from mlm_steps.engine.fit.lmm import CANCELLATION
from mlm_steps.engine.result.lmm_fit import Control, Method
from mlm_steps.engine.search.convergence import assess
from mlm_steps.engine.search.search import find_optimum, objective_of
from mlm_steps.engine.structures.nested import Nested
from mlm_steps.engine.structures.prepared import PreparedDesign, Strategy
from mlm_steps.engine.structures.several_factors import SeveralFactors

__all__ = ["fit_several", "joint_batch", "together"]

Array = NDArray[np.float64]

JOINT = 2.5e6
"""Number of multiplications per evaluation up to which the numpy calls of single fits would take longer."""
RIVALS = 2
"""Number of searches from contrasting starts where another optimum is possible. The first search starts at
the true parameters; on small designs of every structure a third such search never found a lower optimum."""


def fit_several(
    reducer: Reducer, prepared: PreparedDesign, outcomes: Outcomes, method: Method, start: Array
) -> Found:
    """Return the optimum of each outcome; ``start`` is theta in the engine's units."""
    if not together(prepared.strategy):
        return fit_in_turn(prepared, outcomes, method, start)
    batch = joint_batch(reducer, prepared, outcomes, method)
    return search_together(batch, Space.of(reducer.factors, RIVALS), start)


def joint_batch(
    reducer: Reducer, prepared: PreparedDesign, outcomes: Outcomes, method: Method
) -> BatchSeveral:
    """Return the criterion of all outcomes; the reducer must treat the factors as crossed."""
    p = prepared.p
    return BatchSeveral(
        SeveralFactors.of(reducer.factors, reducer.blocks, reducer.columns.z[1:]),
        G=np.ascontiguousarray(outcomes.G.transpose(2, 0, 1)),
        fixed=np.ascontiguousarray(outcomes.fixed.T),
        total=outcomes.total,
        rest=np.ascontiguousarray(outcomes.rest.T),
        df=float(prepared.n - (p if method == "REML" else 0)),
        reml=method == "REML",
    )


def together(strategy: Strategy) -> bool:
    """Return whether the replicates of a model with several grouping factors advance together."""
    first, *rest = (factor.q for factor in strategy.factors)
    q = sum(rest)
    return q**3 + (first + q) ** 2 * q <= JOINT


def fit_in_turn(prepared: PreparedDesign, outcomes: Outcomes, method: Method, start: Array) -> Found:
    """Return the optimum of each outcome; ``start`` is theta in the engine's units."""
    B, p = outcomes.scale.size, prepared.p
    theta, beta = np.full((B, start.size), np.nan), np.full((p, B), np.nan)
    numbers, good = np.full((3, B), np.nan), np.zeros(B, dtype=bool)
    diagonal = np.concatenate(
        [f.theta[f.pattern.rows == f.pattern.columns] for f in prepared.strategy.factors]
    )
    first = start.copy()
    first[diagonal] = np.maximum(np.abs(start[diagonal]), OPEN)
    at_start = objective_of(prepared, method)(first, True)
    guess = None if at_start is None else at_start.hessian
    for b in range(B):
        own = _with_outcome(prepared, outcomes, b)
        found = find_optimum(own, method, Control(), first, guess=guess, rivals=RIVALS)
        criterion_terms = found.point.criterion_terms
        theta[b], beta[:, b] = found.theta, criterion_terms.beta
        numbers[:, b] = criterion_terms.log_det_L2, criterion_terms.log_det_RX2, criterion_terms.pwrss
        sound = found.ended != "diverged" and criterion_terms.pwrss >= CANCELLATION
        good[b] = sound and assess(own, found).status != "failed"
    return Found(theta, numbers[0], numbers[1], numbers[2], beta, good)


def _with_outcome(prepared: PreparedDesign, outcomes: Outcomes, b: int) -> PreparedDesign:
    """Return the prepared design with another outcome: only the last columns of its cross-products change."""
    strategy, p = prepared.strategy, prepared.p
    if not isinstance(strategy, SeveralFactors | Nested):
        raise TypeError(f"no refits in turn for {type(strategy).__name__}")
    G, C = strategy.G.copy(), strategy.C.copy()
    G[:, :, -1] = outcomes.G[:, :, b]
    C[:p, p] = C[p, :p] = outcomes.fixed[:, b]
    C[p, p] = outcomes.total[b]
    other: SeveralFactors | Nested
    if isinstance(strategy, Nested):
        base = strategy.base.copy()
        base[:, :, -1] = outcomes.rest[:, b].reshape(base.shape[:2])
        other = replace(strategy, G=G, C=C, base=base)
    else:
        B = strategy.B.copy()
        B[:, p] = outcomes.rest[:, b]
        other = replace(strategy, G=G, C=C, B=B)
    units = replace(prepared.units, scale=float(outcomes.scale[b]), beta0=outcomes.beta0[:, b])
    return replace(prepared, strategy=other, units=units, alone=(), outcome_share=1.0)
