"""Replace levels with equal designs by fewer levels: a rotation among them changes no sum of squares.

In balanced data all levels have the same R_j. In a model with random intercepts all levels of the same size
have the same R_j. The criterion needs only sums of products over such levels. A number of levels equal to the
rank of these sums can give the same sums.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Levels", "fewer_levels"]

Array = NDArray[np.float64]

DIGITS = 12
"""Number of digits, relative to the largest element, to which two R_j are compared."""


class Levels(NamedTuple):
    """Levels with their blocks; the last axis of y indexes the replicates.

    Attributes
    ----------
    R, X, y : ndarray, shapes (J, K, K), (J, K, p) and (J, K, B)
    multiplicity : ndarray, shape (J,)
        Weight of each level in log|L|²: the number of levels of the data that it represents.
    """

    R: Array
    X: Array
    y: Array
    multiplicity: Array


def fewer_levels(R: Array, X: Array, y: Array) -> Levels:
    """Return the fewest levels with the same criterion at every theta, for every replicate."""
    J, K, p = X.shape
    enough = K * p + K
    if enough >= J:
        return Levels(R, X, y, np.ones(J))
    rounded = np.round(R.reshape(J, -1) / (np.abs(R).max() or 1.0), DIGITS) + 0.0
    _, kinds = np.unique(rounded, axis=0, return_inverse=True)
    sizes = np.bincount(kinds.ravel())
    if sizes.max() <= enough:
        return Levels(R, X, y, np.ones(J))
    few = np.flatnonzero((sizes <= enough)[kinds.ravel()])
    parts = [Levels(R[few], X[few], y[few], np.ones(few.size))]
    for kind in np.flatnonzero(sizes > enough):
        alike = np.flatnonzero(kinds.ravel() == kind)
        parts.append(_rotated(R[alike[0]], X[alike], y[alike]))
    return Levels(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _rotated(R: Array, X: Array, y: Array) -> Levels:
    """Return the levels with one common R_j, rotated so that X is zero in all but the first K p of them."""
    J, K, p = X.shape
    B = y.shape[2]
    Q, upper = np.linalg.qr(X.reshape(J, K * p))
    rows = y.reshape(J, K * B)
    top = Q.T @ rows
    rest = (rows - Q @ top).reshape(J, K, B)
    left = np.asarray(np.linalg.qr(rest.transpose(2, 0, 1), mode="r")).transpose(1, 2, 0)
    fixed = np.concatenate([upper.reshape(upper.shape[0], K, p), np.zeros((K, K, p))])
    outcome = np.concatenate([top.reshape(upper.shape[0], K, B), left])
    count = np.zeros(fixed.shape[0])
    count[0] = J
    return Levels(np.broadcast_to(R, (count.size, K, K)), fixed, outcome, count)
