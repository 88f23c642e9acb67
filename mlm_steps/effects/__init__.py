"""Contrasts, simple slopes, Johnson-Neyman regions and marginal means of one fit.

All are linear combinations of the coefficients. The combinations come from rows of the design at chosen
values (`mlm_steps.design.predictors`) and are tested by the same method as the coefficients (statistics,
sections 7 and 11).
"""

from __future__ import annotations

from mlm_steps.effects.adjustments import ADJUSTMENTS
from mlm_steps.effects.comparisons import PAIRS
from mlm_steps.effects.contrasts import contrast_test
from mlm_steps.effects.fitted import Fitted
from mlm_steps.effects.group_difference import group_difference
from mlm_steps.effects.means import factor_means
from mlm_steps.effects.response import OnResponse
from mlm_steps.effects.slopes import simple_slopes
from mlm_steps.effects.standardized import standardized

__all__ = [
    "ADJUSTMENTS",
    "PAIRS",
    "Fitted",
    "OnResponse",
    "contrast_test",
    "factor_means",
    "group_difference",
    "simple_slopes",
    "standardized",
]
