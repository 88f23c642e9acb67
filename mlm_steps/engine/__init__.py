"""Linear mixed models: arrays in, the optimum out."""

from typing import TYPE_CHECKING

from mlm_steps.deferred import deferred_names

if TYPE_CHECKING:
    from mlm_steps.engine.fit.estimates import Estimates
    from mlm_steps.engine.fit.lmm import evaluate_at, fit_lmm
    from mlm_steps.engine.posterior.conditional import conditional_variances
    from mlm_steps.engine.result.lmm_fit import Control, ConvergenceReport, LmmFit, Method
    from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
else:
    __getattr__ = deferred_names(
        __name__,
        {
            "fit.estimates": ("Estimates",),
            "fit.lmm": ("evaluate_at", "fit_lmm"),
            "posterior.conditional": ("conditional_variances",),
            "result.lmm_fit": ("Control", "ConvergenceReport", "LmmFit", "Method"),
            "result.mixed_fit": ("MixedFit", "linear_fit"),
        },
    )

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
