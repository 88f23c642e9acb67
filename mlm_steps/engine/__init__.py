"""Linear mixed models: arrays in, the optimum out."""

from mlm_steps.engine.fit.estimates import Estimates
from mlm_steps.engine.fit.lmm import evaluate_at, fit_lmm
from mlm_steps.engine.posterior.conditional import conditional_variances
from mlm_steps.engine.result.lmm_fit import Control, ConvergenceReport, LmmFit, Method

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
