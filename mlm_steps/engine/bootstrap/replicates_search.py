"""Search for the optima of many replicates at once, from several starts where several optima are possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch_search import Ends, Evaluates, minimise_all
from mlm_steps.engine.bootstrap.outcomes import Found
from mlm_steps.engine.criterion.lambda_ import Pattern
from mlm_steps.engine.fit.lmm import CANCELLATION
from mlm_steps.engine.search.convergence import EIGENVALUE_TOLERANCE, GRADIENT_TOLERANCE, RUNAWAY, TINY
from mlm_steps.engine.search.search import EXTREME, FEW_LEVELS, LOWER, MANY_LEVELS, SHORT, WEAK
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["Space", "search_together"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST = 100
"""Largest number of evaluations of a search; a dozen usually suffice."""
CELLS = 60_000
"""Largest number of replicates times cells in one search, so that arrays fit the processor's cache."""
OPEN = 0.1
"""Smallest standard deviation at a start, because the criterion is stationary at 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The structure of theta that the searches use.

    Attributes
    ----------
    pattern : Pattern
        Pattern of Lambda of all factors, one after the other.
    fewest : int
        Smallest number of levels of a factor.
    rivals : int or None
        Largest number of searches from other starts where another optimum is possible; None for all starts.
    """

    pattern: Pattern
    fewest: int
    rivals: int | None = None

    @classmethod
    def of(cls, factors: Sequence[FactorTerms], rivals: int | None = None) -> Space:
        """Return the space of the parameters of some factors."""
        m = sum(factor.pattern.m for factor in factors)
        rows, columns = np.zeros(m, dtype=np.intp), np.zeros(m, dtype=np.intp)
        spans, start = [], 0
        for factor in factors:
            pattern = factor.pattern
            rows[factor.theta], columns[factor.theta] = pattern.rows + start, pattern.columns + start
            spans += [slice(span.start + start, span.stop + start) for span in pattern.spans]
            start += pattern.K
        fewest = min(factor.J for factor in factors)
        return cls(Pattern(rows, columns, tuple(spans), start), fewest, rivals)


def search_together(batch: Evaluates, space: Space, start: Array) -> Found:
    """Return the optima of a batch, searched in parts that fit the processor's cache."""
    width = max(1, CELLS // batch.cells)
    every = np.arange(batch.size)
    parts = [_search(batch.take(part), space, start) for part in np.split(every, every[width::width])]
    return Found(
        np.concatenate([part.theta for part in parts]),
        np.concatenate([part.log_det_L2 for part in parts]),
        np.concatenate([part.log_det_RX2 for part in parts]),
        np.concatenate([part.pwrss for part in parts]),
        np.concatenate([part.beta for part in parts], axis=1),
        np.concatenate([part.good for part in parts]),
    )


def _search(batch: Evaluates, space: Space, start: Array) -> Found:
    pattern = space.pattern
    diagonal = pattern.rows == pattern.columns
    first = np.where(diagonal, np.maximum(np.abs(start), OPEN), start)
    ends = minimise_all(batch, np.tile(first, (batch.size, 1)), most=MOST)
    doubtful = np.flatnonzero(_doubtful(ends, space, diagonal))
    if doubtful.size:
        ends = _with_rivals(batch, space, ends, doubtful)
    points = ends.points
    return Found(
        ends.theta, points.log_det_L2, points.log_det_RX2, points.pwrss, points.beta, good=_good(ends)
    )


def _doubtful(ends: Ends, space: Space, diagonal: Flags) -> Flags:
    """Return where another optimum is possible, by the rules of ``search``."""
    if space.fewest <= FEW_LEVELS:
        return np.ones(ends.found.size, dtype=bool)
    extreme = np.abs(ends.theta).max(axis=1) > EXTREME
    curvature = np.diagonal(ends.points.hessian, axis1=1, axis2=2)
    weak = (ends.theta**2 * curvature)[:, diagonal] < WEAK
    doubtful: Flags = ~ends.found | extreme | ((space.fewest < MANY_LEVELS) & weak.any(axis=1))
    return doubtful


def _with_rivals(batch: Evaluates, space: Space, ends: Ends, which: NDArray[np.intp]) -> Ends:
    """Return the ends with the lowest optimum of searches from contrasting starts, all at once."""
    starts = np.concatenate(list(islice(_contrasting(space.pattern, ends.theta[which]), space.rivals)))
    whose = np.tile(which, starts.shape[0] // which.size)
    known = Ends(ends.theta[whose], ends.points.take(whose), ends.found[whose])
    rivals = minimise_all(batch.take(whose), starts, most=SHORT, known=known)
    values, limit = rivals.points.value, known.points.value
    margin = LOWER * (1.0 + np.abs(np.where(np.isfinite(limit), limit, 0.0)))
    ahead = (values < limit - margin) & (rivals.found | ~known.found)
    values = np.where(ahead, values, np.inf).reshape(-1, which.size)
    lowest = values.argmin(axis=0)
    better = np.isfinite(values.min(axis=0))
    source = (lowest * which.size + np.arange(which.size))[better]
    return ends.replaced(which[better], rivals, source)


def _contrasting(pattern: Pattern, theta: Array) -> Iterator[Array]:
    """Yield starts far from the optimum: every scale, each term alone, directions of rank one."""
    identity = (pattern.rows == pattern.columns).astype(float)
    terms = [(pattern.rows >= span.start) & (pattern.rows < span.stop) for span in pattern.spans]
    for scale in (1.0, 0.1, 1e-3, 30.0):
        yield np.tile(scale * identity, (theta.shape[0], 1))
    for places in terms if len(terms) > 1 else ():
        yield np.tile(np.where(places, 10.0 * identity, 0.1 * identity), (theta.shape[0], 1))
    if pattern.m > pattern.K:
        first = np.isin(pattern.columns, [span.start for span in pattern.spans])
        generator = np.random.default_rng(pattern.m)
        for scale in (0.3, 3.0):
            drawn = generator.normal(size=pattern.m) * first
            yield np.tile(scale * (0.05 * identity + drawn), (theta.shape[0], 1))
    for places in terms:
        yield np.where(places, 0.02 * identity, theta)


def _good(ends: Ends) -> Flags:
    """Return where the end is an optimum by the criteria of ``assess``; the others are searched again."""
    points, good = ends.points, ends.found & np.isfinite(ends.points.value)
    good &= (np.abs(ends.theta).max(axis=1) <= RUNAWAY) & (points.pwrss >= CANCELLATION)
    hessian = np.where(good[:, None, None], points.hessian, 0.0)
    roots, vectors = np.linalg.eigh(hessian)
    slope = np.abs(np.einsum("bij,bi->bj", vectors, np.where(good[:, None], points.gradient, 0.0)))
    scaled = slope / np.sqrt(np.maximum(np.abs(roots), TINY))
    good &= np.minimum(slope, scaled).max(axis=1) <= GRADIENT_TOLERANCE
    good &= roots[:, 0] >= EIGENVALUE_TOLERANCE * np.maximum(1.0, roots[:, -1])
    return good
