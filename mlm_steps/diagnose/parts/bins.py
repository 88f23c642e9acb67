"""Means of residuals in groups of rows with similar values: the smooth line of a residual plot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["binned_means", "some_rows"]

Array = NDArray[np.float64]

BINS = 20
"""Largest number of groups of rows; each point of the line then has about 5 % of them."""
FEWEST = 8
"""Smallest number of rows in a group: its mean and standard error would otherwise be noise."""
MOST_POINTS = 600
"""Rows that are drawn as points; with more rows a seeded sample of them."""


def binned_means(x: Array, y: Array) -> tuple[tuple[float, ...], ...]:
    """Return per group of rows with similar x: mean x, mean y and the standard error of the latter."""
    if np.unique(x[: 10 * BINS]).size <= BINS and np.unique(x).size <= BINS:
        groups = [np.flatnonzero(x == value) for value in np.unique(x)]
    else:
        count = int(np.clip(x.size // FEWEST, 1, BINS))
        groups = np.array_split(np.argsort(x, kind="stable"), count)
    found = []
    for rows in groups:
        own = y[rows]
        spread = float((own if own.size > 1 else y).std(ddof=1))  # one row has no spread of its own
        found.append((float(x[rows].mean()), float(own.mean()), spread / float(np.sqrt(own.size))))
    return tuple(found)


def some_rows(n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the rows that are drawn, in order."""
    if n <= MOST_POINTS:
        return np.arange(n)
    return np.sort(rng.choice(n, size=MOST_POINTS, replace=False))
