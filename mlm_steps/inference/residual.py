"""Residual degrees of freedom."""

from __future__ import annotations

from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.inference.base import Context, Reference, same_for_all

__all__ = ["residual"]


def residual(fit: LmmFit, _context: Context, /) -> Reference:
    """Return tests with n − p degrees of freedom, as in ordinary regression."""
    return same_for_all("residual", fit, float(fit.design.n - fit.design.p))
