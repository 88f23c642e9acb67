"""Call one of scipy's optimisers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.search.optimizers.base import Ending, Problem

__all__ = ["first_radius", "minimise_by_scipy"]

Array = NDArray[np.float64]

UNLIMITED = 10**9
"""Limit on evaluations that is given to scipy. The limit of the problem is smaller and applies."""


def minimise_by_scipy(
    problem: Problem,
    start: Array,
    method: str,
    options: Mapping[str, object],
    *,
    gradient: bool = False,
    bounded: bool = True,
) -> Ending:
    """Return how ``scipy.optimize.minimize`` ended."""
    from scipy import optimize

    minimize: Callable[..., Any] = optimize.minimize

    with warnings.catch_warnings():
        # The end of the search is assessed later; warnings of flat steps or starts on a bound are redundant.
        warnings.simplefilter("ignore")
        found = minimize(
            problem.with_gradient if gradient else problem.value,
            start,
            method=method,
            jac=True if gradient else None,
            bounds=optimize.Bounds(problem.lower, np.inf) if bounded else None,
            options=dict(options),
        )
    return Ending(np.asarray(found.x, dtype=float), bool(found.success), str(found.message))


def first_radius(start: Array) -> float:
    """Return the size of the first step of a search without derivatives."""
    return 0.2 * max(1.0, float(np.abs(start).max()))
