"""A model with several grouping factors as dense matrices in the engine's units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from mlm_steps.engine.structures.prepared import prepare
from mlm_steps.engine.structures.standardize import standardize


@dataclass(frozen=True)
class Dense:
    """Z, X and y in the engine's units; the columns of Z are factor after factor, level after level."""

    strategy: object
    factors: tuple
    columns: list[np.ndarray]
    X: np.ndarray
    y: np.ndarray

    @classmethod
    def of(cls, design):
        strategy, standard = prepare(design).strategy, standardize(design)
        columns = [standard.columns_of(factor.terms) for factor in strategy.factors]
        return cls(strategy, strategy.factors, columns, standard.fixed.Q, standard.fixed.y)

    def indicators(self, position):
        factor, z = self.factors[position], self.columns[position]
        Z = np.zeros((len(z), factor.J, factor.pattern.K))
        Z[np.arange(len(z)), factor.refs] = z
        return Z.reshape(len(z), -1)

    @property
    def Z(self):
        return np.hstack([self.indicators(position) for position in range(len(self.factors))])

    def Sigma(self, theta):
        blocks = []
        for factor in self.factors:
            Lambda = factor.pattern.factor(theta[factor.theta])
            blocks.append(np.kron(np.eye(factor.J), Lambda @ Lambda.T))
        return block_diag(*blocks)

    def solved(self, theta):
        """Return log|V|, log|X' V^-1 X|, r^2, V^-1, RX and beta."""
        V = np.eye(self.y.size) + self.Z @ self.Sigma(theta) @ self.Z.T
        inverse = np.linalg.inv(V)
        XVX = self.X.T @ inverse @ self.X
        beta = np.linalg.solve(XVX, self.X.T @ inverse @ self.y)
        residual = self.y - self.X @ beta
        values = np.linalg.slogdet(V)[1], np.linalg.slogdet(XVX)[1], residual @ inverse @ residual
        return np.array(values), inverse, np.linalg.cholesky(XVX), beta

    def values(self, theta):
        return self.solved(theta)[0]

    def U(self, theta):
        return self.Z.T @ self.solved(theta)[1] @ self.Z

    def W(self, theta):
        """Return Z' V^-1 [X RX^-T, y - X beta] per factor, shape (J, K, p + 1)."""
        _, inverse, RX, beta = self.solved(theta)
        data = np.column_stack([np.linalg.solve(RX, self.X.T).T, self.y - self.X @ beta])
        return [
            (self.indicators(i).T @ inverse @ data).reshape(factor.J, factor.pattern.K, -1)
            for i, factor in enumerate(self.factors)
        ]


def second_differences(function, theta, step=1e-3):
    """Return the Hessians of a vector function, shape (values, m, m); the error is of fourth order."""
    m = theta.size

    def plain(h):
        E = h * np.eye(m)
        out = np.empty((function(theta).size, m, m))
        for r in range(m):
            for s in range(m):
                signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
                out[:, r, s] = sum(a * b * function(theta + a * E[r] + b * E[s]) for a, b in signs) / (
                    4 * h * h
                )
        return out

    return (4.0 * plain(step) - plain(2.0 * step)) / 3.0
