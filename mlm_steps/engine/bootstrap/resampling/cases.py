"""Groups drawn with replacement, each with all its rows; a group drawn twice counts as two groups.

With nested factors the groups are those of the outermost one. With one factor, each replicate is assembled
from the blocks of its groups, and all replicates advance together as in ``replicates``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.design.outermost import outermost
from mlm_steps.engine.bootstrap.batch import Batch
from mlm_steps.engine.bootstrap.batch_compiled import CompiledBatch, fastest
from mlm_steps.engine.bootstrap.generalized import refit_design
from mlm_steps.engine.bootstrap.ordered import search_in_order
from mlm_steps.engine.bootstrap.replicates import Replicates, assembled, fit_alone, of_fits, put
from mlm_steps.engine.bootstrap.replicates_search import CELLS
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.engine.structures.group_blocks import GroupBlocks

__all__ = ["cases", "resampled"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

NEARLY_DEPENDENT = 1e-6
"""Eigenvalue of a replicate's XᵀX, in units with XᵀX = I for the data, below which its rank is computed."""


def cases(fit: MixedFit, generators: Sequence[np.random.Generator]) -> Replicates:
    """Return the refits to groups drawn with replacement; FitError for crossed factors."""
    groups = outermost(fit.design)
    J = len(groups.levels)
    drawn = np.array([generator.integers(J, size=J) for generator in generators]).reshape(-1, J)
    if isinstance(fit, GlmmFit):
        return of_fits(fit.design, [refit_design(fit, resampled(fit.design, groups, own)) for own in drawn])
    linear = linear_fit(fit)
    if len(linear.prepared.strategy.factors) == 1:
        return _together(linear, drawn)
    fits = [fit_alone(resampled(fit.design, groups, own), fit.method, fit.theta) for own in drawn]
    return of_fits(fit.design, fits)


def resampled(design: Design, groups: RandomTerm, drawn: Integers) -> Design:
    """Return the design of the groups drawn, in the order drawn."""
    order = np.argsort(groups.refs, kind="stable")
    starts = np.searchsorted(groups.refs[order], np.arange(len(groups.levels) + 1))
    rows = [order[starts[level] : starts[level + 1]] for level in drawn]
    place = np.repeat(np.arange(len(drawn)), [len(own) for own in rows])
    taken = np.concatenate(rows)
    random = tuple(_relabelled(term, taken, place) for term in design.random)
    weights, offset, trials = (
        None if values is None else values[taken] for values in (design.weights, design.offset, design.trials)
    )
    return replace(
        design, y=design.y[taken], X=design.X[taken], random=random, weights=weights, offset=offset,
        rows=design.rows[taken], trials=trials,
    )  # fmt: skip


def _relabelled(term: RandomTerm, taken: Integers, place: Integers) -> RandomTerm:
    """Return a term for the rows taken; a level drawn twice becomes two levels."""
    cells = place.astype(np.int64) * len(term.levels) + term.refs[taken]
    levels, refs = np.unique(cells, return_inverse=True)
    names = tuple(f"{term.levels[cell % len(term.levels)]}#{cell // len(term.levels)}" for cell in levels)
    return replace(term, levels=names, refs=refs.astype(np.intp).ravel(), z=term.z[taken])


def _batch(groups: GroupBlocks, drawn: Integers, counts: Integers, *, reml: bool) -> Batch | CompiledBatch:
    """Return the replicates made of the groups drawn, one row of ``drawn`` each."""
    p = groups.G.shape[2] - 1
    G, C = groups.G[drawn].transpose(2, 3, 1, 0), np.einsum("bj,jic->icb", counts, groups.C)
    df = (counts @ groups.n).astype(float) - reml * p
    batch = Batch(
        groups.factor.pattern, R=groups.R[drawn].transpose(2, 3, 1, 0), X=G[:, :p], y=G[:, p],
        count=np.ones(groups.factor.J), Cxx=C[:p, :p], Cxy=C[:p, p], Cyy=C[p, p], df=df, reml=reml,
    )  # fmt: skip
    return fastest(batch)


def _estimable(groups: GroupBlocks, counts: Integers) -> NDArray[np.bool_]:
    """Return where X clearly has full rank and rows are enough; the other replicates are checked."""
    p, q = groups.G.shape[2] - 1, groups.factor.q
    products = np.einsum("bj,jic->bic", counts, groups.whole[:, :p, :p])
    least = np.linalg.eigvalsh(products)[:, 0] if p else np.ones(len(counts))
    return np.asarray((least > NEARLY_DEPENDENT) & (counts @ groups.n > max(p, q)))


def _together(fit: LmmFit, drawn: Integers) -> Replicates:
    groups, width = GroupBlocks.of(fit.design), max(1, CELLS // drawn.shape[1])
    parts = [_part(fit, groups, drawn[first : first + width]) for first in range(0, len(drawn), width)]
    return Replicates.joined(parts) if parts else of_fits(fit.design, ())


def _part(fit: LmmFit, groups: GroupBlocks, drawn: Integers) -> Replicates:
    design, prepared = fit.design, fit.prepared
    counts = np.stack([np.bincount(own, minlength=groups.factor.J) for own in drawn])
    batch = _batch(groups, drawn, counts, reml=fit.method == "REML")
    found = search_in_order(batch, groups.factor, prepared.to_internal(fit.theta))
    found = replace(found, good=found.good & _estimable(groups, counts))
    scale, beta0 = np.full(len(drawn), groups.units.scale), groups.units.beta0[:, None]
    result = assembled(prepared, scale, beta0, found, fit.method, counts @ groups.n)
    shift = prepared.units.sum_log_weights - counts @ groups.log_weights
    result = replace(result, criterion=result.criterion + shift)
    for b in np.flatnonzero(~found.good):
        own = resampled(design, design.random[groups.factor.terms[0]], drawn[b])
        put(result, int(b), fit_alone(own, fit.method, fit.theta))
    return result
