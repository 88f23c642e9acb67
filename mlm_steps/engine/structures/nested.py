"""Factors that nest in one another, to any depth: eliminated from the innermost outwards, without fill-in.

A level of one factor shares rows with one level of each factor around it and with no other. Eliminating
it therefore changes a small dense block that belongs to the next factor's level alone. With the columns
D = [Z of the outer factors, X, y] and V₁ = I + Z₁ Sigma₁ Z₁ᵀ of the innermost factor,

    Dᵀ V₁⁻¹ D = C + Σ G_jᵀ M_j⁻¹ G_j

as for one factor; the sums over the levels within one level of the next factor are that level's
cross-products, and so on. All levels of a factor go through numpy together: the cost is that of one
factor for each, whatever their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import CriterionTerms, Solution, solve_fixed, whitener
from mlm_steps.engine.structures.derivatives import curvatures_of, differences, gathered
from mlm_steps.engine.structures.groups import Blocks, FactorTerms, segment_sum
from mlm_steps.engine.structures.whiten import transposed_times, whiten

__all__ = ["Nested"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

LOST = 1e-9
"""Share of the total sum of squares below which r², a difference, has lost too many digits to be used."""
NO_RANK = 1e-12
"""Squared residual length, relative to the squared length, up to which a column depends on earlier ones."""


class _Level(NamedTuple):
    """One factor at theta: R_j, L_j⁻¹ R_j and L_j⁻¹ G_j of all its levels."""

    R: Array
    LR: Array
    LG: Array


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The solution at one theta."""

    log_det: float
    levels: tuple[_Level, ...]
    fixed: Solution


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """The strategy for nested factors.

    Attributes
    ----------
    factors : tuple of FactorTerms
        The innermost first.
    parents : tuple of ndarray, each of shape (J,)
        For each factor but the last, the level of the next factor in which each of its levels lies.
    R, G, C : ndarray
        Blocks of the innermost factor, as in ``Blocks``, for the columns of all the others, X and y; of C
        only the part of X and y.
    base : ndarray, shape (J, K, K + p + 1)
        Per level of the second factor, the cross-products of the columns of all outer factors with
        themselves and with X and y, of the parts outside the span of the innermost factor.
    """

    factors: tuple[FactorTerms, ...]
    parents: tuple[Integers, ...]
    R: Array
    G: Array
    C: Array
    base: Array
    exact_hessian = False
    expensive = False

    @classmethod
    def of(
        cls, factors: tuple[FactorTerms, ...], parents: tuple[Integers, ...], blocks: Blocks, outer: int
    ) -> Nested:
        """Return the strategy; ``blocks`` are those of the innermost factor for all other columns.

        ``outer`` is the number of columns of the other factors.
        """
        second, E = factors[1], blocks.E
        base = np.empty((second.J, outer, E.shape[1]))
        for a in range(outer):
            base[:, a] = segment_sum(E * E[:, a, None], second.refs, second.J)
        return cls(factors, parents, blocks.R, blocks.G, blocks.C[outer:, outer:], base)

    def _state(self, theta_internal: Array) -> _State | None:
        log_det, levels = 0.0, []
        R, G, C, left = self.R, self.G, self.C, self.base
        whole = float(C[-1, -1])
        for depth, factor in enumerate(self.factors):
            K = factor.pattern.K
            if depth:
                R, G, left = _eliminated(left, K)
                flat = G[:, :, left.shape[1] :].reshape(-1, C.shape[0])
                C = C - flat.T @ flat
            whitened = whiten(R, factor.pattern.factor(theta_internal[factor.theta]), G)
            if whitened is None:
                return None
            own, LR, LG = whitened
            outer = LG.shape[2] - C.shape[0]
            flat = LG[:, :, outer:].reshape(-1, C.shape[0])
            C = C + flat.T @ flat
            whole = max(whole, float(C[-1, -1]))
            log_det += own
            levels.append(_Level(R, LR, LG))
            if outer:
                gain = transposed_times(LG[:, :, :outer], LG)
                left = self._passed_on(depth, left if depth else None, gain)
        fixed = solve_fixed(C)
        if fixed is None or fixed.pwrss < LOST * whole:
            return None
        return _State(log_det, tuple(levels), fixed)

    def _passed_on(self, depth: int, left: Array | None, gain: Array) -> Array:
        """Return the cross-products of the next factor's levels."""
        total = gain if left is None else left + gain
        parents, J = self.parents[depth], self.factors[depth + 1].J
        summed = segment_sum(total.reshape(total.shape[0], -1), parents, J).reshape(J, *total.shape[1:])
        return self.base + summed if left is None else summed

    def value(self, theta_internal: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r², or None where the problem is not positive definite."""
        state = self._state(theta_internal)
        return None if state is None else (state.log_det, state.fixed.log_det_RX2, state.fixed.pwrss)

    def criterion_terms(self, theta_internal: Array, *, hessian: bool = False) -> CriterionTerms | None:
        """Return the three functions with gradients; with ``hessian``, also with Hessians by differences."""
        state = self._state(theta_internal)
        if state is None:
            return None
        logs = [
            log @ factor.pattern.factor(theta_internal[factor.theta])
            for log, factor in zip(self._logs(state, theta_internal), self.factors, strict=True)
        ]
        data = self._data(state, theta_internal)
        criterion_terms = gathered(self.factors, theta_internal, (state.log_det, state.fixed), data, logs)
        if not hessian:
            return criterion_terms
        second = differences(self.criterion_terms, theta_internal)
        return None if second is None else replace(criterion_terms, hessians=second)

    def _data(self, state: _State, theta_internal: Array) -> list[Array]:
        """Return Z_fᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per factor, shape (J, K, p + 1)."""
        to_whitened = whitener(state.fixed)
        data: list[Array] = []
        modes = np.zeros((self.factors[-1].J, 0, to_whitened.shape[0]))
        for depth in reversed(range(len(self.factors))):
            factor, level = self.factors[depth], state.levels[depth]
            outer = modes.shape[1]
            flat = level.LG[:, :, outer:].reshape(-1, to_whitened.shape[0]) @ to_whitened
            inner = flat.reshape(factor.J, -1, to_whitened.shape[0])
            if outer:
                modes = modes[self.parents[depth]]
                inner -= _times(level.LG[:, :, :outer], modes)
            W = transposed_times(level.LR, inner)
            data.append(W)
            Lambda = factor.pattern.factor(theta_internal[factor.theta])
            modes = np.concatenate([(Lambda @ Lambda.T) @ W, modes], axis=1) if depth else modes
        return data[::-1]

    def roots(self, theta_internal: Array) -> list[Array]:
        """Return per factor the rows of a root of the conditional covariance of all random effects.

        The random effects of a level are, given the data, these rows times independent standard ones of
        the level itself and of each level around it; shape (J, K, columns of this factor and the outer ones).
        """
        state = self._solved(theta_internal)
        rows = [
            self._rows(state, theta_internal, depth, moved)
            for depth, moved in self._inwards(state, theta_internal)
        ]
        return rows[::-1]

    def _inwards(self, state: _State, theta_internal: Array) -> Iterator[tuple[int, Array]]:
        """Yield for each factor, the outermost first, Z_jᵀ V⁻¹ Z_outer times the root of the outer ones.

        V is here that of this factor and those inside it; shape (J, K, columns of the outer factors).
        """
        path = np.zeros((self.factors[-1].J, 0, 0))
        for depth in reversed(range(len(self.factors))):
            level = state.levels[depth]
            outer = path.shape[1]
            moved = np.zeros((*level.LR.shape[:2], 0))
            if outer:
                path = path[self.parents[depth]]
                moved = _times(transposed_times(level.LR, level.LG[:, :, :outer]), path)
            yield depth, moved
            if depth:
                rows = self._rows(state, theta_internal, depth, moved)
                own = np.zeros((rows.shape[0], outer, rows.shape[1]))
                below = np.concatenate([own, path], axis=2) if outer else rows[:, :0]
                path = np.concatenate([rows, below], axis=1)

    def _rows(self, state: _State, theta_internal: Array, depth: int, moved: Array) -> Array:
        factor = self.factors[depth]
        Lambda = factor.pattern.factor(theta_internal[factor.theta])
        own = _own_root(state.levels[depth].R, Lambda)
        return np.concatenate([own, -(Lambda @ Lambda.T) @ moved], axis=2)

    def _logs(self, state: _State, theta_internal: Array) -> list[Array]:
        """Return Σ Z_jᵀ V⁻¹ Z_j per factor, shape (K, K)."""
        logs = []
        for depth, moved in self._inwards(state, theta_internal):
            K = self.factors[depth].pattern.K
            own, others = state.levels[depth].LR.reshape(-1, K), moved.transpose(0, 2, 1).reshape(-1, K)
            logs.append(own.T @ own - others.T @ others)
        return logs[::-1]

    def curvatures(self, theta_internal: Array, weights: Array) -> tuple[Array, ...] | None:
        """Return per factor the derivative of the weighted sum of the three functions in Sigma."""
        state = self._state(theta_internal)
        if state is None:
            return None
        return curvatures_of(weights, self._logs(state, theta_internal), self._data(state, theta_internal))

    def projections(self, theta_internal: Array) -> list[Array]:
        """Return per factor Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1)."""
        return self._data(self._solved(theta_internal), theta_internal)

    def modes(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return the conditional modes per factor in the engine's units, shape (J, K)."""
        modes = []
        for factor, W in zip(
            self.factors, self._data(self._solved(theta_internal), theta_internal), strict=True
        ):
            Lambda = factor.pattern.factor(theta_internal[factor.theta])
            modes.append(W[:, :, -1] @ (Lambda @ Lambda.T))
        return tuple(modes)

    def mode_variances(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return the diagonal blocks of Lambda (Lambdaᵀ ZᵀZ Lambda + I)⁻¹ Lambdaᵀ, shape (J, K, K)."""
        return tuple(rows @ rows.transpose(0, 2, 1) for rows in self.roots(theta_internal))

    def _solved(self, theta_internal: Array) -> _State:
        state = self._state(theta_internal)
        if state is None:
            raise ValueError("theta is not feasible")
        return state


def _eliminated(products: Array, K: int) -> tuple[Array, Array, Array]:
    """Return R and G with Rᵀ [R G] the first K rows of the products, and the other rows after elimination.

    A column that depends on the earlier ones gives a row of zeros.
    """
    rows = products[:, :K].copy()
    smallest = NO_RANK * np.diagonal(rows, axis1=1, axis2=2)
    for a in range(K):
        pivot = rows[:, a, a]
        kept = pivot > smallest[:, a]
        root = np.sqrt(np.where(kept, pivot, 1.0))
        rows[:, a] *= (kept / root)[:, None]
        rows[:, a, :a] = 0.0
        for b in range(a + 1, K):
            rows[:, b] -= rows[:, a, b, None] * rows[:, a]
    R, G = rows[:, :, :K], rows[:, :, K:]
    outer = products.shape[1] - K
    return R, G, products[:, K:, K:] - transposed_times(G[:, :, :outer], G)


def _own_root(R: Array, Lambda: Array) -> Array:
    """Return A with A Aᵀ = Lambda (I + (R Lambda)ᵀ R Lambda)⁻¹ Lambdaᵀ, per level."""
    T = R @ Lambda
    L = np.linalg.cholesky(T.transpose(0, 2, 1) @ T + np.eye(len(Lambda)))
    root: Array = np.linalg.solve(L, np.broadcast_to(Lambda.T, L.shape)).transpose(0, 2, 1)
    return root


def _times(left: Array, right: Array) -> Array:
    """Return left_j right_j for all levels."""
    return transposed_times(left.transpose(0, 2, 1), right)
