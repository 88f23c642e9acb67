"""The criterion of many replicates of a model with one grouping factor, all at once.

The formulas are those of ``one_factor``. Replicates are the last axis of every array, so that each operation
runs over all of them. The fixed cost of a numpy call then arises once, not once per replicate or level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.lambda_ import Pattern

__all__ = ["Batch", "Curvature", "Points", "cholesky_stack"]

Array = NDArray[np.float64]


class Points(NamedTuple):
    """The profiled criterion of every replicate at its own theta; infinite where it does not exist.

    Attributes
    ----------
    value : ndarray, shape (B,)
        Without the terms that do not depend on theta.
    gradient, hessian : ndarray, shapes (B, m) and (B, m, m)
    log_det_L2, log_det_RX2, pwrss : ndarray, shape (B,)
    beta : ndarray, shape (p, B)
    """

    value: Array
    gradient: Array
    hessian: Array
    log_det_L2: Array
    log_det_RX2: Array
    pwrss: Array
    beta: Array

    def where(self, chosen: NDArray[np.bool_], other: Points) -> Points:
        """Return these points for the ``chosen`` replicates, and the points of ``other`` for the rest."""
        picked = [
            np.where(chosen.reshape(-1, *[1] * (one.ndim - 1)), one, two)
            for one, two in zip(self[:6], other[:6], strict=True)
        ]
        return Points._make([*picked, np.where(chosen, self.beta, other.beta)])

    def replaced(self, where: NDArray[np.intp], new: Points) -> Points:
        """Return a copy in which ``new`` gives the points of the replicates ``where``."""
        copies = [values.copy() for values in self]
        for values, other in zip(copies[:6], new[:6], strict=True):
            values[where] = other
        copies[6][:, where] = new.beta
        return Points._make(copies)

    def take(self, which: NDArray[np.intp]) -> Points:
        """Return the points of some replicates."""
        return Points._make([*(values[which] for values in self[:6]), self.beta[:, which]])


class Curvature(NamedTuple):
    """What the standard errors of the fixed effects and their degrees of freedom follow from.

    Attributes
    ----------
    hessian : ndarray, shape (B, m, m)
        Of the profiled criterion in theta.
    RX : ndarray, shape (B, p, p)
        Lower triangular, RX RXᵀ = Xᵀ V⁻¹ X.
    moved : ndarray, shape (B, m, p + 1, p + 1)
        Derivatives in theta of [X RX⁻ᵀ, e]ᵀ V⁻¹ [X RX⁻ᵀ, e] with the residuals e = y - X beta held fixed.
    """

    hessian: Array
    RX: Array
    moved: Array


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Replicates of one design, or of designs with the same number of levels.

    The last axis of an array has length 1 where all replicates share it.

    Attributes
    ----------
    pattern : Pattern
    R, X, y : ndarray, shapes (K, K, J, 1 or B), (K, p, J, 1 or B) and (K, J, B)
        The blocks of each level, as in ``Blocks``.
    count : ndarray, shape (J,)
        Weight of each level in log|L|²: the number of levels of the data that it represents.
    Cxx, Cxy, Cyy : ndarray, shapes (p, p, 1 or B), (p, B) and (B,)
        Cross-products of X and y outside the span of the random effects.
    df : ndarray, shape (1,) or (B,)
        n - p by REML, n by ML.
    reml : bool
    """

    pattern: Pattern
    R: Array
    X: Array
    y: Array
    count: Array
    Cxx: Array
    Cxy: Array
    Cyy: Array
    df: Array
    reml: bool

    @property
    def size(self) -> int:
        """Number of replicates."""
        return int(self.Cyy.size)

    @property
    def cells(self) -> int:
        """Size of the arrays of one replicate: the number of levels."""
        return int(self.y.shape[1])

    def take(self, which: NDArray[np.intp]) -> Batch:
        """Return the batch of some replicates."""
        R, X, Cxx, df = (_taken(shared, which) for shared in (self.R, self.X, self.Cxx, self.df))
        y, Cxy, Cyy = (own[..., which] for own in (self.y, self.Cxy, self.Cyy))
        return Batch(self.pattern, R, X, y, self.count, Cxx, Cxy, Cyy, df, self.reml)

    def points(self, theta: Array) -> Points:
        """Return value, gradient and Hessian at theta, shape (B, m): one per replicate."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return self._points(theta)

    def curvature(self, theta: Array) -> Curvature:
        """Return the curvature at theta, shape (B, m); NaN where the criterion does not exist."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            _, RX, hessian, moved = self._evaluated(theta)
        return Curvature(hessian, np.ascontiguousarray(RX.transpose(2, 0, 1)), moved)

    def _points(self, theta: Array) -> Points:
        return self._evaluated(theta)[0]

    def _evaluated(self, theta: Array) -> tuple[Points, Array, Array, Array]:
        """Return the points, and RX, Hessian and ``Curvature.moved``."""
        pattern, p = self.pattern, self.Cxy.shape[0]
        Lambda = np.zeros((pattern.K, pattern.K, theta.shape[0]))
        Lambda[pattern.rows, pattern.columns] = theta.T
        log_det, LR, LX, Ly = self._whitened(Lambda)
        RX, beta, pwrss = self._fixed(LX, Ly)
        log_det_RX2 = 2.0 * np.log(RX[np.arange(p), np.arange(p)]).sum(axis=0)
        W = self._projected(LR, LX, Ly, RX, beta)
        value = log_det + self.reml * log_det_RX2 + self.df * np.log(pwrss)
        shares = np.append(np.full(p, float(self.reml)), 1.0)[:, None] * np.ones_like(pwrss)
        shares[p] = self.df / pwrss
        gradient, hessian, moved = self._derivatives(Lambda, LR, W, shares)
        finite = np.isfinite(value) & np.isfinite(gradient).all(axis=1)
        value = np.where(finite, value, np.inf)
        return Points(value, gradient, hessian, log_det, log_det_RX2, pwrss, beta), RX, hessian, moved

    def _whitened(self, Lambda: Array) -> tuple[Array, Array, Array, Array]:
        """Return Σ log|M_j|, L_j⁻¹ R_j, L_j⁻¹ X_j and L_j⁻¹ y_j for M_j = I + R_j Lambda (R_j Lambda)ᵀ."""
        K = self.pattern.K
        L, log_det = _factored(self._scaled(Lambda))
        LR = _forward(L, self.R, K)
        LX = _forward(L, self.X, K)
        Ly = _forward(L, self.y[:, None], K)[:, 0]
        return np.einsum("j,jb->b", self.count, log_det), LR, LX, Ly

    def _scaled(self, Lambda: Array) -> list[list[Array]]:
        """Return R_j Lambda, element by element of shape (J, B)."""
        K, R = self.pattern.K, self.R
        nonzero = np.zeros((K, K), dtype=bool)
        nonzero[self.pattern.rows, self.pattern.columns] = True
        zero = np.zeros((R.shape[2], Lambda.shape[2]))
        return [
            [sum((R[a, d] * Lambda[d, c] for d in range(a, K) if nonzero[d, c]), zero) for c in range(K)]
            for a in range(K)
        ]

    def _fixed(self, LX: Array, Ly: Array) -> tuple[Array, Array, Array]:
        """Return RX, beta and r² of the weighted least-squares problem."""
        K, p, J, B = LX.shape
        rows = np.concatenate([LX, Ly[:, None]], axis=1).transpose(3, 1, 0, 2).reshape(B, p + 1, K * J)
        S = np.ascontiguousarray((rows @ rows.transpose(0, 2, 1)).transpose(1, 2, 0))
        S[:p, :p] += self.Cxx
        S[:p, p] += self.Cxy
        S[p, :p] += self.Cxy
        S[p, p] += self.Cyy
        L = cholesky_stack(S)
        beta = np.zeros((p, B))
        for i in reversed(range(p)):
            beta[i] = (L[p, i] - np.einsum("cb,cb->b", L[i + 1 : p, i], beta[i + 1 :])) / L[i, i]
        return L[:p, :p], beta, L[p, p] ** 2

    def _projected(self, LR: Array, LX: Array, Ly: Array, RX: Array, beta: Array) -> Array:
        """Return Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (K, p + 1, J, B)."""
        K, p, J, B = LX.shape
        W = np.zeros((K, p + 1, J, B))
        inner = np.empty((K, p + 1, J, B))
        for i in range(p):
            inner[:, i] = LX[:, i]
            for c in range(i):
                inner[:, i] -= RX[i, c] * inner[:, c]
            inner[:, i] /= RX[i, i]
        inner[:, p] = Ly
        for i in range(p):
            inner[:, p] -= beta[i] * LX[:, i]
        for a in range(K):
            for c in range(K):
                W[a] += LR[c, a] * inner[c]
        return W

    def _derivatives(self, Lambda: Array, LR: Array, W: Array, shares: Array) -> tuple[Array, Array, Array]:
        """Return gradient and Hessian in theta (chain rule over the entries of Sigma), and ``moved``."""
        pattern = self.pattern
        K, m, p, B = pattern.K, pattern.m, W.shape[1] - 1, W.shape[3]
        U = np.zeros((K, K, LR.shape[2], B))
        for c in range(K):
            U += LR[c, :, None] * LR[c, None, :]
        flat = np.ascontiguousarray(W.transpose(3, 0, 1, 2)).reshape(B, K * (p + 1), -1)
        pairs = (flat @ flat.transpose(0, 2, 1)).reshape(B, K, p + 1, K, p + 1)
        weighted = shares.T
        P = np.einsum("j,acjb->bac", self.count, U) - np.einsum("baici,bi->bac", pairs, weighted)
        by_b = np.ascontiguousarray(Lambda.transpose(2, 0, 1))
        gradient = pattern.gradient(P @ by_b)
        tangents = _tangents(pattern, by_b)
        A = -self.count[:, None] * U
        for i in range(p + 1):
            if i == p or self.reml:
                A += (2.0 * shares[i]) * (W[:, None, i] * W[None, :, i])
        forms = _forms(A, U)
        E = tangents.reshape(B, m, K * K)
        second = E @ forms @ E.transpose(0, 2, 1)
        second = 0.5 * (second + second.transpose(0, 2, 1))
        moved = -np.einsum("brac,baicj->brij", tangents, pairs)
        second -= self._squares(moved, weighted)
        return gradient, second + pattern.bend(P), moved

    def _squares(self, moved: Array, shares: Array) -> Array:
        """Return the part that is subtracted from the Hessian because beta and r² depend on theta."""
        p = moved.shape[2] - 1
        residual = shares[:, p, None, None]
        cross = moved[:, :, :p, p]
        relative = moved[:, :, p, p] * shares[:, p, None]
        total = 2.0 * residual * (cross @ cross.transpose(0, 2, 1))
        total += relative[:, :, None] * relative[:, None, :] / self.df[:, None, None]
        if self.reml:
            square = moved[:, :, :p, :p].reshape(*moved.shape[:2], p * p)
            total += square @ square.transpose(0, 2, 1)
        return total


def _taken(shared: Array, which: NDArray[np.intp]) -> Array:
    return shared if shared.shape[-1] == 1 else shared[..., which]


def _factored(T: list[list[Array]]) -> tuple[list[list[Array]], Array]:
    """Return the Cholesky factors of I + T_j T_jᵀ by elements of shape (J, B), and log|I + T_j T_jᵀ|."""
    K, log_det = len(T), np.zeros_like(T[0][0])
    L: list[list[Array]] = []
    for a in range(K):
        row: list[Array] = []
        for c in range(a + 1):
            pivot = sum((T[a][d] * T[c][d] for d in range(K)), np.zeros_like(log_det)) + float(a == c)
            for d in range(c):
                pivot -= row[d] * L[c][d] if c < a else row[d] * row[d]
            row.append(pivot / L[c][c] if c < a else np.sqrt(pivot))
        if (K, a) == (2, 1):
            row[1] = _second_pivot(T, L[0][0])
        log_det += 2.0 * np.log(row[a])
        L.append(row)
    return L, log_det


def _second_pivot(T: list[list[Array]], first: Array) -> Array:
    """Return the second pivot of I + T Tᵀ, from |I + T Tᵀ| = 1 + |T|² + det(T)², without cancellation."""
    determinant = T[0][0] * T[1][1] - T[0][1] * T[1][0]
    squares = sum((element * element for row in T for element in row), determinant * determinant)
    pivot: Array = np.sqrt(1.0 + squares) / first
    return pivot


def _forward(L: list[list[Array]], right: Array, K: int) -> Array:
    """Return L⁻¹ right for right of shape (K, …, J, 1 or B)."""
    out = np.empty((*right.shape[:-1], L[0][0].shape[-1]))
    for a in range(K):
        out[a] = right[a]
        for c in range(a):
            out[a] -= L[a][c] * out[c]
        out[a] /= L[a][a]
    return out


def cholesky_stack(S: Array) -> Array:
    """Return the Cholesky factors of S, shape (r, r, B); NaN where S is not positive definite."""
    L = np.zeros_like(S)
    for c in range(S.shape[0]):
        column = S[c:, c] - np.einsum("ib,kib->kb", L[c, :c], L[c:, :c])
        L[c:, c] = column / np.sqrt(column[0])
    return L


def _tangents(pattern: Pattern, Lambda: Array) -> Array:
    """Return the derivatives of Lambda Lambdaᵀ in each element of theta, shape (B, m, K, K)."""
    tangents = np.zeros((Lambda.shape[0], pattern.m, pattern.K, pattern.K))
    tangents[:, np.arange(pattern.m), pattern.rows] = Lambda[:, :, pattern.columns].transpose(0, 2, 1)
    return tangents + tangents.transpose(0, 1, 3, 2)


def _forms(A: Array, U: Array) -> Array:
    """Return tr(E1 A E2 U), summed over the levels, as a bilinear form in the elements of E1 and E2."""
    K, B = U.shape[0], U.shape[3]
    rows, columns = np.triu_indices(K)
    place = np.zeros((K, K), dtype=np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(rows.size)
    products = np.einsum("xjb,yjb->bxy", A[rows, columns], U[rows, columns])
    full: Array = products[:, place[None, :, :, None], place[:, None, None, :]]
    return full.reshape(B, K * K, K * K)
