"""The exact restricted likelihood ratio test of one variance (Crainiceanu & Ruppert 2004).

Without other random effects the null distribution of the statistic is known in finite samples: it depends on
the data through the eigenvalues of Z' P0 Z alone. With other, uncorrelated random effects only the tested
term's Z is used, as if they were not there: an approximation (Greven et al. 2008; statistics, section 6).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.structures.groups import segment_sum

__all__ = ["DRAWS", "LARGEST_FACTOR", "null_eigenvalues", "rlrt_p"]

DRAWS = 10_000
"""Values drawn from the null distribution."""
LARGEST_FACTOR = 2000
"""Levels of the tested factor: the eigenvalues of a matrix of this size take a second or two."""
BLOCK = 500
"""Draws that share a stream of random numbers, and the memory they take at once."""

Array = NDArray[np.float64]


def rlrt_p(design: Design, term: RandomTerm, statistic: float, *, seed: int, step: str) -> float:
    """Return the share of the null distribution at or above a statistic: (1 + #{draws >= it}) / (draws + 1).

    Parameters
    ----------
    design : Design
        Rows, weights and fixed part of the models; its random terms are not looked at.
    term : RandomTerm
        The tested one, of one column.
    statistic : float
        Difference of the REML criteria, 0 or more.
    seed : int
        Of the run.
    step : str
        Names the stream of random numbers.
    """
    if statistic <= 0.0:
        return 1.0
    mu = null_eigenvalues(design, term)
    rest = design.n - design.p - len(mu)
    mu = mu / mu.max() if mu.max() > 0 else mu
    grid = np.concatenate([[0.0], np.exp(np.linspace(-10.0, 8.0, 199))])
    inflated = 1.0 + mu[:, None] * grid
    # (n - p) log(1 + N / D) - sum log(1 + lambda mu) >= statistic, solved for N / D
    threshold = np.expm1((statistic + np.log(inflated).sum(axis=0)) / (design.n - design.p))
    reached = 0
    for block in range(DRAWS // BLOCK):
        numbers = stream(seed, step, block)
        w = numbers.standard_normal((BLOCK, len(mu))) ** 2  # a sixth of the time of chisquare(1)
        outside = numbers.chisquare(rest, size=BLOCK) if rest > 0 else np.zeros(BLOCK)
        # N is at most the sum of w and D at least what lies outside Z: most draws need no grid.
        w, outside = (values[w.sum(axis=1) >= threshold.min() * outside] for values in (w, outside))
        D = w @ (1.0 / inflated)
        N = w.sum(axis=1)[:, None] - D
        reached += int((threshold * (D + outside[:, None]) <= N).any(axis=1).sum())
    return (1 + reached) / (DRAWS + 1)


def null_eigenvalues(design: Design, term: RandomTerm) -> Array:
    """Return the eigenvalues of Z' P0 Z, shape (min(J, n - p),), P0 the projection off the columns of X.

    Z' P0 Z is the diagonal Z'Z less a product of p columns, so that nothing is as large as the data squared.
    Prior weights count: Z and X are multiplied by their roots.
    """
    z, X = term.z[:, 0], design.X
    if design.weights is not None:
        root = np.sqrt(design.weights)
        z, X = z * root, X * root[:, None]
    J = len(term.levels)
    matrix = np.diag(segment_sum(z * z, term.refs, J))
    if design.p:
        R = np.linalg.qr(X, mode="r")
        explained = solve_triangular(R, segment_sum(X * z[:, None], term.refs, J).T, trans="T")
        matrix -= explained.T @ explained
    largest = np.maximum(np.linalg.eigvalsh(matrix)[::-1], 0.0)
    return np.asarray(largest[: design.n - design.p], dtype=np.float64)
