"""Residual degrees of freedom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.values import LmmFit

__all__ = ["residual"]


def residual(fit: LmmFit, contrasts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return n − p for each row of ``contrasts``, as in ordinary regression."""
    return np.full(contrasts.shape[0], float(fit.design.n - fit.design.p))
