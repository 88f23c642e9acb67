"""The words of checks: what each looks at, and labels in their sentences."""

from __future__ import annotations

from mlm_steps.report.inputs import ReportInput

__all__ = ["CHECK_NAMES", "name_label"]

CHECK_NAMES = {
    "posterior_predictive": "predictive checks",
    "linearity": "linearity",
    "homogeneity": "homogeneity over fitted values",
    "group_variances": "homogeneity between groups",
    "collinearity": "collinearity",
    "residual_normality": "normality of residuals",
    "random_effects_normality": "normality of random effects",
    "level_2_predictors": "random effects against predictors of groups",
    "autocorrelation": "autocorrelation",
    "outliers": "outliers",
}
"""What each check looks at, within a sentence."""


def name_label(given: ReportInput, name: str, model: str) -> str:
    """Return the label of a column, a coefficient or a product of them."""
    return " × ".join(given.run.effect_label(part, model) for part in name.split(":"))
