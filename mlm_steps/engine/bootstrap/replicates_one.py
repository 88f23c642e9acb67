"""Refits with one grouping factor: the criterion of all replicates at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Batch
from mlm_steps.engine.bootstrap.batch_compiled import CompiledBatch, fastest
from mlm_steps.engine.bootstrap.equal_levels import fewer_levels
from mlm_steps.engine.bootstrap.ordered import search_in_order
from mlm_steps.engine.bootstrap.outcomes import Found, Outcomes, Reducer
from mlm_steps.engine.result.lmm_fit import Method

__all__ = ["batch_of", "fit_together"]

Array = NDArray[np.float64]


def fit_together(reducer: Reducer, outcomes: Outcomes, method: Method, start: Array) -> Found:
    """Return the optimum of each outcome; ``start`` is theta in the engine's units."""
    return search_in_order(batch_of(reducer, outcomes, method), reducer.factors[0], start)


def batch_of(reducer: Reducer, outcomes: Outcomes, method: Method) -> Batch | CompiledBatch:
    """Return the criterion of all outcomes."""
    blocks, factor, p = reducer.blocks, reducer.factors[0], reducer.design.p
    df = reducer.design.n - (p if method == "REML" else 0)
    levels = fewer_levels(blocks.R, blocks.G, outcomes.G)
    batch = Batch(
        factor.pattern,
        R=levels.R.transpose(1, 2, 0)[..., None],
        X=levels.X.transpose(1, 2, 0)[..., None],
        y=np.ascontiguousarray(levels.y.transpose(1, 0, 2)),
        count=levels.multiplicity,
        Cxx=blocks.C[..., None],
        Cxy=outcomes.fixed,
        Cyy=outcomes.total,
        df=np.array([float(df)]),
        reml=method == "REML",
    )
    return fastest(batch)
