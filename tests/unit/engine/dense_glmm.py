"""Generalized linear mixed models with dense matrices, to check the engine against.

The module is slow and independent of the engine. The densities are SciPy's, the curvatures are those of
statistics, section 22.1, and the integral is a trapezoidal sum on a wide grid, without a quadrature rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import special, stats
from scipy.linalg import block_diag

MODE_TOL = 1e-26
"""Squared Newton decrement below which a mode is exact to rounding."""
REACH = 11.0
"""Half-width of the grid of an integral, in standard deviations at the mode."""


def log_density(family, link, k, trials, phi, eta):
    """Return log f(k | eta, phi) per row, all constants kept."""
    if family == "binomial":
        log_p, log_q = {
            "logit": lambda: (special.log_expit(eta), special.log_expit(-eta)),
            "probit": lambda: (special.log_ndtr(eta), special.log_ndtr(-eta)),
            "cloglog": lambda: (
                np.where(eta < -30.0, eta, np.log(-np.expm1(-np.exp(np.clip(eta, -30.0, 700.0))))),
                -np.exp(np.minimum(eta, 700.0)),
            ),
        }[link]()
        constant = special.gammaln(trials + 1) - special.gammaln(k + 1) - special.gammaln(trials - k + 1)
        successes = np.where(k > 0, k * np.where(k > 0, log_p, 0.0), 0.0)
        return constant + successes + np.where(trials > k, (trials - k) * log_q, 0.0)
    mu = np.exp(np.minimum(eta, 700.0))
    if family == "poisson":
        return stats.poisson.logpmf(k, mu)
    if family == "negative_binomial" and phi > 1e3:  # where scipy loses digits
        rising = np.vectorize(lambda count: np.log1p(np.arange(count) / phi).sum())(k)
        return rising - special.gammaln(k + 1.0) + k * eta - (k + phi) * np.log1p(mu / phi)
    if family == "negative_binomial":
        return stats.nbinom.logpmf(k, phi, phi / (phi + mu))
    return stats.gamma.logpdf(k, phi, scale=mu / phi)


def slope_and_curvature(family, link, k, trials, phi, eta):
    """Return the first derivative of the log density in eta, and minus the second."""
    if family == "binomial" and link == "logit":
        mu = special.expit(eta)
        return k - trials * mu, trials * mu * special.expit(-eta)
    if family == "binomial" and link == "probit":
        log_normal = -0.5 * eta**2 - 0.5 * np.log(2 * np.pi)
        A, B = np.exp(log_normal - special.log_ndtr(eta)), np.exp(log_normal - special.log_ndtr(-eta))
        return k * A - (trials - k) * B, k * A * (eta + A) + (trials - k) * B * (B - eta)
    if family == "binomial":
        e = np.exp(eta)
        r = np.where(e > 1e-8, e / np.expm1(np.clip(e, 1e-8, 700.0)), 1.0 - e / 2)
        return k * r - (trials - k) * e, (trials - k) * e - k * r * (1.0 - e - r)
    mu = np.exp(np.minimum(eta, 700.0))
    if family == "poisson":
        return k - mu, mu
    if family == "negative_binomial":
        return phi * (k - mu) / (phi + mu), phi * mu * (k + phi) / (phi + mu) ** 2
    return phi * (k / mu - 1.0), phi * k / mu


@dataclass(frozen=True, eq=False)
class DenseGlmm:
    """One model with a dense Z, whose columns are term after term, level after level.

    Attributes
    ----------
    sizes : tuple of (int, int)
        Levels and coefficients of each term.
    refs : ndarray, shape (n,)
        Level of the first term's factor, for the integral over one factor.
    """

    family: str
    link: str
    k: np.ndarray
    trials: np.ndarray
    weights: np.ndarray
    offset: np.ndarray
    X: np.ndarray
    Z: np.ndarray
    sizes: tuple[tuple[int, int], ...]
    refs: np.ndarray

    @classmethod
    def of(cls, design, family="binomial", link="logit"):
        """Return the model of a design."""
        n, columns = design.n, []
        for term in design.random:
            Z = np.zeros((n, len(term.levels), term.z.shape[1]))
            Z[np.arange(n), term.refs] = term.z
            columns.append(Z.reshape(n, -1))
        trials = getattr(design, "trials", None)
        return cls(
            family, link, design.y,
            np.ones(n) if trials is None else trials,
            np.ones(n) if design.weights is None else design.weights,
            np.zeros(n) if design.offset is None else design.offset,
            design.X, np.hstack(columns),
            tuple((len(t.levels), t.z.shape[1]) for t in design.random), design.random[0].refs,
        )  # fmt: skip

    def Lambda(self, theta):
        blocks, start = [], 0
        for J, k in self.sizes:
            m = k * (k + 1) // 2
            factor = np.zeros((k, k))
            factor[np.triu_indices(k)[::-1]] = theta[start : start + m]
            blocks.append(np.kron(np.eye(J), factor))
            start += m
        return block_diag(*blocks)

    def log_lik(self, eta, phi):
        return self.weights * log_density(self.family, self.link, self.k, self.trials, phi, eta)

    def derivatives(self, eta, phi):
        found = slope_and_curvature(self.family, self.link, self.k, self.trials, phi, eta)
        return tuple(self.weights * each for each in found)

    def mode(self, theta, beta, phi=1.0):
        """Return u, the Cholesky factor of H, A = Z Lambda and the fixed part of eta."""
        A, fixed = self.Z @ self.Lambda(theta), self.offset + self.X @ beta
        u = np.zeros(A.shape[1])

        def h(u):
            return self.log_lik(fixed + A @ u, phi).sum() - 0.5 * u @ u

        for _ in range(500):
            slope, w = self.derivatives(fixed + A @ u, phi)
            L = np.linalg.cholesky(A.T @ (w[:, None] * A) + np.eye(u.size))
            g = A.T @ slope - u
            step = np.linalg.solve(L.T, np.linalg.solve(L, g))
            if g @ step < MODE_TOL * (1.0 + abs(h(u))):
                break
            share = 1.0
            while h(u + share * step) < h(u) - 1e-12 * abs(h(u)) and share > 1e-12:
                share *= 0.5
            u = u + share * step
        _, w = self.derivatives(fixed + A @ u, phi)
        return u, np.linalg.cholesky(A.T @ (w[:, None] * A) + np.eye(u.size)), A, fixed

    def laplace(self, theta, beta, phi=1.0):
        """Return d_1 of statistics, section 22.2."""
        u, L, A, fixed = self.mode(theta, beta, phi)
        return -2.0 * self.log_lik(fixed + A @ u, phi).sum() + u @ u + 2.0 * np.log(np.diag(L)).sum()

    def mode_blocks(self, theta, beta, phi=1.0):
        """Yield per group of one factor its rows, columns of A, mode and lower triangular factor."""
        u, L, A, fixed = self.mode(theta, beta, phi)
        J = self.sizes[0][0]
        places = np.arange(self.Z.shape[1])
        starts = np.cumsum([0, *(J * k for _, k in self.sizes)])
        level = np.concatenate(
            [np.repeat(np.arange(J), k) for (_, k), _ in zip(self.sizes, starts, strict=False)]
        )
        for j in range(J):
            own, rows = places[level == j], self.refs == j
            yield rows, A[np.ix_(rows, own)], u[own], L[np.ix_(own, own)], fixed[rows]

    def _sum(self, theta, beta, phi, points, log_weights, *, adapted):
        total = 0.0
        for rows, A, u, L, fixed in self.mode_blocks(theta, beta, phi):
            K = u.size
            grid = np.array(list(product(points, repeat=K)))
            logs = np.array(list(product(log_weights, repeat=K))).sum(axis=1)
            nodes = u + np.linalg.solve(L.T, grid.T).T
            eta = fixed[:, None] + A @ nodes.T
            own = DenseGlmm(
                self.family, self.link, self.k[rows, None], self.trials[rows, None], self.weights[rows, None],
                self.offset, self.X, self.Z, self.sizes, self.refs,
            )  # fmt: skip
            h = own.log_lik(eta, phi).sum(axis=0) - 0.5 * (nodes**2).sum(axis=1)
            extra = 0.5 * (grid**2).sum(axis=1) if adapted else 0.5 * K * -np.log(2 * np.pi)
            total += np.log(np.diag(L)).sum() - special.logsumexp(h + logs + extra)
        return 2.0 * total

    def agq(self, theta, beta, phi=1.0, *, Q):
        """Return d_Q of section 22.2 by NumPy's Gauss-Hermite rule."""
        x, w = np.polynomial.hermite_e.hermegauss(Q)
        return self._sum(theta, beta, phi, x, np.log(w / np.sqrt(2 * np.pi)), adapted=True)

    def integral(self, theta, beta, phi=1.0, *, step=0.05):
        """Return -2 log L by a trapezoidal sum, which converges faster than any power of the step."""
        points = np.arange(-REACH, REACH + step / 2, step)
        return self._sum(theta, beta, phi, points, np.full(points.size, np.log(step)), adapted=False)
