"""The words of checks: what each looks at, and labels in their sentences."""

from __future__ import annotations

from mlm_steps.records.diagnostics import AssumptionsRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.text import Phrase, join, say
from mlm_steps.report.titles import section_link

__all__ = ["CHECK_NAMES", "concern_sentence", "name_label"]

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


def concern_sentence(given: ReportInput) -> Phrase | None:
    """Return which checks of the final rung show a large departure; None if none does."""
    found = given.run.result(AssumptionsRecord, "assumptions")
    if given.headline is None or not isinstance(found, AssumptionsRecord):
        return None
    own = [record for record in found.models if record.model == given.headline.model]
    flagged = {check.check for record in own for check in record.checks if check.flag == "concern"}
    names: list[Phrase] = [(text,) for name, text in CHECK_NAMES.items() if name in flagged]
    if not names:
        return None
    return say(
        "The checks of {model} show a large departure in {names}; see {link}.",
        model=given.names.model(given.headline.model),
        names=join(names, last=" and "),
        link=section_link("diagnostics"),
    )
