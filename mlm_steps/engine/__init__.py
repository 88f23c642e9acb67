"""Linear mixed models: arrays in, the optimum out."""

from mlm_steps.engine.fit.estimates import Estimates
from mlm_steps.engine.fit.lmm import evaluate_at, fit_lmm
from mlm_steps.engine.posterior.conditional import conditional_variances
from mlm_steps.engine.result.lmm_fit import Control, ConvergenceReport, LmmFit, Method
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit

__all__ = [
    "Control",
    "ConvergenceReport",
    "Estimates",
    "LmmFit",
    "Method",
    "MixedFit",
    "conditional_variances",
    "evaluate_at",
    "fit_lmm",
    "linear_fit",
]
