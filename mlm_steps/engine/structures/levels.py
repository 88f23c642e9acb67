"""The levels of one grouping factor: the products of all levels that the criterion needs, in numpy.

Per level, Z_j = Q_j R_j. With T_j = R_j Lambda and M_j = I + T_j T_jᵀ,

    log|V| = Σ log|M_j|,    [X y]ᵀ V⁻¹ [X y] = C + Σ G_jᵀ M_j⁻¹ G_j,

a sum of squares in which nothing cancels, whatever the ratio of the variances. All levels go
through numpy together; the cost does not depend on the number of observations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import CriterionTerms, Solution, solve_fixed, whitener
from mlm_steps.engine.criterion.lambda_ import Pattern
from mlm_steps.engine.structures.graded import along_large, solve_stacked
from mlm_steps.engine.structures.whiten import transposed_times, whiten

__all__ = ["LevelSums", "Levels", "NumpyLevels"]

Array = NDArray[np.float64]


class LevelSums(NamedTuple):
    """Sums over the levels for U_j = Z_jᵀ V⁻¹ Z_j and w_j = Z_jᵀ V⁻¹ (y - X beta).

    ``U`` and ``ww``, shape (K, K), are Σ U_j and Σ w_j w_jᵀ; ``UU``, shape (K², K²), is Σ U_j ⊗ U_j with
    U_ab U_cd at row (a, c) and column (b, d); ``values`` are log|L|², log|RX|² and r².
    """

    U: Array
    ww: Array
    UU: Array
    values: tuple[float, float, float]


class Levels(Protocol):
    """What is computed from the blocks R, G and C of one factor at theta in the engine's units.

    Every method returns None where the problem is not positive definite.
    """

    def value(self, theta_internal: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r²."""

    def criterion_terms(self, theta_internal: Array, *, hessian: bool) -> CriterionTerms | None:
        """Return the three functions with their derivatives."""

    def sums(self, theta_internal: Array) -> LevelSums | None:
        """Return the sums over the levels that the second moments need."""

    def projections(self, theta_internal: Array) -> Array | None:
        """Return Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1)."""

    def modes(self, theta_internal: Array) -> Array | None:
        """Return the conditional modes, shape (J, K)."""


class _State(NamedTuple):
    """The solution at one theta: L_j⁻¹ R_j Q, L_j⁻¹ G_j and the fixed effects.

    The columns of Q are the coordinates of the random effects, and Lambda is Qᵀ Lambda. Q is None for the
    coordinates of the design.
    """

    log_det: float
    LR: Array
    LG: Array
    fixed: Solution
    Lambda: Array
    Q: Array | None

    @property
    def values(self) -> tuple[float, float, float]:
        """log|L|², log|RX|² and r²."""
        return self.log_det, self.fixed.log_det_RX2, self.fixed.pwrss

    @property
    def own_LR(self) -> Array:
        """L_j⁻¹ R_j."""
        return self.LR if self.Q is None else self.LR @ self.Q.T

    def projected(self) -> Array:
        """Return Qᵀ Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per level, shape (J, K, p + 1)."""
        inner = self.LG.reshape(-1, self.LG.shape[2]) @ whitener(self.fixed)
        return transposed_times(self.LR, inner.reshape(self.LG.shape))

    def own_projected(self) -> Array:
        """Return Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per level."""
        return self.projected() if self.Q is None else self.Q @ self.projected()


@dataclass(frozen=True, slots=True, eq=False)
class NumpyLevels:
    """The levels of one factor in numpy; see ``Levels``.

    Attributes
    ----------
    pattern : Pattern
    R, G, C : ndarray
        As in ``Blocks``.
    large : bool
        Whether the random effects are so large that the factorisations of ``graded`` are needed.
    """

    pattern: Pattern
    R: Array
    G: Array
    C: Array
    large: bool

    def _state(self, theta_internal: Array) -> _State | None:
        Lambda, R, Q = self.pattern.factor(theta_internal), self.R, None
        if self.large and Lambda.shape[0] > 1:
            Q, Lambda = along_large(Lambda)
            R = R @ Q
        whitened = whiten(R, Lambda, self.G, large=self.large)
        if whitened is None:
            return None
        log_det, LR, LG = whitened
        flat = LG.reshape(-1, LG.shape[2])
        fixed = solve_stacked(self.C, flat) if self.large else solve_fixed(self.C + flat.T @ flat)
        return None if fixed is None else _State(log_det, LR, LG, fixed, Lambda, Q)

    def value(self, theta_internal: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r², or None where they do not exist."""
        state = self._state(theta_internal)
        return None if state is None else state.values

    def criterion_terms(self, theta_internal: Array, *, hessian: bool) -> CriterionTerms | None:
        """Return the three functions with their derivatives (chain rule over the entries of Sigma)."""
        state = self._state(theta_internal)
        if state is None:
            return None
        pattern, fixed = self.pattern, state.fixed
        K, p = pattern.K, fixed.beta.size
        J = self.R.shape[0]
        U = transposed_times(state.LR, state.LR).reshape(J, K * K)
        W = state.projected()
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
        """Return the Hessians of the three functions without the curvature of Lambda Lambdaᵀ, (3, m, m)."""
        pattern = self.pattern
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

    def sums(self, theta_internal: Array) -> LevelSums | None:
        """Return the sums over the levels that the second moments need, or None where they do not exist."""
        state = self._state(theta_internal)
        if state is None:
            return None
        K = self.R.shape[1]
        U = transposed_times(state.own_LR, state.own_LR).reshape(-1, K * K)
        w = state.own_projected()[:, :, -1]
        UU = (U.T @ U).reshape(K, K, K, K).transpose(0, 2, 1, 3).reshape(K * K, K * K)
        return LevelSums(U.sum(axis=0).reshape(K, K), w.T @ w, UU, state.values)

    def projections(self, theta_internal: Array) -> Array | None:
        """Return Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1), or None where it does not exist."""
        state = self._state(theta_internal)
        return None if state is None else state.own_projected()

    def modes(self, theta_internal: Array) -> Array | None:
        """Return the conditional modes, shape (J, K), or None where they do not exist."""
        state = self._state(theta_internal)
        if state is None:
            return None
        residual = state.LG @ np.append(-state.fixed.beta, 1.0)
        modes: Array = np.einsum("jca,jc->ja", state.LR, residual) @ (state.Lambda @ state.Lambda.T)
        return modes if state.Q is None else modes @ state.Q.T

    def RX(self, theta_internal: Array) -> Array | None:
        """Return RX, lower triangular, shape (p, p), or None where it does not exist."""
        state = self._state(theta_internal)
        return None if state is None else state.fixed.RX

    def curvatures(self, theta_internal: Array, weights: Array) -> Array | None:
        """Return the derivative of the weighted sum of the three functions in Sigma, shape (K, K)."""
        state = self._state(theta_internal)
        if state is None:
            return None
        W = state.own_projected()
        p = state.fixed.beta.size
        shares = np.append(np.full(p, weights[1]), weights[2])
        U = np.einsum("jca,jcb->ab", state.own_LR, state.own_LR)
        curvatures: Array = weights[0] * U - np.einsum("jai,i,jbi->ab", W, shares, W)
        return curvatures
