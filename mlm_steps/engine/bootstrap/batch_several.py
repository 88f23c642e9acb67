"""The criterion of many replicates of a model with several grouping factors, all at once.

The formulas are those of ``several_factors``. The derivatives are those of ``batch`` with U = Zᵀ V⁻¹ Z of all
random effects. Replicates are the first axis of every array, as numpy's functions for stacks of matrices
require. The fixed cost of a numpy call then arises once, not once per replicate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Curvature, Points
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.several_factors import LOST, SeveralFactors

__all__ = ["BatchSeveral"]

Array = NDArray[np.float64]
ELEMENTS_OF_A_LEVEL = 5
"""Number of elements of U whose work arrays are as large as those of a level of a single factor."""


class _State(NamedTuple):
    """The solution at theta: Lambda per factor, U, W, the fixed part with RX, and the three functions."""

    Lambdas: list[Array]
    U: Array
    W: Array
    RX: Array
    beta: Array
    log_det: Array
    log_det_RX2: Array
    pwrss: Array


@dataclass(frozen=True, slots=True, eq=False)
class BatchSeveral:
    """Replicates of one design with several grouping factors.

    Attributes
    ----------
    shared : SeveralFactors
        The parts that do not depend on the outcome; its arrays hold only the columns of X.
    G : ndarray, shape (B, J, K)
        Q_jᵀ y of the eliminated factor.
    fixed, total : ndarray, shapes (B, p) and (B,)
        Xᵀ y and yᵀ y, of the parts outside the span of the eliminated factor.
    rest : ndarray, shape (B, q)
        Zᵀ y of the other factors, of the parts outside the span of the eliminated factor.
    df : float
        n - p by REML, n by ML.
    reml : bool
    """

    shared: SeveralFactors
    G: Array
    fixed: Array
    total: Array
    rest: Array
    df: float
    reml: bool

    @property
    def size(self) -> int:
        """Number of replicates."""
        return int(self.total.size)

    @property
    def cells(self) -> int:
        """Size of U, the largest array of one replicate, expressed as a number of levels of one factor."""
        return max(1, sum(factor.q for factor in self.shared.factors) ** 2 // ELEMENTS_OF_A_LEVEL)

    def take(self, which: NDArray[np.intp]) -> BatchSeveral:
        """Return the batch of some replicates."""
        own = {name: getattr(self, name)[which] for name in ("G", "fixed", "total", "rest")}
        return replace(self, **own)

    def points(self, theta: Array) -> Points:
        """Return value, gradient and Hessian at theta, shape (B, m): one per replicate."""
        with np.errstate(all="ignore"):
            state = self._state(theta)
            value = state.log_det + self.reml * state.log_det_RX2 + self.df * np.log(state.pwrss)
            gradient, hessian, _ = self._derivatives(theta, state)
        finite = (
            np.isfinite(value) & np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
        )
        value = np.where(finite, value, np.inf)
        return Points(value, gradient, hessian, state.log_det, state.log_det_RX2, state.pwrss, state.beta.T)

    def curvature(self, theta: Array) -> Curvature:
        """Return the curvature at theta, shape (B, m); NaN where the criterion does not exist."""
        with np.errstate(all="ignore"):
            state = self._state(theta)
            _, hessian, moved = self._derivatives(theta, state)
        return Curvature(hessian, state.RX, moved)

    def _state(self, theta: Array) -> _State:
        shared, p = self.shared, self.fixed.shape[1]
        Lambdas = [_factor(factor, theta) for factor in shared.factors]
        log_det, left = _whitening(shared.R, Lambdas[0])
        LR = left @ shared.R
        LG = left @ self._with_outcome(shared.G, self.G)
        D = left @ shared.coupling.full
        inner, across = D.shape[1] * D.shape[2], (LR.transpose(0, 1, 3, 2) @ D)
        flat = D.reshape(-1, inner, D.shape[3])
        A = shared.A + flat.transpose(0, 2, 1) @ flat
        own = LG.reshape(-1, inner, p + 1)
        right = self._with_outcome(shared.B, self.rest) + flat.transpose(0, 2, 1) @ own
        # U is Zᵀ V₁⁻¹ Z minus the part that the other factors explain.
        U = np.concatenate(
            [
                np.concatenate([_blocks(LR), across.reshape(-1, inner, D.shape[3])], axis=2),
                np.concatenate([across.reshape(-1, inner, D.shape[3]).transpose(0, 2, 1), A], axis=2),
            ],
            axis=1,
        )
        moved = _times_Lambda(U[:, :, inner:], shared.rest, Lambdas[1:])
        M = _times_Lambda(moved[:, inner:].transpose(0, 2, 1), shared.rest, Lambdas[1:])
        M = 0.5 * (M + M.transpose(0, 2, 1)) + np.eye(M.shape[1])
        L = _cholesky(M)
        log_det = log_det + 2.0 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
        half = _solved(L, moved.transpose(0, 2, 1))
        U -= half.transpose(0, 2, 1) @ half
        W = np.concatenate([(LR.transpose(0, 1, 3, 2) @ LG).reshape(own.shape), right], axis=1)
        seen = _solved(
            L, _times_Lambda(right.transpose(0, 2, 1), shared.rest, Lambdas[1:]).transpose(0, 2, 1)
        )
        S = self._cross_products() + own.transpose(0, 2, 1) @ own
        whole = S[:, -1, -1].copy()
        S -= seen.transpose(0, 2, 1) @ seen
        W -= half.transpose(0, 2, 1) @ seen
        return self._solved_fixed(Lambdas, U, W, S, whole, log_det)

    def _with_outcome(self, X: Array, y: Array) -> Array:
        """Return [X y] per replicate; X is shared."""
        columns = np.broadcast_to(X, (y.shape[0], *X.shape))
        return np.concatenate([columns, y[..., None]], axis=-1)

    def _cross_products(self) -> Array:
        """Return [X y]ᵀ [X y] outside the span of the eliminated factor, shape (B, p + 1, p + 1)."""
        p = self.fixed.shape[1]
        C = np.empty((self.size, p + 1, p + 1))
        C[:, :p, :p], C[:, :p, p], C[:, p, :p], C[:, p, p] = (
            self.shared.C, self.fixed, self.fixed, self.total,
        )  # fmt: skip
        return C

    def _solved_fixed(
        self, Lambdas: list[Array], U: Array, W: Array, S: Array, whole: Array, log_det: Array
    ) -> _State:
        """Return the state with the fixed part solved; W becomes Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta]."""
        p = S.shape[1] - 1
        L = _cholesky(S)
        RX, pivots = L[:, :p, :p], np.diagonal(L, axis1=1, axis2=2)
        pwrss = np.where(pivots[:, p] ** 2 < LOST * whole, np.nan, pivots[:, p] ** 2)
        inverse = _solved(RX, np.broadcast_to(np.eye(p), RX.shape))
        beta = (inverse.transpose(0, 2, 1) @ L[:, p, :p, None])[:, :, 0]
        to_whitened = np.zeros_like(S)
        to_whitened[:, :p, :p], to_whitened[:, :p, p], to_whitened[:, p, p] = (
            inverse.transpose(0, 2, 1),
            -beta,
            1.0,
        )
        log_det_RX2 = 2.0 * np.log(pivots[:, :p]).sum(axis=1)
        return _State(Lambdas, U, W @ to_whitened, RX, beta, log_det, log_det_RX2, pwrss)

    def _derivatives(self, theta: Array, state: _State) -> tuple[Array, Array, Array]:
        """Return gradient and Hessian in theta (chain rule over the entries of Sigma), and ``moved``."""
        factors, W, U = self.shared.factors, state.W, state.U
        shares = np.full(W.shape[::2], float(self.reml))
        shares[:, -1] = self.df / state.pwrss
        gradient, hessian = np.empty_like(theta), np.zeros((*theta.shape, theta.shape[1]))
        p1 = W.shape[2]
        used = slice(None) if self.reml else slice(p1 - 1, None)
        right = W[:, :, used] * (2.0 * shares[:, None, used])
        A = right @ W[:, :, used].transpose(0, 2, 1) - U
        moved = np.empty((*theta.shape, p1, p1))
        tangents = []
        for (factor, rows), Lambda in zip(_rows(factors), state.Lambdas, strict=True):
            pattern, K = factor.pattern, factor.pattern.K
            own = W[:, rows].reshape(-1, factor.J, K, p1)
            flat = own.transpose(0, 2, 3, 1).reshape(-1, K * p1, factor.J)
            pairs = (flat @ flat.transpose(0, 2, 1)).reshape(-1, K, p1, K, p1)
            blocks = np.einsum("njajc->nac", U[:, rows, rows].reshape(-1, factor.J, K, factor.J, K))
            P = blocks - np.einsum("naici,ni->nac", pairs, shares)
            gradient[:, factor.theta] = pattern.gradient(P @ Lambda)
            tangents.append(_tangents(factor, Lambda))
            moved[:, factor.theta] = -np.einsum("nrac,naicj->nrij", tangents[-1], pairs)
            hessian[:, factor.theta[:, None], factor.theta] = pattern.bend(P)
        for f, (one, rows) in enumerate(_rows(factors)):
            for g, (other, columns) in enumerate(_rows(factors)):
                F = _forms(A[:, rows, columns], U[:, rows, columns], one, other)
                part = np.einsum("nrab,nbcad,nscd->nrs", tangents[f], F, tangents[g], optimize=True)
                hessian[:, one.theta[:, None], other.theta] += 0.5 * part
                hessian[:, other.theta[:, None], one.theta] += 0.5 * part.transpose(0, 2, 1)
        return gradient, hessian - self._squares(moved, shares), moved

    def _squares(self, moved: Array, shares: Array) -> Array:
        """Return the part that is subtracted from the Hessian because beta and r² depend on theta."""
        p = moved.shape[2] - 1
        cross = moved[:, :, :p, p]
        relative = moved[:, :, p, p] * shares[:, p, None]
        total: Array = 2.0 * shares[:, p, None, None] * (cross @ cross.transpose(0, 2, 1))
        total += relative[:, :, None] * relative[:, None, :] / self.df
        if self.reml:
            square = moved[:, :, :p, :p].reshape(*moved.shape[:2], p * p)
            total += square @ square.transpose(0, 2, 1)
        return total


def _rows(factors: Sequence[FactorTerms]) -> Iterator[tuple[FactorTerms, slice]]:
    start = 0
    for factor in factors:
        yield factor, slice(start, start + factor.q)
        start += factor.q


def _factor(factor: FactorTerms, theta: Array) -> Array:
    """Return Lambda of one factor per replicate, shape (B, K, K)."""
    pattern = factor.pattern
    Lambda = np.zeros((theta.shape[0], pattern.K, pattern.K))
    Lambda[:, pattern.rows, pattern.columns] = theta[:, factor.theta]
    return Lambda


def _tangents(factor: FactorTerms, Lambda: Array) -> Array:
    """Return the derivatives of Lambda Lambdaᵀ in each element of theta, shape (B, m, K, K)."""
    pattern = factor.pattern
    tangents = np.zeros((Lambda.shape[0], pattern.m, pattern.K, pattern.K))
    tangents[:, np.arange(pattern.m), pattern.rows] = Lambda[:, :, pattern.columns].transpose(0, 2, 1)
    both: Array = tangents + tangents.transpose(0, 1, 3, 2)
    return both


def _whitening(R: Array, Lambda: Array) -> tuple[Array, Array]:
    """Return Σ log|M_j| and L_j⁻¹, shape (B, J, K, K), for L_j L_jᵀ = M_j = I + R_j Lambda (R_j Lambda)ᵀ."""
    K = R.shape[1]
    T = R @ Lambda[:, None]
    if K == 1:
        L = np.sqrt(1.0 + T * T)
        return 2.0 * np.log(L[..., 0, 0]).sum(axis=1), 1.0 / L
    M = T @ T.transpose(0, 1, 3, 2) + np.eye(K)
    L = _cholesky(M.reshape(-1, K, K))
    log_det = 2.0 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1).reshape(M.shape[:2]).sum(axis=1)
    return log_det, _solved(L, np.broadcast_to(np.eye(K), L.shape)).reshape(M.shape)


def _blocks(LR: Array) -> Array:
    """Return the block-diagonal matrix of R_jᵀ M_j⁻¹ R_j, shape (B, J K, J K)."""
    B, J, K = LR.shape[:3]
    full = np.zeros((B, J, K, J, K))
    full[:, np.arange(J), :, np.arange(J)] = (LR.transpose(0, 1, 3, 2) @ LR).transpose(1, 0, 2, 3)
    return full.reshape(B, J * K, J * K)


def _times_Lambda(matrix: Array, factors: Sequence[FactorTerms], Lambdas: Sequence[Array]) -> Array:
    """Return ``matrix`` @ Lambda per replicate; one column per random effect."""
    parts = []
    for (factor, columns), Lambda in zip(_rows(factors), Lambdas, strict=True):
        block = np.ascontiguousarray(matrix[:, :, columns])
        parts.append((block.reshape(block.shape[0], -1, factor.pattern.K) @ Lambda).reshape(block.shape))
    return np.concatenate(parts, axis=2)


def _forms(A: Array, U: Array, one: FactorTerms, other: FactorTerms) -> Array:
    """Return Σ A_jk[b, c] U_jk[a, d] over the levels j of one factor and k of the other."""

    def by_element(matrix: Array) -> Array:
        K, L = one.pattern.K, other.pattern.K
        split = matrix.reshape(-1, one.J, K, other.J, L).transpose(0, 2, 4, 1, 3)
        return split.reshape(-1, K * L, one.J * other.J)

    K, L = one.pattern.K, other.pattern.K
    products = by_element(A) @ by_element(U).transpose(0, 2, 1)
    return products.reshape(-1, K, L, K, L)


def _cholesky(M: Array) -> Array:
    """Return the Cholesky factors of a stack of matrices; NaN where a matrix is not positive definite."""
    try:
        return np.asarray(np.linalg.cholesky(M))
    except np.linalg.LinAlgError:
        if M.shape[0] == 1:
            return np.full_like(M, np.nan)
        middle = M.shape[0] // 2
        return np.concatenate([_cholesky(M[:middle]), _cholesky(M[middle:])])


def _solved(L: Array, right: Array) -> Array:
    """Return L⁻¹ right for a stack of lower triangular matrices, by rows."""
    out = np.array(right)
    for i in range(L.shape[1]):
        if i:
            out[:, i] -= (L[:, i, None, :i] @ out[:, :i])[:, 0]
        out[:, i] /= L[:, i, i, None]
    return out
