"""Deletion of each level of one of several grouping factors, by cross-products of the remaining rows.

The columns keep the engine's units of all rows. Only the cross-products are formed again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.influence.deletions import Estimated
from mlm_steps.engine.influence.members import NEARLY_DEPENDENT, estimated
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.prepared import (
    InternalColumns,
    PreparedDesign,
    internal_columns,
    strategy_of,
    units_of,
)

__all__ = ["refits_of_rows"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def refits_of_rows(fit: LmmFit, term: RandomTerm) -> Iterator[Estimated | None]:
    """Yield the estimates without each level of a term; None where the remaining rows are to be examined."""
    columns = internal_columns(fit.design, fit.beta)
    data = np.column_stack([columns.standard.fixed.Q, columns.standard.fixed.y])
    start = fit.prepared.to_internal(fit.theta)
    for level in range(len(term.levels)):
        member = _without(fit.design, columns, data, term.refs != level)
        yield None if member is None else estimated(member, fit.method, start)


def _without(design: Design, columns: InternalColumns, data: Array, keep: Flags) -> PreparedDesign | None:
    rows, p = data[keep], design.p
    factors = tuple(_of_rows(factor, keep) for factor in columns.factors)
    z = [each[keep] for each in columns.z]
    if not _sound(factors, z, rows):
        return None
    strategy, alone = strategy_of(design, factors, z, rows)
    units, bases = units_of(columns.standard), columns.standard.bases
    return PreparedDesign(len(rows), p, units, bases, strategy, alone if len(alone) > 1 else (), 0.0)


def _sound(factors: tuple[FactorTerms, ...], z: list[Array], data: Array) -> bool:
    """Return whether the rows clearly have estimates."""
    n, p = data.shape[0], data.shape[1] - 1
    fixed = data[:, :p]
    if n <= p or (p and np.linalg.eigvalsh(fixed.T @ fixed)[0] <= NEARLY_DEPENDENT):
        return False
    enough = all(factor.J >= 2 and factor.q < n for factor in factors)
    return enough and all(bool(columns.any(axis=0).all()) for columns in z)


def _of_rows(factor: FactorTerms, keep: Flags) -> FactorTerms:
    present, refs = np.unique(factor.refs[keep], return_inverse=True)
    return FactorTerms(
        factor.terms, factor.theta, factor.pattern, refs.astype(np.intp).ravel(), int(present.size)
    )
