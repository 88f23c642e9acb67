"""Several grouping factors: the largest is eliminated level by level, the rest is a dense complement.

With V₁ = I + Z₁ Sigma₁ Z₁ᵀ for the eliminated factor, the rest is a problem in the metric V₁⁻¹:

    A = Zᵀ V₁⁻¹ Z,  B = Zᵀ V₁⁻¹ [X y],  M = I + Lambdaᵀ A Lambda,
    [X y]ᵀ V⁻¹ [X y] = [X y]ᵀ V₁⁻¹ [X y] - Bᵀ Lambda M⁻¹ Lambdaᵀ B.

Gradients are exact; they cost about two more evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.block_diagonal import congruent, left_times, right_times, rows_of
from mlm_steps.engine.coupling import Coupling, couple, cross_products
from mlm_steps.engine.criterion import Pieces, Solution, solve_fixed, whitener
from mlm_steps.engine.derivatives import curvatures_of, differences, gathered
from mlm_steps.engine.groups import Blocks, Factor, segment_sum
from mlm_steps.engine.whiten import whiten

__all__ = ["SeveralFactors"]

Array = NDArray[np.float64]

LOST = 1e-9
"""Share of the sum of squares below which the difference that is r² has too few digits left."""

DEAR = 300
"""Random effects outside the eliminated factor beyond which an evaluation counts as dear."""


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What value and derivatives share.

    ``LR``, ``LG`` and ``H`` are the whitened R_j, G_j and coupling of the eliminated factor, ``left`` what
    whitens them; ``AL`` is A Lambda, ``L`` the Cholesky factor of M, ``w`` M⁻¹ Lambdaᵀ B.
    """

    log_det: float
    LR: Array
    LG: Array
    H: Array
    left: Array
    A: Array
    AL: Array
    B: Array
    L: Array
    w: Array
    fixed: Solution


@dataclass(frozen=True, slots=True, eq=False)
class SeveralFactors:
    """The strategy for several grouping factors.

    Attributes
    ----------
    first : Factor
        The eliminated factor.
    rest : tuple of Factor
        The others.
    R, G, C : ndarray
        Blocks of the eliminated factor, as in ``Blocks``.
    coupling : Coupling
        Its blocks with the columns of the rest.
    A, B : ndarray, shapes (q, q) and (q, p + 1)
        Zᵀ Z and Zᵀ [X y] of the rest, of the parts that the eliminated factor cannot explain.
    """

    first: Factor
    rest: tuple[Factor, ...]
    R: Array
    G: Array
    C: Array
    coupling: Coupling
    A: Array
    B: Array
    exact_hessian = False

    @classmethod
    def of(cls, factors: Sequence[Factor], blocks: Blocks, z: Sequence[Array]) -> SeveralFactors:
        """Return the strategy; ``blocks`` are those of the first factor, ``z`` the columns of the others."""
        first, *rest = factors
        coupling = couple(first, blocks.q, rest, z)
        A = cross_products(rest, z)
        A -= coupling.gram(coupling.values)
        B = np.concatenate(
            [
                np.stack(
                    [segment_sum(blocks.E * column[:, None], factor.refs, factor.J) for column in columns.T],
                    axis=1,
                ).reshape(factor.q, -1)
                for factor, columns in zip(rest, z, strict=True)
            ]
        )
        return cls(first, tuple(rest), blocks.R, blocks.G, blocks.C, coupling, A, B)

    @property
    def dear(self) -> bool:
        """Whether an evaluation takes milliseconds."""
        return bool(self.A.shape[0] > DEAR)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """All factors, the eliminated one first."""
        return (self.first, *self.rest)

    def _state(self, theta: Array) -> _State | None:
        K = self.first.pattern.K
        Lambda = self.first.pattern.factor(theta[self.first.theta])
        eye = np.broadcast_to(np.eye(K), self.R.shape)
        whitened = whiten(self.R, Lambda, np.concatenate([self.G, eye], axis=2))
        if whitened is None:
            return None
        log_det, LR, rest = whitened
        LG, left = rest[:, :, :-K], rest[:, :, -K:]
        H = self.coupling.whitened(left)
        A = self.coupling.gram(H)
        A += self.A
        B = self.B + self.coupling.transposed_times(H, LG)
        AL = right_times(A, self.rest, theta)
        M = right_times(np.ascontiguousarray(AL.T), self.rest, theta)
        M.flat[:: M.shape[0] + 1] += 1.0
        L, info = lapack.dpotrf(M, lower=1, clean=1)
        if info != 0:
            return None
        rhs = right_times(np.ascontiguousarray(B.T), self.rest, theta).T
        half, _ = lapack.dtrtrs(L, rhs, lower=1)
        flat = LG.reshape(-1, LG.shape[2])
        C = self.C + flat.T @ flat
        fixed = solve_fixed(C - half.T @ half)
        if fixed is None or fixed.pwrss < LOST * C[-1, -1]:
            return None
        w, _ = lapack.dtrtrs(L, half, lower=1, trans=1)
        log_det += 2.0 * float(np.log(np.diag(L)).sum())
        return _State(log_det, LR, LG, H, left, A, AL, B, L, w, fixed)

    def value(self, theta: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r², or None where the problem is not positive definite."""
        state = self._state(theta)
        return None if state is None else (state.log_det, state.fixed.log_det_RX2, state.fixed.pwrss)

    def pieces(self, theta: Array, *, hessian: bool = False) -> Pieces | None:
        """Return the three functions with their gradients; ``hessian`` asks for differences of those."""
        state = self._state(theta)
        if state is None:
            return None
        logs = self._log_det_gradients(state, theta)
        data = self._data(state, theta)
        pieces = gathered(self.factors, theta, (state.log_det, state.fixed), data, logs)
        if not hessian:
            return pieces
        second = differences(self.pieces, theta)
        return None if second is None else replace(pieces, hessians=second)

    def _data(self, state: _State, theta: Array) -> list[Array]:
        """Return Z_fᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per factor, shape (J, K, p + 1)."""
        turn = whitener(state.fixed)
        p = state.fixed.beta.size
        Lw = left_times(state.w, self.rest, theta) @ turn
        inner = state.LG @ turn
        inner -= self.coupling.times(state.H, Lw)
        data = [state.LR.transpose(0, 2, 1) @ inner]
        Y = (state.B - state.AL @ state.w) @ turn
        for factor, rows in rows_of(self.rest):
            data.append(Y[rows].reshape(factor.J, factor.pattern.K, p + 1))
        return data

    def _inverse(self, state: _State) -> Array:
        """Return M⁻¹."""
        inverse: Array
        inverse, _ = lapack.dpotri(state.L, lower=1)
        inverse = inverse + inverse.T
        inverse.flat[:: inverse.shape[0] + 1] *= 0.5
        return inverse

    def _log_det_gradients(self, state: _State, theta: Array) -> list[Array]:
        """Return Σ Z_jᵀ V⁻¹ Z_j Lambda per factor, shape (K, K): half the gradient of log|V|."""
        inverse = self._inverse(state)
        Lambda = self.first.pattern.factor(theta[self.first.theta])
        gradients = [self._first_log_det(state, theta, inverse) @ Lambda]
        for factor, rows in rows_of(self.rest):
            K = factor.pattern.K
            AL = state.AL[rows].reshape(factor.J, K, -1)
            part = inverse[rows].reshape(factor.J, K, -1)
            gradients.append(np.array([[np.vdot(AL[:, a], part[:, b]) for b in range(K)] for a in range(K)]))
        return gradients

    def _first_log_det(self, state: _State, theta: Array, inverse: Array) -> Array:
        """Return Σ Z_jᵀ V⁻¹ Z_j of the eliminated factor, shape (K, K)."""
        Q = congruent(inverse, self.rest, theta)
        moved = self.coupling.whitened(state.LR.transpose(0, 2, 1) @ state.left)
        total: Array = np.einsum("jca,jcb->ab", state.LR, state.LR)
        return total - self.coupling.traces(Q, moved)

    def curvatures(self, theta: Array, weights: Array) -> tuple[Array, ...] | None:
        """Return per factor the derivative of the weighted sum of the three functions in Sigma."""
        state = self._state(theta)
        if state is None:
            return None
        inverse = self._inverse(state)
        logs = [self._first_log_det(state, theta, inverse)]
        half = state.AL @ inverse
        for factor, rows in rows_of(self.rest):
            K = factor.pattern.K
            A = state.A[rows, rows].reshape(factor.J, K, factor.J, K)
            own = np.einsum("jajb->ab", A)
            one, other = (each[rows].reshape(factor.J, K, -1) for each in (half, state.AL))
            logs.append(
                own - np.array([[np.vdot(one[:, a], other[:, b]) for b in range(K)] for a in range(K)])
            )
        return curvatures_of(weights, logs, self._data(state, theta))

    def projections(self, theta: Array) -> list[Array]:
        """Return per factor Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1)."""
        return self._data(self._solved(theta), theta)

    def modes(self, theta: Array) -> tuple[Array, ...]:
        """Return the conditional modes per factor in the engine's units, shape (J, K)."""
        state = self._solved(theta)
        modes = []
        for factor, W in zip(self.factors, self._data(state, theta), strict=True):
            Lambda = factor.pattern.factor(theta[factor.theta])
            modes.append(W[:, :, -1] @ (Lambda @ Lambda.T))
        return tuple(modes)

    def mode_variances(self, theta: Array) -> tuple[Array, ...]:
        """Return the diagonal blocks of Lambda (Lambdaᵀ ZᵀZ Lambda + I)⁻¹ Lambdaᵀ, shape (J, K, K)."""
        state = self._solved(theta)
        inverse = self._inverse(state)
        Q = congruent(inverse, self.rest, theta)
        return (self._first_variances(state, theta, Q), *self._rest_variances(Q))

    def _first_variances(self, state: _State, theta: Array, Q: Array) -> Array:
        Lambda = self.first.pattern.factor(theta[self.first.theta])
        K = Lambda.shape[0]
        T = self.R @ Lambda
        own = Lambda @ np.linalg.solve(T.transpose(0, 2, 1) @ T + np.eye(K), Lambda.T)
        Sigma = Lambda @ Lambda.T
        moved = self.coupling.whitened(Sigma @ state.LR.transpose(0, 2, 1) @ state.left)
        rows = max(1, int(4e6) // Q.shape[0])
        for start in range(0, self.first.J, rows):
            part = slice(start, start + rows)
            dense = self.coupling.levels(moved, part)
            own[part] += (dense @ Q) @ dense.transpose(0, 2, 1)
        return own

    def _rest_variances(self, Q: Array) -> list[Array]:
        blocks = []
        for factor, rows in rows_of(self.rest):
            index = np.arange(rows.start, rows.stop).reshape(factor.J, factor.pattern.K)
            blocks.append(Q[index[:, :, None], index[:, None, :]])
        return blocks

    def _solved(self, theta: Array) -> _State:
        state = self._state(theta)
        if state is None:
            raise ValueError("theta is not feasible")
        return state
