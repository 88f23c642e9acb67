"""The exact restricted likelihood ratio test of one variance (Crainiceanu & Ruppert 2004).

Without other random effects the null distribution of the statistic is known in finite samples: it depends on
the data only through the eigenvalues of Z' P0 Z. If there are other, uncorrelated random effects, they are
ignored and only the tested term's Z is used: an approximation (Greven et al. 2008; statistics, section 6).
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
"""Number of draws from the null distribution. The Monte Carlo standard error of p = 0.05 is then 0.002."""
LARGEST_FACTOR = 2000
"""Largest number of levels of the tested factor. The eigenvalues of such a matrix take 1 to 2 seconds."""
STREAM = "rlrt"
"""The name of the streams of random numbers."""
BLOCK = 500
"""Number of draws from one stream of random numbers; for the largest factor they take 8 MB."""
LOG_LAMBDA = (-10.0, 8.0)
"""Range of log(lambda times the largest eigenvalue), with lambda the variance ratio, as in R's RLRsim."""
POINTS = 199
"""Number of positive values in the grid of lambda, as in R's RLRsim."""
BEYOND = 2.0 * float(np.log(1e7 * DRAWS * (POINTS + 1)))
"""Statistic, about 61, that a draw reaches with a probability below 1e-7 for all draws together.

Under the null hypothesis the restricted likelihood ratio of each lambda has expectation 1. By Markov's
inequality it reaches exp(x / 2) with probability exp(-x / 2) at most, in each draw and for each lambda of
the grid.
"""


Array = NDArray[np.float64]


def rlrt_p(design: Design, term: RandomTerm, statistic: float, *, seed: int) -> float:
    """Return the p value (1 + #{draws >= statistic}) / (draws + 1) from draws of the null distribution.

    Parameters
    ----------
    design : Design
        Rows, weights and fixed part of the models; its random terms are not used.
    term : RandomTerm
        The tested term, which has one column.
    statistic : float
        Difference of the REML criteria, 0 or more.
    seed : int
        Seed of the run. The draws depend on it, on the design and on the term alone: the same test has the
        same p value as a comparison of two rungs and as the removal of a random effect.
    """
    if statistic <= 0.0:
        return 1.0
    if statistic >= BEYOND:
        return 1.0 / (DRAWS + 1)
    mu = null_eigenvalues(design, term)
    rest = design.n - design.p - len(mu)
    mu = mu / mu.max() if mu.max() > 0 else mu
    grid = np.concatenate([[0.0], np.exp(np.linspace(*LOG_LAMBDA, POINTS))])
    inflated = 1.0 + mu[:, None] * grid
    # (n - p) log(1 + N / D) - sum log(1 + lambda mu) >= statistic, solved for N / D
    threshold = np.expm1((statistic + np.log(inflated).sum(axis=0)) / (design.n - design.p))
    shrunken = 1.0 / inflated
    reached, w = 0, np.empty((BLOCK, len(mu)))
    for block in range(DRAWS // BLOCK):
        numbers = stream(seed, STREAM, block)
        numbers.standard_normal(out=w)
        np.square(w, out=w)  # six times faster than chisquare(1)
        outside = numbers.chisquare(rest, size=BLOCK) if rest > 0 else np.zeros(BLOCK)
        D = w @ shrunken
        N = w.sum(axis=1, keepdims=True) - D
        reached += int((threshold * (D + outside[:, None]) <= N).any(axis=1).sum())
    return (1 + reached) / (DRAWS + 1)


def null_eigenvalues(design: Design, term: RandomTerm) -> Array:
    """Return the eigenvalues of Z' P0 Z, shape (min(J, n - p),), with P0 = I - X (X'X)⁻¹ X'.

    Z' P0 Z is the diagonal Z'Z less a product with p columns, so no n by n matrix is formed. With prior
    weights Z and X are multiplied by the square roots of the weights.
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
