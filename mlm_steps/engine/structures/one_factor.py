"""One grouping factor, any number of terms on it: exact value, gradient and Hessian in one pass.

Per level, Z_j = Q_j R_j. With T_j = R_j Lambda and M_j = I + T_j T_jᵀ,

    log|V| = Σ log|M_j|,    [X y]ᵀ V⁻¹ [X y] = C + Σ G_jᵀ M_j⁻¹ G_j,

a sum of squares in which nothing cancels, whatever the ratio of the variances. All levels go
through numpy together; the cost does not depend on the number of observations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.criterion.criterion import CriterionTerms, Solution, solve_fixed, whitener
from mlm_steps.engine.structures import compiled
from mlm_steps.engine.structures.graded import LARGE, along_large, solve_stacked
from mlm_steps.engine.structures.groups import Blocks, FactorTerms
from mlm_steps.engine.structures.whiten import transposed_times, whiten

__all__ = ["OneFactor"]

Array = NDArray[np.float64]

NOTHING = 1e-20
"""Squared length of a column of [X y], of unit length, of which the random effects leave rounding alone."""


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What value and derivatives share: L_j⁻¹ R_j Q, L_j⁻¹ G_j and the fixed effects.

    The random effects' coordinates are along the columns of Q (None: their own), and Lambda is Qᵀ Lambda.
    """

    log_det: float
    LR: Array
    LG: Array
    fixed: Solution
    Lambda: Array
    Q: Array | None

    @property
    def own_LR(self) -> Array:
        """L_j⁻¹ R_j."""
        return self.LR if self.Q is None else self.LR @ self.Q.T


@dataclass(frozen=True, slots=True, eq=False)
class OneFactor:
    """The strategy for one grouping factor.

    Attributes
    ----------
    factor : FactorTerms
    R, G, C : ndarray
        As in ``Blocks``.
    """

    factor: FactorTerms
    R: Array
    G: Array
    C: Array
    exact_hessian = True
    expensive = False

    @classmethod
    def of(cls, factor: FactorTerms, blocks: Blocks) -> OneFactor:
        """Return the strategy for a factor's blocks; arrays as long as the data are let go."""
        return cls(factor, blocks.R, blocks.G, blocks.C)

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """The one factor."""
        return (self.factor,)

    def _large(self, theta: Array) -> bool:
        """Return whether rounding calls for the factorisations of ``graded``."""
        return float(theta @ theta) > LARGE**2

    def _compiled(self, theta: Array) -> bool:
        """Return whether the compiled form, which forms products, computes here."""
        narrow = self.R.shape[1] * self.C.shape[0] <= compiled.WIDEST
        return compiled.usable() and narrow and not self._large(theta)

    def _state(self, theta: Array) -> _State | None:
        Lambda, R, Q = self.factor.pattern.factor(theta), self.R, None
        large = self._large(theta)
        if large and Lambda.shape[0] > 1:
            Q, Lambda = along_large(Lambda)
            R = R @ Q
        whitened = whiten(R, Lambda, self.G, large=large)
        if whitened is None:
            return None
        log_det, LR, LG = whitened
        flat = LG.reshape(-1, LG.shape[2])
        fixed = solve_stacked(self.C, flat) if large else solve_fixed(self.C + flat.T @ flat)
        return None if fixed is None else _State(log_det, LR, LG, fixed, Lambda, Q)

    def value(self, theta: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r², or None where the problem is not positive definite."""
        if self._compiled(theta):
            return compiled.value(self.factor.pattern, (self.R, self.G, self.C), theta)
        state = self._state(theta)
        return None if state is None else (state.log_det, state.fixed.log_det_RX2, state.fixed.pwrss)

    def criterion_terms(self, theta: Array, *, hessian: bool = True) -> CriterionTerms | None:
        """Return the three functions with their derivatives (chain rule over the entries of Sigma)."""
        if self._compiled(theta):
            products = self.R, self.G, self.C
            return compiled.criterion_terms(self.factor.pattern, products, theta, hessian=hessian)
        state = self._state(theta)
        if state is None:
            return None
        pattern, fixed = self.factor.pattern, state.fixed
        K, p = pattern.K, fixed.beta.size
        J = self.R.shape[0]
        U = transposed_times(state.LR, state.LR).reshape(J, K * K)
        W = _projected(state)
        flat = W.reshape(J, K * (p + 1))
        pairs = (flat.T @ flat).reshape(K, p + 1, K, p + 1)
        P = np.stack(
            [U.sum(axis=0).reshape(K, K), -np.einsum("aibi->ab", pairs[:, :p, :, :p]), -pairs[:, p, :, p]]
        )
        back = P if state.Q is None else state.Q @ P
        gradients = pattern.gradient(back @ state.Lambda)
        tangents = pattern.tangents(state.Lambda, state.Q)
        moved = -np.einsum("rab,aibj->rij", tangents, pairs)
        second = None
        if hessian:
            second = self._second(U, W, tangents, moved)
            second += pattern.bend(back if state.Q is None else back @ state.Q.T)
        return CriterionTerms(
            state.log_det,
            fixed.log_det_RX2,
            fixed.pwrss,
            gradients,
            second,
            fixed.beta,
            fixed.RX,
            moved[:, :p, :p],
        )

    def _second(self, U: Array, W: Array, tangents: Array, moved: Array) -> Array:
        """Return the Hessians of the three functions less the bend of Lambda Lambdaᵀ, shape (3, m, m)."""
        pattern = self.factor.pattern
        K, m, p = pattern.K, pattern.m, W.shape[2] - 1
        J = U.shape[0]
        fixed, residual = W[:, :, :p], W[:, :, p]
        F = (fixed @ fixed.transpose(0, 2, 1)).reshape(J, K * K)
        f = (residual[:, :, None] * residual[:, None, :]).reshape(J, K * K)
        # tr(A E1 U E2) over all levels, for A = U, F and f, as a bilinear form in the tangents.
        products = (np.concatenate([U, F, f], axis=1).T @ U).reshape(3, K, K, K, K)
        forms = products.transpose(0, 2, 3, 4, 1).reshape(3, K * K, K * K)
        flat = tangents.reshape(m, K * K)
        second = flat @ forms @ flat.T
        second[0] *= -1.0
        second[1:] += second[1:].transpose(0, 2, 1)
        square = moved[:, :p, :p].reshape(m, p * p)
        second[1] -= square @ square.T
        second[2] -= 2.0 * moved[:, :p, p] @ moved[:, :p, p].T
        return second

    def moments(self, theta: Array, n: int) -> Array | None:
        """Return Lambda Lambdaᵀ by the second moments at theta, shape (K, K), not always semi-definite.

        With w_j = Z_jᵀ V⁻¹ (y - X beta) and U_j = Z_jᵀ V⁻¹ Z_j, the expectation of w_j w_jᵀ is
        U_j T U_j + sigma² (U_j - U_j Sigma U_j); it is solved for T summed over the levels, with sigma² from
        the variation within levels.
        """
        pattern, K = self.factor.pattern, self.R.shape[1]
        sums = self._sums(theta)
        if sums is None:
            return None
        U, ww, forms, pwrss = sums
        Lambda = pattern.factor(theta)
        observed = (ww / self._within(n, pwrss) - U).ravel()
        # Elements of the covariance matrix: each that is not on the diagonal stands in two places.
        elements = np.zeros((pattern.m, K, K))
        each = np.arange(pattern.m)
        elements[each, pattern.rows, pattern.columns] = elements[each, pattern.columns, pattern.rows] = 1.0
        flat = elements.reshape(pattern.m, K * K)
        excess = _solution(flat @ forms @ flat.T, flat @ observed) @ flat
        moments: Array = excess.reshape(K, K) + Lambda @ Lambda.T
        return moments if np.isfinite(moments).all() else None

    def _sums(self, theta: Array) -> tuple[Array, Array, Array, float] | None:
        """Return Σ U_j, Σ w_j w_jᵀ, Σ U_j ⊗ U_j by pairs of indices (a, c) and (b, d), and r²."""
        if self._compiled(theta):
            return compiled.sums(self.factor.pattern, (self.R, self.G, self.C), theta)
        state = self._state(theta)
        if state is None:
            return None
        K = self.R.shape[1]
        U = transposed_times(state.own_LR, state.own_LR).reshape(-1, K * K)
        w = _own_projected(state)[:, :, -1]
        forms = (U.T @ U).reshape(K, K, K, K).transpose(0, 2, 1, 3).reshape(K * K, K * K)
        return U.sum(axis=0).reshape(K, K), w.T @ w, forms, state.fixed.pwrss

    def _within(self, n: int, pwrss: float) -> float:
        """Return the residual variance within levels, or where there is none, the profiled one."""
        p = self.C.shape[0] - 1
        df = n - np.count_nonzero(np.diagonal(self.R, axis1=1, axis2=2)) - p
        inside = np.flatnonzero(self.C.diagonal()[:p] > NOTHING)
        slopes = _solution(self.C[inside[:, None], inside], self.C[inside, p])
        left = float(self.C[p, p] - slopes @ self.C[inside, p])
        return left / df if df > 0 and left > 0.0 else pwrss / n

    def curvatures(self, theta: Array, weights: Array) -> tuple[Array, ...] | None:
        """Return per factor the derivative of the weighted sum of the three functions in Sigma."""
        state = self._state(theta)
        if state is None:
            return None
        W = _own_projected(state)
        p = state.fixed.beta.size
        shares = np.append(np.full(p, weights[1]), weights[2])
        U = np.einsum("jca,jcb->ab", state.own_LR, state.own_LR)
        return (weights[0] * U - np.einsum("jai,i,jbi->ab", W, shares, W),)

    def projections(self, theta: Array) -> list[Array]:
        """Return per factor Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1)."""
        if self._compiled(theta):
            projected = compiled.projections(self.factor.pattern, (self.R, self.G, self.C), theta)
            if projected is None:
                raise ValueError("theta is not feasible")
            return [projected]
        return [_own_projected(self._solved(theta))]

    def modes(self, theta: Array) -> tuple[Array, ...]:
        """Return the conditional modes in the engine's units, shape (J, K)."""
        if self._compiled(theta):
            Lambda = self.factor.pattern.factor(theta)
            return (self.projections(theta)[0][:, :, -1] @ (Lambda @ Lambda.T),)
        state = self._solved(theta)
        residual = state.LG @ np.append(-state.fixed.beta, 1.0)
        modes = np.einsum("jca,jc->ja", state.LR, residual) @ (state.Lambda @ state.Lambda.T)
        return (modes if state.Q is None else modes @ state.Q.T,)

    def mode_variances(self, theta: Array) -> tuple[Array, ...]:
        """Return Lambda (Lambdaᵀ Z_jᵀ Z_j Lambda + I)⁻¹ Lambdaᵀ per level, shape (J, K, K)."""
        Lambda = self.factor.pattern.factor(theta)
        T = self.R @ Lambda
        inner = np.linalg.solve(T.transpose(0, 2, 1) @ T + np.eye(Lambda.shape[0]), Lambda.T)
        return (Lambda @ inner,)

    def _solved(self, theta: Array) -> _State:
        state = self._state(theta)
        if state is None:
            raise ValueError("theta is not feasible")
        return state


def _solution(matrix: Array, right: Array) -> Array:
    """Return the solution of a positive definite system, or the least-squares one where it is singular."""
    if not right.size:
        return right
    _, solution, singular = lapack.dposv(matrix, right)
    if singular:
        solution = np.linalg.lstsq(matrix, right, rcond=None)[0]
    return np.asarray(solution, dtype=np.float64)


def _projected(state: _State) -> Array:
    """Return Qᵀ Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per level, shape (J, K, p + 1)."""
    inner = state.LG.reshape(-1, state.LG.shape[2]) @ whitener(state.fixed)
    return transposed_times(state.LR, inner.reshape(state.LG.shape))


def _own_projected(state: _State) -> Array:
    """Return the same without Qᵀ."""
    return _projected(state) if state.Q is None else state.Q @ _projected(state)
