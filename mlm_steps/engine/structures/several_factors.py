"""Several grouping factors: the largest is eliminated level by level, the rest is a dense complement.

With V₁ = I + Z₁ Sigma₁ Z₁ᵀ for the eliminated factor, the rest is a problem in the metric V₁⁻¹:

    A = Zᵀ V₁⁻¹ Z,  B = Zᵀ V₁⁻¹ [X y],  M = I + Lambdaᵀ A Lambda,
    [X y]ᵀ V⁻¹ [X y] = [X y]ᵀ V₁⁻¹ [X y] - Bᵀ Lambda M⁻¹ Lambdaᵀ B.

Gradients are exact; they cost about two more evaluations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.criterion.criterion import (
    AverageInformation,
    CriterionTerms,
    Solution,
    solve_fixed,
    whitener,
)
from mlm_steps.engine.structures.block_diagonal import congruent, left_times, right_times, rows_of
from mlm_steps.engine.structures.coupling import Coupling, couple, cross_products, mirrored
from mlm_steps.engine.structures.derivatives import curvatures_of, differences, gathered
from mlm_steps.engine.structures.groups import Blocks, FactorTerms, segment_sum
from mlm_steps.engine.structures.second_order import bends_of, hessians_of, residual_moved
from mlm_steps.engine.structures.whiten import whiten

__all__ = ["SeveralFactors"]

Array = NDArray[np.float64]

LOST = 1e-9
"""Share of the total sum of squares below which r², a difference, has lost too many digits to be used."""
EXPENSIVE = 300
"""Random effects outside the eliminated factor above which an evaluation is considered expensive."""
FAR = 1e3
"""Size of theta above which exact Hessians lose more digits than differences of gradients."""
REGULAR = 1e-6
"""Smallest diagonal element of Lambda, relative to its largest element, that is used as a divisor."""
OVERHEAD = 3e7
"""Number of multiplications that take as long as the fixed cost of one evaluation."""
MOST_JOINT = 2.5e7
"""Largest number of elements of the matrix of all random effects; a Hessian needs two, of 0.2 GB each."""
CHEAP = 3.0
"""Cost of a Hessian, in gradients, below which every evaluation computes it."""
STRIP_ELEMENTS = int(4e6)
"""Number of elements of the dense blocks that are formed at a time, which bounds the memory to 32 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The solution at one theta.

    ``LR`` and ``LG`` are L_j⁻¹ R_j and L_j⁻¹ G_j of the eliminated factor, ``left`` is L_j⁻¹, ``AL`` is
    A Lambda, ``L`` the Cholesky factor of M, and ``w`` is M⁻¹ Lambdaᵀ B.
    """

    log_det: float
    LR: Array
    LG: Array
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
    first : FactorTerms
        The eliminated factor.
    rest : tuple of FactorTerms
        The other factors.
    R, G, C : ndarray
        Blocks of the eliminated factor, as in ``Blocks``.
    coupling : Coupling
        Blocks of the eliminated factor with the columns of the other factors.
    A, B : ndarray, shapes (q, q) and (q, p + 1)
        Zᵀ Z and Zᵀ [X y] of the other factors, of the parts outside the span of the eliminated factor.
    """

    first: FactorTerms
    rest: tuple[FactorTerms, ...]
    R: Array
    G: Array
    C: Array
    coupling: Coupling
    A: Array
    B: Array

    @classmethod
    def of(cls, factors: Sequence[FactorTerms], blocks: Blocks, z: Sequence[Array]) -> SeveralFactors:
        """Return the strategy; ``blocks`` are those of the first factor, ``z`` the columns of the others."""
        first, *rest = factors
        coupling = couple(first, blocks.q, rest, z)
        A = cross_products(rest, z)
        A -= coupling.gram(np.broadcast_to(np.eye(first.pattern.K), blocks.R.shape))
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
    def expensive(self) -> bool:
        """Whether an evaluation takes milliseconds."""
        return bool(self.A.shape[0] > EXPENSIVE)

    @property
    def exact_hessian(self) -> bool:
        """Whether Hessians cost little more than gradients."""
        gradient, hessian = self._work
        return hessian < CHEAP * gradient

    @property
    def _direct(self) -> bool:
        """Whether Hessians cost less than differences of gradients."""
        gradient, hessian = self._work
        fits = (self.first.q + self.A.shape[0]) ** 2 <= MOST_JOINT
        return fits and hessian < 2 * sum(factor.pattern.m for factor in self.factors) * gradient

    @property
    def _work(self) -> tuple[float, float]:
        """Return the approximate numbers of multiplications of a gradient and of a Hessian."""
        q, first = float(self.A.shape[0]), float(self.first.q)
        forms = max(factor.pattern.K for factor in self.factors) ** 2 + 2 * self.C.shape[0]
        total = first + q
        return OVERHEAD + q**3, 3 * q**3 + first * q**2 + 2 * total * first * q + 2 * forms * total**2

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """All factors, the eliminated one first."""
        return (self.first, *self.rest)

    def _state(self, theta_internal: Array) -> _State | None:
        K = self.first.pattern.K
        Lambda = self.first.pattern.factor(theta_internal[self.first.theta])
        eye = np.broadcast_to(np.eye(K), self.R.shape)
        whitened = whiten(self.R, Lambda, np.concatenate([self.G, eye], axis=2))
        if whitened is None:
            return None
        log_det, LR, rest = whitened
        LG, left = rest[:, :, :-K], rest[:, :, -K:]
        A = self.coupling.gram(left)
        A += self.A
        B = self.B + self.coupling.transposed_times(left.transpose(0, 2, 1) @ LG)
        AL = right_times(A, self.rest, theta_internal)
        M = left_times(AL, self.rest, theta_internal, transposed=True)
        M.flat[:: M.shape[0] + 1] += 1.0
        L, info = lapack.dpotrf(M.T, lower=1, clean=1, overwrite_a=1)
        if info != 0:
            return None
        half, _ = lapack.dtrtrs(L, left_times(B, self.rest, theta_internal, transposed=True), lower=1)
        flat = LG.reshape(-1, LG.shape[2])
        C = self.C + flat.T @ flat
        fixed = solve_fixed(C - half.T @ half)
        if fixed is None or fixed.pwrss < LOST * C[-1, -1]:
            return None
        w, _ = lapack.dtrtrs(L, half, lower=1, trans=1)
        log_det += 2.0 * float(np.log(np.diag(L)).sum())
        return _State(log_det, LR, LG, left, A, AL, B, L, w, fixed)

    def value(self, theta_internal: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r², or None where the problem is not positive definite."""
        state = self._state(theta_internal)
        return None if state is None else (state.log_det, state.fixed.log_det_RX2, state.fixed.pwrss)

    def criterion_terms(self, theta_internal: Array, *, hessian: bool = False) -> CriterionTerms | None:
        """Return the three functions with their gradients, and their Hessians or the average information."""
        if not hessian:
            return self._criterion_terms(theta_internal, average_information=not self.exact_hessian)
        if self._direct and float(np.abs(theta_internal).max()) < FAR:
            return self._criterion_terms(theta_internal, average_information=False, hessian=True)
        criterion_terms = self._criterion_terms(theta_internal, average_information=False)
        second = (
            None
            if criterion_terms is None
            else differences(lambda at: self._criterion_terms(at, average_information=False), theta_internal)
        )
        return (
            None if criterion_terms is None or second is None else replace(criterion_terms, hessians=second)
        )

    def _criterion_terms(
        self, theta_internal: Array, *, average_information: bool, hessian: bool = False
    ) -> CriterionTerms | None:
        """Return the three functions with their gradients and the requested second derivatives."""
        state = self._state(theta_internal)
        if state is None:
            return None
        inverse = self._inverse(state)
        own = self._first_log_det(state, theta_internal, inverse)
        halves = self._log_det_gradients(state, theta_internal, own, inverse)
        data = self._data(state, theta_internal)
        criterion_terms = gathered(self.factors, theta_internal, (state.log_det, state.fixed), data, halves)
        if hessian:
            U = _joint(state, self.coupling, self.factors, theta_internal)
            return replace(criterion_terms, hessians=hessians_of(self.factors, theta_internal, U, data))
        if not average_information:
            return criterion_terms
        logs = [own, *self._rest_logs(state, theta_internal, halves[1:], inverse)]
        products = _quadratic_forms(state, self.coupling, self.factors, theta_internal, data)
        return replace(
            criterion_terms,
            average_information=AverageInformation(
                bends_of(self.factors, theta_internal, logs, data), products
            ),
        )

    def _rest_logs(
        self, state: _State, theta_internal: Array, halves: Sequence[Array], inverse: Array
    ) -> Iterator[Array]:
        """Yield Σ Z_jᵀ V⁻¹ Z_j per factor but the first, from the products with an invertible Lambda."""
        for (factor, rows), half in zip(rows_of(self.rest), halves, strict=True):
            Lambda = factor.pattern.factor(theta_internal[factor.theta])
            if np.abs(np.diag(Lambda)).min() > REGULAR * np.abs(Lambda).max():
                yield lapack.dtrtrs(Lambda, half.T, lower=1, trans=1)[0].T
            else:
                yield self._rest_log(state, factor, rows, inverse)

    def _rest_log(self, state: _State, factor: FactorTerms, rows: slice, inverse: Array) -> Array:
        """Return Σ Z_jᵀ V⁻¹ Z_j of a factor that is not eliminated, for any Lambda."""
        K = factor.pattern.K
        own: Array = np.einsum("jajb->ab", state.A[rows, rows].reshape(factor.J, K, factor.J, K))
        return own - _paired(state.AL[rows] @ inverse, state.AL[rows], factor)

    def _data(self, state: _State, theta_internal: Array) -> list[Array]:
        """Return Z_fᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per factor, shape (J, K, p + 1)."""
        to_whitened = whitener(state.fixed)
        p = state.fixed.beta.size
        Lw = left_times(state.w, self.rest, theta_internal) @ to_whitened
        inner = state.LG @ to_whitened
        inner -= state.left @ self.coupling.times(Lw)
        data = [state.LR.transpose(0, 2, 1) @ inner]
        Y = (state.B - state.AL @ state.w) @ to_whitened
        for factor, rows in rows_of(self.rest):
            data.append(Y[rows].reshape(factor.J, factor.pattern.K, p + 1))
        return data

    def _inverse(self, state: _State) -> Array:
        """Return M⁻¹."""
        inverse: Array
        inverse, _ = lapack.dpotri(state.L, lower=1)
        return mirrored(inverse).T

    def _log_det_gradients(
        self, state: _State, theta_internal: Array, own: Array, inverse: Array
    ) -> list[Array]:
        """Return Σ Z_jᵀ V⁻¹ Z_j Lambda per factor, shape (K, K): half the gradient of log|V|."""
        gradients = [own @ self.first.pattern.factor(theta_internal[self.first.theta])]
        for factor, rows in rows_of(self.rest):
            gradients.append(_paired(state.AL[rows], inverse[rows], factor))
        return gradients

    def _first_log_det(self, state: _State, theta_internal: Array, inverse: Array) -> Array:
        """Return Σ Z_jᵀ V⁻¹ Z_j of the eliminated factor, shape (K, K)."""
        Q = congruent(inverse, self.rest, theta_internal)
        total: Array = np.einsum("jca,jcb->ab", state.LR, state.LR)
        return total - self.coupling.traces(Q, state.LR.transpose(0, 2, 1) @ state.left)

    def curvatures(self, theta_internal: Array, weights: Array) -> tuple[Array, ...] | None:
        """Return per factor the derivative of the weighted sum of the three functions in Sigma."""
        state = self._state(theta_internal)
        if state is None:
            return None
        inverse = self._inverse(state)
        logs = [self._first_log_det(state, theta_internal, inverse)]
        for factor, rows in rows_of(self.rest):
            logs.append(self._rest_log(state, factor, rows, inverse))
        return curvatures_of(weights, logs, self._data(state, theta_internal))

    def projections(self, theta_internal: Array) -> list[Array]:
        """Return per factor Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1)."""
        return self._data(self._solved(theta_internal), theta_internal)

    def modes(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return the conditional modes per factor in the engine's units, shape (J, K)."""
        state = self._solved(theta_internal)
        modes = []
        for factor, W in zip(self.factors, self._data(state, theta_internal), strict=True):
            Lambda = factor.pattern.factor(theta_internal[factor.theta])
            modes.append(W[:, :, -1] @ (Lambda @ Lambda.T))
        return tuple(modes)

    def mode_variances(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return the diagonal blocks of Lambda (Lambdaᵀ ZᵀZ Lambda + I)⁻¹ Lambdaᵀ, shape (J, K, K)."""
        state = self._solved(theta_internal)
        inverse = self._inverse(state)
        Q = congruent(inverse, self.rest, theta_internal)
        return (self._first_variances(state, theta_internal, Q), *self._rest_variances(Q))

    def _first_variances(self, state: _State, theta_internal: Array, Q: Array) -> Array:
        Lambda = self.first.pattern.factor(theta_internal[self.first.theta])
        K = Lambda.shape[0]
        T = self.R @ Lambda
        own = Lambda @ np.linalg.solve(T.transpose(0, 2, 1) @ T + np.eye(K), Lambda.T)
        left = Lambda @ Lambda.T @ state.LR.transpose(0, 2, 1) @ state.left
        rows = max(1, STRIP_ELEMENTS // Q.shape[0])
        for start in range(0, self.first.J, rows):
            part = slice(start, start + rows)
            dense = left[part] @ self.coupling.levels(part)
            own[part] += (dense @ Q) @ dense.transpose(0, 2, 1)
        return own

    def _rest_variances(self, Q: Array) -> list[Array]:
        blocks = []
        for factor, rows in rows_of(self.rest):
            index = np.arange(rows.start, rows.stop).reshape(factor.J, factor.pattern.K)
            blocks.append(Q[index[:, :, None], index[:, None, :]])
        return blocks

    def _solved(self, theta_internal: Array) -> _State:
        state = self._state(theta_internal)
        if state is None:
            raise ValueError("theta is not feasible")
        return state


def _joint(state: _State, coupling: Coupling, factors: Sequence[FactorTerms], theta_internal: Array) -> Array:
    """Return Zᵀ V⁻¹ Z of all random effects, shape (q, q); the first of the factors is the eliminated one."""
    first, *rest = factors
    K = first.pattern.K
    inner, outer = slice(0, first.q), slice(first.q, None)
    across = (state.LR.transpose(0, 2, 1) @ state.left @ coupling.full).reshape(first.q, -1)
    right = np.concatenate([right_times(across, rest, theta_internal), state.AL])
    half, _ = lapack.dtrtrs(state.L, right.T, lower=1)
    U: Array = half.T @ half
    np.negative(U, out=U)
    U[outer, outer] += state.A
    U[inner, outer] += across
    U[outer, inner] += across.T
    blocks = np.einsum("jajb->jab", U[inner, inner].reshape(first.J, K, first.J, K))
    blocks += state.LR.transpose(0, 2, 1) @ state.LR
    return U


def _quadratic_forms(
    state: _State,
    coupling: Coupling,
    factors: Sequence[FactorTerms],
    theta_internal: Array,
    data: Sequence[Array],
) -> Array:
    """Return yᵀ P V_r P V_s P y for the derivatives V_r of V in theta, shape (m, m).

    ``data`` has Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per factor, shape (J, K, p + 1).
    """
    first, *others = factors
    moved, cross = residual_moved(factors, theta_internal, data)
    rest = moved[:, first.q :].T
    own = state.LR @ moved[:, : first.q].reshape(-1, first.J, first.pattern.K).transpose(1, 2, 0)
    shared = coupling.transposed_times(state.left.transpose(0, 2, 1) @ own)
    across, inner = shared.T @ rest, state.A @ rest
    right = left_times(shared + inner, others, theta_internal, transposed=True)
    half, _ = lapack.dtrtrs(state.L, right, lower=1)
    flat = own.reshape(-1, own.shape[2])
    total: Array = flat.T @ flat + across + across.T + rest.T @ inner - half.T @ half - cross @ cross.T
    return total


def _paired(one: Array, other: Array, factor: FactorTerms) -> Array:
    """Return Σ one_j other_jᵀ over the levels of a factor, shape (K, K)."""
    one, other = (each.reshape(factor.J, factor.pattern.K, -1) for each in (one, other))
    K = range(factor.pattern.K)
    return np.array([[np.vdot(one[:, a], other[:, b]) for b in K] for a in K])
