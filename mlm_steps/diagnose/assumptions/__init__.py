"""Checks of the assumptions of every model (statistics, section 13).

A check is a module with a function from Model to Contribution. It is listed in ``CHECKS`` under the name of
its module. It returns nothing where it does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mlm_steps.diagnose.assumptions.autocorrelation import autocorrelation
from mlm_steps.diagnose.assumptions.collinearity import collinearity
from mlm_steps.diagnose.assumptions.group_variances import group_variances
from mlm_steps.diagnose.assumptions.homogeneity import homogeneity
from mlm_steps.diagnose.assumptions.level_2_predictors import level_2_predictors
from mlm_steps.diagnose.assumptions.linearity import linearity
from mlm_steps.diagnose.assumptions.outliers import outliers
from mlm_steps.diagnose.assumptions.posterior_predictive import posterior_predictive
from mlm_steps.diagnose.assumptions.random_effects_normality import random_effects_normality
from mlm_steps.diagnose.assumptions.residual_normality import residual_normality
from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.records.diagnostics import DiagnosticsRecord

__all__ = ["CHECKS", "AssumptionCheck", "check_assumptions"]


class AssumptionCheck(Protocol):
    """A check of an assumption, in a module of the same name.

    Every result has a statistic, a flag and one sentence that says what to do. The flag of a model that holds
    is other than ``ok`` in at most 5 % of data sets; ``benchmarks/false_alarms.py`` measures it.
    """

    def __call__(self, model: Model) -> Contribution:
        """Return the results of the check, and the points of its figures if the model asks for them."""
        ...


CHECKS: Mapping[str, AssumptionCheck] = {
    "posterior_predictive": posterior_predictive,
    "linearity": linearity,
    "homogeneity": homogeneity,
    "group_variances": group_variances,
    "collinearity": collinearity,
    "residual_normality": residual_normality,
    "random_effects_normality": random_effects_normality,
    "level_2_predictors": level_2_predictors,
    "autocorrelation": autocorrelation,
    "outliers": outliers,
}
"""The checks, in the order of the table."""


def check_assumptions(model: Model) -> DiagnosticsRecord:
    """Return the record of all checks of the assumptions of a fitted model."""
    found = [check(model) for check in CHECKS.values()]
    return DiagnosticsRecord(
        model=model.name,
        checks=tuple(row for each in found for row in each.checks),
        curves=tuple(curve for each in found for curve in each.curves),
    )
