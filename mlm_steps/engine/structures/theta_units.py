"""Change theta between the units of the design and those of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.criterion.lambda_ import lower_factor, pack, unpack

__all__ = ["from_internal", "to_internal"]

Array = NDArray[np.float64]


def to_internal(bases: Sequence[Array], theta: Array) -> Array:
    """Return theta in the engine's units from theta in the design's, both of shape (m,).

    ``bases`` holds per term the change from its columns in the engine's units to the design's, shape (k, k).
    """
    return _mapped(bases, theta, lambda basis, factor: basis @ factor)


def from_internal(bases: Sequence[Array], theta_internal: Array) -> Array:
    """Return theta in the design's units from theta in the engine's, both of shape (m,)."""
    return _mapped(bases, theta_internal, lambda basis, factor: lapack.dtrtrs(basis, factor)[0])


def _mapped(bases: Sequence[Array], theta: Array, change: Callable[[Array, Array], Array]) -> Array:
    """Return theta with each term's factor changed and made lower triangular again."""
    parts, start = [], 0
    for basis in bases:
        k = basis.shape[0]
        stop = start + k * (k + 1) // 2
        parts.append(pack(lower_factor(change(basis, unpack(theta[start:stop], k)))))
        start = stop
    return np.concatenate(parts)
