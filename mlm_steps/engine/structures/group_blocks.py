"""The part of each group of a single grouping factor in the cross-products of a design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.structures.groups import FactorTerms, segment_sum
from mlm_steps.engine.structures.prepared import Units, internal_columns, units_of

__all__ = ["GroupBlocks"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class GroupBlocks:
    """What each group adds to the cross-products of a design with one grouping factor.

    Attributes
    ----------
    factor : FactorTerms
    units : Units
        The unit of the outcome, and the coefficients that were subtracted from it.
    bases : tuple of ndarray
        As in ``PreparedDesign``.
    R, G : ndarray, shapes (J, K, K) and (J, K, p + 1)
        As in ``Blocks``, the outcome last.
    C, whole : ndarray, shape (J, p + 1, p + 1)
        Cross-products of [X y] outside the span of Z_j, and cross-products of the whole [X y].
    n, log_weights : ndarray, shape (J,)
        Rows, and the sum of the logarithms of their weights.
    """

    factor: FactorTerms
    units: Units
    bases: tuple[Array, ...]
    R: Array
    G: Array
    C: Array
    whole: Array
    n: Integers
    log_weights: Array

    @classmethod
    def of(cls, design: Design, shift: Array | None = None) -> GroupBlocks:
        """Return the parts of all groups; ``shift`` holds fixed effects to subtract from the outcome."""
        columns = internal_columns(design, shift)
        fixed, factor, J = columns.standard.fixed, columns.factors[0], columns.factors[0].J
        blocks = columns.blocks(np.column_stack([fixed.Q, fixed.y]))
        C = np.stack(
            [segment_sum(blocks.E * column[:, None], factor.refs, J) for column in blocks.E.T], axis=1
        )
        whole = C + blocks.G.transpose(0, 2, 1) @ blocks.G
        logs = np.zeros(design.n) if design.weights is None else np.log(design.weights)
        n, log_weights = np.bincount(factor.refs, minlength=J), segment_sum(logs, factor.refs, J)
        return cls(
            factor, units_of(columns.standard), columns.standard.bases, blocks.R, blocks.G, C, whole, n,
            log_weights,
        )  # fmt: skip
