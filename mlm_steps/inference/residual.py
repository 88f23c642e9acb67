"""Residual degrees of freedom."""

from __future__ import annotations

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.inference.base import Context, Reference, same_for_all

__all__ = ["residual"]


def residual(fit: MixedFit, _context: Context, /) -> Reference:
    """Return tests with n − p degrees of freedom, as in ordinary regression."""
    return same_for_all("residual", fit, float(fit.design.n - fit.design.p))
