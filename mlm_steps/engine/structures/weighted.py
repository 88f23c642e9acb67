"""Cross-products of the random effects at weights that change from step to step, and their factorisation.

With the rows a_i of A = Z Lambda, every structure factors H = I + Aᵀ W A = L Lᵀ. Its elimination order and
cells are found once; the cross-products are computed for every W (statistics, section 22.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures.elimination import elimination_of
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.weighted_chain import WeightedChain
from mlm_steps.engine.structures.weighted_several import WeightedSeveral

__all__ = ["Factorised", "Weighted", "weighted_structure"]

Array = NDArray[np.float64]


class Factorised(Protocol):
    """The factorisation of H at one W. Arrays per factor are in the order of the structure's factors."""

    @property
    def log_det(self) -> float:
        """log|H|."""

    def solve(self, right: Sequence[Array]) -> list[Array]:
        """Return H⁻¹ times a vector; both have shape (J, K) per factor."""

    def projections(self) -> list[Array]:
        """Return for every row the part of H⁻¹ a_i in its own level, shape (n, K) per factor."""

    def variances(self) -> list[Array]:
        """Return the diagonal blocks of H⁻¹, shape (J, K, K) per factor."""


class Weighted(Protocol):
    """The structure of the cross-products of the random effects."""

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """The grouping factors, in the order of elimination."""

    @property
    def independent(self) -> NDArray[np.intp] | None:
        """For each row the group of rows whose random effects it shares with no other group; None if all."""

    def factorise(self, A: Sequence[Array], w: Array) -> Factorised | None:
        """Return the factorisation for the rows A, shape (n, K) per factor; None where it does not exist."""


def weighted_structure(factors: Sequence[FactorTerms]) -> Weighted:
    """Return the structure for factors in the order of ``factors_of``."""
    elimination = elimination_of(factors)
    if elimination.nested:
        return WeightedChain.of(elimination.factors)
    return WeightedSeveral.of(elimination.factors)
