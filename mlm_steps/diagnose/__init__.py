"""Checks of generalized models against their own distribution (statistics, section 22.8).

A check is a module with a function from Subject to Contribution. It is listed in ``CHECKS`` under the name of
its module.
"""

from __future__ import annotations

from mlm_steps.diagnose.base import Check, Contribution, Subject
from mlm_steps.diagnose.binned_residuals import binned_residuals
from mlm_steps.diagnose.conditional_residuals import conditional_residuals
from mlm_steps.diagnose.dispersion import dispersion
from mlm_steps.diagnose.simulated_residuals import simulated_residuals
from mlm_steps.diagnose.zeros import zeros
from mlm_steps.records.diagnostics import DiagnosticsRecord

__all__ = ["CHECKS", "Check", "Contribution", "Subject", "diagnose"]

CHECKS: dict[str, Check] = {
    "dispersion": dispersion,
    "zeros": zeros,
    "conditional_residuals": conditional_residuals,
    "simulated_residuals": simulated_residuals,
    "binned_residuals": binned_residuals,
}
"""The checks, in the order of the table."""


def diagnose(subject: Subject) -> DiagnosticsRecord:
    """Return the record of all checks of a fitted model."""
    found = [check(subject) for check in CHECKS.values()]
    return DiagnosticsRecord(
        model=subject.model,
        checks=tuple(row for each in found for row in each.checks),
        curves=tuple(curve for each in found for curve in each.curves),
    )
