"""Linear mixed models: arrays in, the optimum out."""

from mlm_steps.engine.conditional import conditional_variances
from mlm_steps.engine.estimates import Estimates
from mlm_steps.engine.fit import evaluate_at, fit_lmm
from mlm_steps.engine.values import Control, ConvergenceReport, LmmFit, Method

__all__ = [
    "Control",
    "ConvergenceReport",
    "Estimates",
    "LmmFit",
    "Method",
    "conditional_variances",
    "evaluate_at",
    "fit_lmm",
]
