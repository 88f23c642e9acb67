"""Laplace's approximation for several factors in C; see ``WeightedSeveral`` for the algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.structures import compiled
from mlm_steps.engine.structures.compiled_chain import ChainRows, InLoops
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.newton_end import is_settled
from mlm_steps.engine.structures.weighted_several import WeightedSeveral

__all__ = ["CompiledSeveral"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

MOST_OTHERS = 8
"""Largest number of factors beside the eliminated one in the compiled loops."""
DENSE_ADVANTAGE = 16.0
"""Number of dense multiplications that take as long as one of a pair of stored blocks."""
MOST_DENSE = 2e7
"""Largest number of elements of the dense product of all levels with the others: 160 MB."""
MOST_STEPS = 100
"""Largest number of Newton steps."""
MOST_HALVINGS = 40
"""Largest number of times that a step is halved."""
ROUNDING = 1e-13
"""Decrease of h, relative to its size, that rounding explains."""


class _Operation(IntEnum):
    """The operations of the compiled module, which several.h explains."""

    ETA = 0
    GATHER = 1
    ELIMINATE = 2
    FORWARD = 3
    BACKWARD = 4
    PROJECT = 5
    GRADIENT = 6


@dataclass(frozen=True, slots=True, eq=False)
class _Modes:
    """The rows and the factorisation at the modes u."""

    u: Array
    eta: Array
    log_density: float
    rows: tuple[Array, Array, Array]
    L: Array
    Y: Array
    LM: Array
    log_det: float


@dataclass(frozen=True, slots=True, eq=False)
class CompiledSeveral:
    """The structure of several factors for the loops in C.

    Attributes
    ----------
    factors : tuple of FactorTerms
        The eliminated factor first.
    sizes, index : ndarray
        The structure, as the compiled module takes it.
    blocks : int
        Number of elements of the cross-products of the eliminated factor with the others.
    dense : ndarray or None
        Where the levels of the factors are nearly fully crossed, the place of each element of the blocks in a
        dense matrix, so that products are dense.
    """

    factors: tuple[FactorTerms, ...]
    sizes: Integers
    index: Integers
    blocks: int
    dense: Integers | None

    @classmethod
    def of(cls, structure: WeightedSeveral, n: int) -> CompiledSeveral | None:
        """Return the structure of rows sorted by the first factor, or None without the loops."""
        first, *rest = structure.factors
        if not compiled.usable() or len(rest) > MOST_OTHERS:
            return None
        counts = np.bincount(first.refs, minlength=first.J)
        sizes = [n, first.J, first.pattern.K, structure.q]
        index, places = [_starts(counts)], []
        pairs = np.zeros(first.J)
        for factor, cells, start in zip(rest, structure.cells, structure.starts, strict=True):
            K, per_level = factor.pattern.K, np.bincount(cells.one, minlength=first.J)
            column = start + cells.other * K
            sizes += [K, cells.size]
            index += [_starts(per_level), column, cells.where]
            rows = cells.one[:, None, None] * first.pattern.K + np.arange(first.pattern.K)[:, None]
            places.append((rows * structure.q + column[:, None, None] + np.arange(K)).ravel())
            pairs += K * per_level
        work, whole = first.pattern.K * float(pairs @ pairs), first.q * float(structure.q)
        crossed = whole * structure.q < DENSE_ADVANTAGE * work and whole <= MOST_DENSE
        flat = np.concatenate(index).astype(np.intp)
        place = np.concatenate(places)
        found = cls(
            structure.factors, np.array(sizes, dtype=np.intp), flat, place.size,
            place if crossed else None,
        )  # fmt: skip
        if not compiled.module().several_check(found.sizes, found.index):
            raise ValueError("the structure of the loops is not consistent")
        return found

    def _call(self, operation: _Operation, *arrays: Array, p: int = 0, products: bool = True) -> float:
        return float(compiled.module().several(operation, p, products, self.sizes, self.index, arrays))

    @property
    def _q(self) -> int:
        return int(self.sizes[3])

    def evaluate(
        self,
        kernel: int,
        theta: Array,
        fixed: Array,
        phi: float,
        rows: ChainRows,
        start: Sequence[Array] | None,
        least: float,
        *,
        information: bool = False,
    ) -> InLoops | None:
        """Return the criterion's parts as ``CompiledChain.evaluate`` does."""
        A = np.empty_like(rows.z)
        column = 0
        for factor in self.factors:
            K = factor.pattern.K
            span = slice(column, column + K)
            A[:, span] = rows.z[:, span] @ factor.pattern.factor(theta[factor.theta])
            column += K
        u = np.zeros(sum(factor.q for factor in self.factors))
        if start is not None:
            u = np.concatenate([each.ravel() for each in start])
        modes = self._modes(kernel, phi, A, rows, rows.offset + rows.X @ fixed, u, least)
        if modes is None:
            return None
        known = self._information(A, rows.X, modes) if information else None
        return self._gradient(kernel, phi, A, rows, modes)._replace(information=known)

    def _information(self, A: Array, X: Array, modes: _Modes) -> Array:
        """Return 2 Xᵀ V⁻¹ X, shape (p, p)."""
        weighted = X * modes.rows[1][:, None]
        across = np.zeros((X.shape[1], modes.u.size))
        for right, column in zip(across, weighted.T, strict=True):
            self._call(_Operation.GATHER, A, np.ascontiguousarray(column), right)
            self._call(_Operation.FORWARD, modes.L, modes.Y, right)
            inner = self.factors[0].q
            right[inner:], _ = lapack.dtrtrs(modes.LM, right[inner:], lower=1)
        return np.asarray(2.0 * (X.T @ weighted - across @ across.T))

    def _modes(
        self, kernel: int, phi: float, A: Array, rows: ChainRows, base: Array, u: Array, least: float
    ) -> _Modes | None:
        first = self.factors[0]
        L, Y = np.empty(first.q * first.pattern.K), np.empty(self.blocks)
        eta, derivatives = (
            np.empty(base.size),
            (np.empty(base.size), np.empty(base.size), np.empty(base.size)),
        )
        step, before, halvings, last = np.zeros_like(u), -np.inf, 0, np.inf
        for _ in range(MOST_STEPS + MOST_HALVINGS):
            self._call(_Operation.ETA, A, u, base, eta)
            given = rows.y, rows.trials, rows.weights
            value = compiled.module().family_rows(kernel, phi, eta, *given, *derivatives)
            h = value - 0.5 * float(u @ u)
            if not h >= before - ROUNDING * (1.0 + abs(before)):
                halvings, step = halvings + 1, 0.5 * step
                if halvings > MOST_HALVINGS:
                    return None
                u = u - step
                continue
            right = -u
            self._call(_Operation.GATHER, A, derivatives[0], right)
            solved = self._factorised(A, derivatives[1], L, Y)
            if solved is None:
                return None
            LM, log_det = solved
            decrement = self._solve(L, Y, LM, right)
            if not np.isfinite(decrement):
                return None
            if is_settled(decrement, last, least * (1 + u.size)):
                return _Modes(u, eta, value, derivatives, L, Y, LM, log_det)
            before, last, halvings, step, u = h, decrement, 0, right, u + right
        return None

    def _factorised(self, A: Array, curvature: Array, L: Array, Y: Array) -> tuple[Array, float] | None:
        """Return the Cholesky factor of the complement and log|H|; write L and Y."""
        q = self._q
        M = np.zeros((q, q))
        inner = self._call(_Operation.ELIMINATE, A, curvature, L, Y, M, products=self.dense is None)
        if not np.isfinite(inner):
            return None
        if self.dense is not None:
            whole = self._dense(Y)
            M -= whole.T @ whole
        # The loops fill the upper triangle by rows, which is the lower one by columns.
        LM, info = lapack.dpotrf(M.T, lower=1, overwrite_a=1, clean=0)
        if info != 0:
            return None
        return LM, inner + 2.0 * float(np.log(np.diag(LM)).sum())

    def _dense(self, Y: Array) -> Array:
        """Return the blocks of the cells as one matrix, (J K, q)."""
        flat = np.zeros(self.factors[0].q * self._q)
        flat[self.dense] = Y
        return flat.reshape(-1, self._q)

    def _solve(self, L: Array, Y: Array, LM: Array, right: Array) -> float:
        """Replace a vector by H⁻¹ times it, and return its product with the solution."""
        inner = self.factors[0].q
        self._call(_Operation.FORWARD, L, Y, right)
        half, _ = lapack.dtrtrs(LM, right[inner:], lower=1)
        total = float(right[:inner] @ right[:inner] + half @ half)
        right[inner:], _ = lapack.dtrtrs(LM, half, lower=1, trans=1)
        self._call(_Operation.BACKWARD, L, Y, right)
        return total

    def _gradient(self, kernel: int, phi: float, A: Array, rows: ChainRows, modes: _Modes) -> InLoops:
        slope, curvature, bend = modes.rows
        Q, _ = lapack.dpotri(modes.LM, lower=1)
        t, across = np.empty_like(A), np.empty_like(modes.Y)
        if self.dense is not None:
            whole = np.tril(Q) + np.tril(Q, -1).T
            across = np.ascontiguousarray((self._dense(modes.Y) @ whole).ravel()[self.dense])
        given = A, modes.L, modes.Y, np.ascontiguousarray(Q.T), t, across
        self._call(_Operation.PROJECT, *given, products=self.dense is None)
        s = np.einsum("ia,ia->i", A, t)
        q = s * bend
        v = np.zeros_like(modes.u)
        self._call(_Operation.GATHER, A, q, v)
        self._solve(modes.L, modes.Y, modes.LM, v)
        Av, T, p = np.empty_like(q), A.shape[1], rows.X.shape[1]
        self._call(_Operation.ETA, A, v, np.zeros_like(q), Av)
        square, in_fixed = np.zeros((T, T)), np.zeros(p)
        own = slope, curvature, q, t, Av, modes.u, v
        self._call(_Operation.GRADIENT, rows.z, rows.X, *own, square, in_fixed, p=p)
        in_Lambda, u, column, place = [], [], 0, 0
        for factor in self.factors:
            K = factor.pattern.K
            in_Lambda.append(square[column : column + K, column : column + K])
            u.append(modes.u[place : place + factor.q].reshape(factor.J, K))
            column, place = column + K, place + factor.q
        in_phi = self._in_phi(kernel, phi, rows, modes.eta, s, Av)
        squares = float(modes.u @ modes.u)
        return InLoops(modes.log_density, squares, modes.log_det, in_Lambda, in_fixed, in_phi, tuple(u), None)

    def _in_phi(self, kernel: int, phi: float, rows: ChainRows, eta: Array, s: Array, Av: Array) -> float:
        """Return the derivative in log(phi) without the family's constant."""
        density, slope, curvature = (np.empty_like(eta) for _ in range(3))
        compiled.module().family_dispersion(kernel, phi, eta, rows.y, density, slope, curvature)
        return float(rows.weights @ (s * curvature + Av * slope - 2.0 * density))


def _starts(counts: Integers) -> Integers:
    """Return where the members of each level start, and their number."""
    return np.concatenate([[0], np.cumsum(counts)])
