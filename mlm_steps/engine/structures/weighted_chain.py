"""One factor, or factors that nest in one another, at changing weights: no fill-in at any depth.

The blocks of a level of the innermost factor cover its own random effects and those of the levels around it.
Eliminating its own leaves a block that belongs to the next factor's level; the blocks of all levels within
that level are added, and so on outwards. The inverse is computed from the outermost factor inwards, for the
pairs of levels that share rows. All levels of a factor go through numpy together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures.elimination import parents_of
from mlm_steps.engine.structures.groups import FactorTerms, cholesky_blocks, segment_sum
from mlm_steps.engine.structures.triangles import backward, forward

__all__ = ["WeightedChain"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class WeightedChain:
    """The structure of nested factors.

    Attributes
    ----------
    factors : tuple of FactorTerms
        The innermost first.
    parents : tuple of ndarray, each of shape (J,)
        For each factor but the last, the level of the next factor in which each of its levels lies.
    """

    factors: tuple[FactorTerms, ...]
    parents: tuple[Integers, ...]

    @classmethod
    def of(cls, factors: tuple[FactorTerms, ...]) -> WeightedChain:
        """Return the structure of factors, the innermost first."""
        return cls(factors, parents_of(factors))

    @property
    def independent(self) -> Integers:
        """The level of the outermost factor of each row."""
        return self.factors[-1].refs

    def factorise(self, A: Sequence[Array], w: Array) -> FactorisedChain | None:
        """Return the factorisation, or None where it does not exist."""
        rows = np.concatenate(A, axis=1)
        inner, total = self.factors[0], rows.shape[1]
        products = (w[:, None] * rows)[:, :, None] * rows[:, None, :]
        blocks = segment_sum(products.reshape(-1, total * total), inner.refs, inner.J)
        if not np.isfinite(blocks).all():
            return None
        front = blocks.reshape(inner.J, total, total)
        L, Y = [], []
        for depth, factor in enumerate(self.factors):
            K = factor.pattern.K
            own = cholesky_blocks(front[:, :K, :K] + np.eye(K))
            if own is None:
                return None
            L.append(own)
            Y.append(forward(L[-1], front[:, :K, K:]))
            if depth + 1 < len(self.factors):
                left = front[:, K:, K:] - Y[-1].transpose(0, 2, 1) @ Y[-1]
                J, width = self.factors[depth + 1].J, left.shape[1]
                summed = segment_sum(left.reshape(-1, width * width), self.parents[depth], J)
                front = summed.reshape(J, width, width)
        return FactorisedChain(self, rows, tuple(L), tuple(Y))


@dataclass(frozen=True, eq=False)
class FactorisedChain:
    """The factorisation for nested factors.

    Attributes
    ----------
    structure : WeightedChain
    rows : ndarray, shape (n, columns of all factors)
        The rows of A, the innermost factor first.
    L, Y : tuple of ndarray
        Per factor the lower triangles L_j, shape (J, K, K), and L_j⁻¹ times the block with the outer
        factors, shape (J, K, columns of the outer factors).
    """

    structure: WeightedChain
    rows: Array
    L: tuple[Array, ...]
    Y: tuple[Array, ...]

    @property
    def log_det(self) -> float:
        """log|H|."""
        return 2.0 * sum(float(np.log(np.diagonal(L, axis1=1, axis2=2)).sum()) for L in self.L)

    def solve(self, right: Sequence[Array]) -> list[Array]:
        """Return H⁻¹ times a vector, shape (J, K) per factor."""
        structure = self.structure
        halves: list[Array] = []
        passed = np.zeros((structure.factors[0].J, self.rows.shape[1]))
        for depth, (L, Y) in enumerate(zip(self.L, self.Y, strict=True)):
            K = L.shape[1]
            halves.append(forward(L, (right[depth] - passed[:, :K])[:, :, None])[:, :, 0])
            if depth + 1 < len(self.L):
                given = passed[:, K:] + np.einsum("jka,jk->ja", Y, halves[-1])
                passed = segment_sum(given, structure.parents[depth], structure.factors[depth + 1].J)
        solved: list[Array] = []
        path = np.zeros((structure.factors[-1].J, 0))
        for depth in reversed(range(len(self.L))):
            path = path[structure.parents[depth]] if depth + 1 < len(self.L) else path
            own = halves[depth] - np.einsum("jka,ja->jk", self.Y[depth], path)
            solved.append(backward(self.L[depth], own[:, :, None])[:, :, 0])
            path = np.concatenate([solved[-1], path], axis=1)
        return solved[::-1]

    @cached_property
    def inverses(self) -> tuple[Array, ...]:
        """Per factor the blocks of H⁻¹ of each level and those around it, shape (J, columns, columns)."""
        structure = self.structure
        found: list[Array] = []
        path = np.zeros((structure.factors[-1].J, 0, 0))
        for depth in reversed(range(len(self.L))):
            path = path[structure.parents[depth]] if depth + 1 < len(self.L) else path
            L, Y = self.L[depth], self.Y[depth]
            root = backward(L, np.broadcast_to(np.eye(L.shape[1]), L.shape))
            across = -(root @ Y) @ path
            own = root @ root.transpose(0, 2, 1) - across @ (root @ Y).transpose(0, 2, 1)
            upper = np.concatenate([own, across], axis=2)
            path = np.concatenate([upper, np.concatenate([across.transpose(0, 2, 1), path], axis=2)], axis=1)
            found.append(path)
        return tuple(found[::-1])

    def projections(self) -> list[Array]:
        """Return for every row the part of H⁻¹ a_i in its own levels, shape (n, K) per factor."""
        whole = self.inverses[0]
        refs = self.structure.factors[0].refs
        moved = np.zeros_like(self.rows)
        for b in range(self.rows.shape[1]):
            moved += whole[:, :, b][refs] * self.rows[:, b, None]
        ends = np.cumsum([factor.pattern.K for factor in self.structure.factors])[:-1]
        return np.split(moved, ends, axis=1)

    def variances(self) -> list[Array]:
        """Return the diagonal blocks of H⁻¹, shape (J, K, K) per factor."""
        sizes = (factor.pattern.K for factor in self.structure.factors)
        return [inverse[:, :K, :K] for inverse, K in zip(self.inverses, sizes, strict=True)]
