"""An estimate and its test."""

from __future__ import annotations

from mlm_steps.records.base import Part

__all__ = ["Tested"]


class Tested(Part):
    """An estimate and its test; the numbers are missing if there is a code."""

    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    """None also if the reference distribution is normal."""
    statistic: float | None = None
    p: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    code: str | None = None
    """Why there are no numbers: ``not_estimable``, ``too_large``, ``outside_domain``."""
