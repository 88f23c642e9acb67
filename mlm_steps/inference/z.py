"""The normal reference distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.values import LmmFit

__all__ = ["z"]


def z(fit: LmmFit, contrasts: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG001 (the registry's signature)
    """Return infinite degrees of freedom for each row of ``contrasts``."""
    return np.full(contrasts.shape[0], np.inf)
