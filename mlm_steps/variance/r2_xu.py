"""Xu's share of the outcome's variance that the fitted values explain (statistics, section 9.5)."""

from __future__ import annotations

import numpy as np

from mlm_steps.engine.result.mixed_fit import response_residuals
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["r2_xu"]

SOURCE = "Xu 2003"


def r2_xu(explained: Explained) -> Contribution:
    """Return 1 - var(residuals) / var(y), with the conditional residuals, if the measure is asked for.

    Generalized models have none (``not_applicable``).
    """
    if "r2_xu" not in explained.wanted:
        return Contribution()
    value = None
    if explained.linear:
        spread = float(np.var(explained.fit.design.y, ddof=1))
        value = 1.0 - float(np.var(response_residuals(explained.fit), ddof=1)) / spread
    code = None if explained.linear else "not_applicable"
    row = VarianceMeasure(measure="r2_xu", scope="total", value=value, method=SOURCE, code=code)
    return Contribution(measures=(row,))
