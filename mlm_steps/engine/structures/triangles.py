"""Products of inverse triangles with blocks, for all levels of a factor together.

The error of substitution is small relative to each element. A solver for general matrices exchanges rows, and
where the rows of a triangle differ by orders of magnitude the small ones lose digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["backward", "forward"]

Array = NDArray[np.float64]


def forward(L: Array, right: Array) -> Array:
    """Return L_j⁻¹ right_j for all levels; L has shape (J, K, K), right (J, K, c)."""
    out = np.empty_like(right)
    for a in range(L.shape[1]):
        left = right[:, a].copy()
        for c in range(a):
            left -= L[:, a, c, None] * out[:, c]
        out[:, a] = left / L[:, a, a, None]
    return out


def backward(L: Array, right: Array) -> Array:
    """Return L_j⁻ᵀ right_j for all levels; L has shape (J, K, K), right (J, K, c)."""
    out = np.empty_like(right, dtype=np.float64)
    for a in reversed(range(L.shape[1])):
        left = right[:, a].copy()
        for c in range(a + 1, L.shape[1]):
            left -= L[:, c, a, None] * out[:, c]
        out[:, a] = left / L[:, a, a, None]
    return out
