"""Items of the reporting standard as they read for a run whose models all have a family."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.records.diagnostics import DiagnosticsRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.standard import answers
from mlm_steps.report.standard.answers import Item, fitted

__all__ = ["GENERALIZED"]


def _explained(given: ReportInput) -> bool:
    """Return whether every rung with a finite estimate has R² (statistics, section 22.6)."""
    found = [m for record in given.run.variance for m in record.measures if m.measure == "r2_marginal"]
    return bool(found) and all(m.value is not None for m in found)


def _spreads(given: ReportInput) -> bool:
    """Return whether each random slope of the final rung has a standard deviation."""
    final = given.headline
    return final is not None and all(
        parameter.estimate is not None for parameter in final.random if parameter.kind == "sd"
    )


def _checked(given: ReportInput) -> bool:
    """Return whether every fitted rung has checks of its distribution."""
    checked = {record.model for record in given.run.results_of(DiagnosticsRecord, "diagnostics")}
    return fitted(given) and all(fit.model in checked for fit in given.run.fits)


_ITEMS = (
    Item("C5", "Distribution and link, weights, offset", "headline", "Part of the equations.", fitted),
    Item(
        "D2",
        "ML and the approximation of the likelihood, optimiser, tolerances",
        "headline",
        "Given for each rung; the tolerances, which are those of all rungs, stand with the other rungs.",
        answers.has_tolerances,
    ),
    Item(
        "E1",
        "Fixed effects: estimate, SE, CI, statistic, exact p, and ratios such as odds ratios",
        "headline",
        "Given for the headline rung, and for all rungs in the ladder and the CSV tables.",
        fitted,
    ),
    Item(
        "E3",
        "ICC of the null model, conditional ICC",
        "variance",
        "Given, with the variance of the distribution on the link scale that they use.",
        answers.has_null_icc,
        missing="No rung without predictors has an ICC.",
    ),
    Item("E4", "Deviance, parameters, AIC, BIC, n, J", "ladder", "Given for each rung.", fitted),
    Item(
        "E6",
        "Effect sizes: reductions of variance, R², ratios",
        "variance",
        "Scale-corrected reductions of the variances between groups, and Nakagawa’s R²; ratios are in the "
        "ladder.",
        _explained,
        missing="Ratios are given; R² is not.",
    ),
    Item(
        "E7",
        "Interpretation of the random slopes",
        "groups",
        "For the headline rung: standard deviation and, if slopes clearly vary, their plausible range and "
        "the share with the opposite sign.",
        _spreads,
        applies=answers.has_final_slopes,
        missing="Standard deviations are not given.",
    ),
    Item(
        "F1",
        "Assumptions: distribution of the outcome, random effects",
        "diagnostics",
        "Dispersion, zeros and residuals of each rung are checked against the model; the random effects are "
        "drawn with the differences between groups.",
        _checked,
        "Report checks of the distribution of the outcome and of the random effects.",
        missing="Not checked in this run.",
    ),
    Item(
        "F5",
        "Predictive check",
        "diagnostics",
        "The data are compared with data sets that are simulated from each rung.",
        _checked,
        "Report how well the model reproduces the data or predicts new ones.",
        missing="None in this run.",
    ),
)
GENERALIZED: Mapping[str, Item] = {item.id: item for item in _ITEMS}
"""The items that read otherwise if no model is linear, by identifier."""
