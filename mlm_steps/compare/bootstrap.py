"""The parametric bootstrap of a likelihood ratio test (statistics, section 6).

Outcomes are simulated from the smaller model at its estimates, and both models are fitted to each simulated
outcome. Statistics of zero are counted: in a test of variances about half of the statistics are zero.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.compare.nesting import Relation, embed_theta, log_det_basis
from mlm_steps.engine.bootstrap.generalized import parameters_of_fit, refit_design
from mlm_steps.engine.bootstrap.replicates import ELEMENTS, Parameters
from mlm_steps.engine.bootstrap.simulate import draw_outcomes, refit_outcomes
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.cost import cost_of_fit
from mlm_steps.engine.fit.lmm import evaluate_at, fit_lmm
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import FitError
from mlm_steps.records.simulation import BootstrapP, p_of

__all__ = ["bootstrap_p", "simulated_statistics", "takes_long"]

LONG = 20.0
"""Longest estimated time, in seconds, of an unrequested simulation, so that a run remains interactive."""
WORSE = -1e-6
"""Statistics below this are due to a failed search. Rounding errors of criteria near 1e6 are smaller."""

Array = NDArray[np.float64]
Pair = tuple[MixedFit, MixedFit]


def takes_long(pair: Pair, replicates: int) -> bool:
    """Return whether refitting both models to all replicates is estimated to take longer than ``LONG``."""
    return replicates * sum(cost_of_fit(fit).refit for fit in pair) > LONG


def bootstrap_p(
    pair: Pair, relation: Relation, statistic: float, *, replicates: int, seed: int, step: str
) -> BootstrapP:
    """Return the p value of a statistic from outcomes simulated under the smaller model.

    Parameters
    ----------
    pair : tuple of two MixedFit
        The smaller and the larger model, fitted by the criterion whose difference is the statistic.
    relation : Relation
        How the larger model contains the smaller one.
    statistic : float
        The observed statistic.
    replicates : int
    seed : int
        Seed of the run.
    step : str
        Names the stream of random numbers; replicate b depends only on seed, step and b.
    """
    return p_of(
        simulated_statistics(pair, relation, seed=seed, step=step, numbers=range(replicates)), statistic
    )


def simulated_statistics(pair: Pair, relation: Relation, *, seed: int, step: str, numbers: range) -> Array:
    """Return one simulated statistic per replicate number; it depends only on seed, step and number."""
    width = max(1, ELEMENTS // pair[0].design.n)
    blocks = [numbers[first : first + width] for first in range(0, len(numbers), width)]
    return np.concatenate([_statistics(pair, relation, seed, step, block) for block in blocks])


def _statistics(pair: Pair, relation: Relation, seed: int, step: str, block: range) -> Array:
    """Return simulated statistics; rounding errors below zero become 0, failed fits NaN."""
    Y = draw_outcomes(pair[0], [stream(seed, step, b) for b in block]).T
    smaller, larger = (refit_outcomes(fit, Y) for fit in pair)
    basis = log_det_basis(pair[0].design, pair[1].design) if pair[0].method == "REML" else 0.0
    found: Array = smaller.criterion - basis - larger.criterion
    for b in np.flatnonzero(found < WORSE):
        criterion = _refit_from_smaller(pair, relation, Y[:, b], smaller.at(int(b)))
        found[b] = smaller.criterion[b] - basis - criterion
    found[found < WORSE] = np.nan
    return np.where(np.isfinite(found), np.maximum(found, 0.0), np.nan)


def _refit_from_smaller(pair: Pair, relation: Relation, y: Array, found: Parameters) -> float:
    """Return the criterion of the larger model from a search that starts at the smaller model's optimum."""
    if isinstance(pair[1], GlmmFit):
        return _generalized_from_smaller(pair[0], pair[1], relation, y, found)
    smaller = pair[0]
    if smaller.design.random:
        smaller = evaluate_at(replace(smaller.design, y=y), found.theta, method=smaller.method)
    design = replace(pair[1].design, y=y)
    try:
        return fit_lmm(
            design, method=pair[1].method, start=embed_theta(smaller, design, relation.up)
        ).criterion
    except FitError:
        return float("nan")


def _generalized_from_smaller(
    smaller: MixedFit, larger: GlmmFit, relation: Relation, y: Array, found: Parameters
) -> float:
    """Return the deviance of the larger generalized model from theta at the smaller model's optimum."""
    start = parameters_of_fit(larger)
    at = replace(smaller, theta=found.theta) if isinstance(smaller, GlmmFit) else smaller
    start[: larger.theta.size] = embed_theta(at, larger.design, relation.up)
    again = refit_design(larger, replace(larger.design, y=y), start)
    return float("nan") if again is None else again.deviance
