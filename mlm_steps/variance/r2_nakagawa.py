"""Marginal and conditional R² (statistics, section 9.3)."""

from __future__ import annotations

import math

from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["r2_nakagawa"]

SOURCE = "Nakagawa, Johnson & Schielzeth 2017"


def r2_nakagawa(explained: Explained) -> Contribution:
    """Return the shares of the total variance: fixed part (marginal), fixed and random part (conditional).

    The total of a generalized model is that of the linear predictor, with the variance of the distribution
    on the link scale (statistics, section 22.6).
    """
    parts = explained.parts
    shares = {"r2_marginal": parts.r2_marginal, "r2_conditional": parts.r2_conditional}
    return Contribution(measures=tuple(_measure(name, value) for name, value in shares.items()))


def _measure(name: str, value: float) -> VarianceMeasure:
    """Return a share; there is none if a coefficient, and so the variance of the fixed part, is infinite."""
    if math.isfinite(value):
        return VarianceMeasure(measure=name, scope="total", value=value, method=SOURCE)
    return VarianceMeasure(measure=name, scope="total", value=None, method=SOURCE, code="separation")
