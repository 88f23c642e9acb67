"""scipy's optimisers through one call."""

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
"""For the budgets of scipy: the problem's own decides."""


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
        # What scipy warns of (a flat step, a start on a bound) shows in how the search ends.
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
