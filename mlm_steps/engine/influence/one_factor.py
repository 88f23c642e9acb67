"""Deletion of each group of a model with one grouping factor, from the cross-products of its groups."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.influence.deletions import Estimated
from mlm_steps.engine.influence.members import NEARLY_DEPENDENT, estimated
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.structures.group_blocks import GroupBlocks
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.one_factor import OneFactor
from mlm_steps.engine.structures.prepared import PreparedDesign

__all__ = ["refits_from_blocks", "sound_without"]

Array = NDArray[np.float64]


def refits_from_blocks(fit: LmmFit, groups: GroupBlocks) -> Iterator[Estimated | None]:
    """Yield the estimates without each group; None where the remaining rows have to be examined.

    The cross-products without a group are those of all rows minus its own; no row is read again.
    """
    start, total = fit.prepared.to_internal(fit.theta), groups.C.sum(axis=0)
    sound = sound_without(groups)
    for j in range(groups.factor.J):
        member = _without(groups, total, j) if sound[j] else None
        yield None if member is None else estimated(member, fit.method, start)


def sound_without(groups: GroupBlocks) -> NDArray[np.bool_]:
    """Return for which groups the rest clearly has estimates: the rank of X, rows, levels, columns of Z."""
    p = groups.G.shape[2] - 1
    left = groups.n.sum() - groups.n
    sound = (left > max(p, groups.factor.q)) & (groups.factor.J > 2)
    if p:
        products = groups.whole[:, :p, :p].sum(axis=0) - groups.whole[:, :p, :p]
        sound &= np.linalg.eigvalsh(products)[:, 0] > NEARLY_DEPENDENT
    used = (groups.R != 0.0).any(axis=1)
    several: NDArray[np.bool_] = ((used.sum(axis=0) - used) > 0).all(axis=1)
    return np.asarray(sound & several)


def _without(groups: GroupBlocks, total: Array, j: int) -> PreparedDesign:
    whole = groups.factor
    factor = FactorTerms(whole.terms, whole.theta, whole.pattern, whole.refs[:0], whole.J - 1)
    strategy = OneFactor(
        factor, np.delete(groups.R, j, axis=0), np.delete(groups.G, j, axis=0), total - groups.C[j]
    )
    n, p = int(groups.n.sum() - groups.n[j]), total.shape[0] - 1
    return PreparedDesign(n, p, groups.units, groups.bases, strategy, (), 0.0)
