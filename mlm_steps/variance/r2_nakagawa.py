"""Marginal and conditional R² (statistics, section 9.3)."""

from __future__ import annotations

from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["r2_nakagawa"]

SOURCE = "Nakagawa, Johnson & Schielzeth 2017"


def r2_nakagawa(explained: Explained) -> Contribution:
    """Return the shares of the total variance: fixed part (marginal), fixed and random part (conditional)."""
    parts = variance_parts(explained.fit)
    shares = {"r2_marginal": parts.r2_marginal, "r2_conditional": parts.r2_conditional}
    return Contribution(
        measures=tuple(
            VarianceMeasure(measure=name, scope="total", value=value, method=SOURCE)
            for name, value in shares.items()
        )
    )
