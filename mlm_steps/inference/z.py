"""The normal reference distribution."""

from __future__ import annotations

import numpy as np

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.inference.base import Context, Reference, same_for_all

__all__ = ["z"]


def z(fit: MixedFit, _context: Context, /) -> Reference:
    """Return tests with infinite degrees of freedom."""
    return same_for_all("z", fit, float(np.inf))
