"""Searches of models with one grouping factor whose largest variances come first within a term.

If the first coefficient of a term has little variance, its correlation with the others is all but free, and
the criterion is low along a circle in the other coefficients' rows of Lambda: a search follows it in many
short steps. With the largest variance first, the row of a small variance is the one that is all but free,
and the criterion in its elements is nearly a parabola.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Batch
from mlm_steps.engine.bootstrap.batch_compiled import CompiledBatch
from mlm_steps.engine.bootstrap.outcomes import Found
from mlm_steps.engine.bootstrap.replicates_search import Space, search_together
from mlm_steps.engine.criterion.lambda_ import ROUNDING, Pattern
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["search_in_order"]

Array = NDArray[np.float64]


def search_in_order(batch: Batch | CompiledBatch, factor: FactorTerms, start: Array) -> Found:
    """Return the optima of a batch of replicates of one factor, searched from ``start``, shape (m,)."""
    pattern, space = factor.pattern, Space.of([factor])
    order = _order(pattern, start)
    if (order == np.arange(pattern.K)).all():
        return search_together(batch, space, start)
    moved = replace(batch, pattern=replace(pattern, rows=order[pattern.rows]))
    place = np.argsort(order)
    found = search_together(moved, space, _factored(pattern, start[None], order)[0])
    return replace(found, theta=_factored(pattern, found.theta, place))


def _order(pattern: Pattern, theta: Array) -> NDArray[np.intp]:
    """Return the coefficients, those of each term by decreasing variance."""
    variances = (pattern.factor(theta) ** 2).sum(axis=1)
    order = np.arange(pattern.K)
    for span in pattern.spans:
        order[span] = span.start + np.argsort(-variances[span], kind="stable")
    return order


def _factored(pattern: Pattern, theta: Array, order: NDArray[np.intp]) -> Array:
    """Return theta, shape (B, m), of the same covariances with the coefficients in another order.

    The rows of Lambda are rearranged and the result is made lower triangular, as by ``lower_factor``.
    """
    Lambda = np.zeros((theta.shape[0], pattern.K, pattern.K))
    Lambda[:, pattern.rows, pattern.columns] = theta
    Lambda = Lambda[:, order]
    out = np.zeros_like(Lambda)
    for span in pattern.spans:
        upper = np.linalg.qr(np.nan_to_num(Lambda[:, span, span]).transpose(0, 2, 1))[1]
        length = np.sqrt(np.einsum("bij,bij->bj", upper, upper))[:, None]
        upper = np.where(np.abs(upper) <= ROUNDING * length, 0.0, upper)
        signs = np.where(np.diagonal(upper, axis1=1, axis2=2) < 0, -1.0, 1.0)
        out[:, span, span] = (upper * signs[:, :, None]).transpose(0, 2, 1)
    factored: Array = out[:, pattern.rows, pattern.columns]
    factored[~np.isfinite(theta).all(axis=1)] = np.nan
    return factored
