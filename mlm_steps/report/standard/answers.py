"""The items of the reporting standard, and the conditions under which a run answers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlm_steps.records import FitRecord, RandomParameter
from mlm_steps.records.diagnostics import AssumptionsRecord
from mlm_steps.records.influence import InfluenceRecord
from mlm_steps.records.intervals import R2
from mlm_steps.records.power import PowerRecord
from mlm_steps.records.sensitivity import SensitivityRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import effects_of
from mlm_steps.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Item",
    "always",
    "checks_assumptions",
    "checks_collinearity",
    "compared_each",
    "describes_software",
    "explained",
    "fitted",
    "has_covariances",
    "has_descriptives",
    "has_final_slopes",
    "has_groups",
    "has_hypotheses",
    "has_intervals",
    "has_levels",
    "has_null_icc",
    "has_power",
    "has_several_terms",
    "has_slopes_read",
    "has_tolerances",
    "has_variants",
    "never",
    "predicts",
    "reads_final_slopes",
]


SINGLE_TERM = 2
"""Number of terms of a model with one term besides the intercept."""


def checks_assumptions(given: ReportInput) -> bool:
    """Return whether the assumptions of every fitted rung were checked."""
    found = given.run.result(AssumptionsRecord, "assumptions")
    if not isinstance(found, AssumptionsRecord) or not given.run.fits:
        return False
    return all(found.of(fit.model) is not None for fit in given.run.fits) and _has_check(
        given, "residual_normality", "random_effects_normality"
    )


def checks_collinearity(given: ReportInput) -> bool:
    """Return whether the headline rung has the variance inflation of its terms; one term has none."""
    found = given.run.result(AssumptionsRecord, "assumptions")
    return isinstance(found, AssumptionsRecord) and (
        not has_several_terms(given) or _has_check(given, "collinearity")
    )


def has_several_terms(given: ReportInput) -> bool:
    """Return whether the headline rung has more than one term besides the intercept."""
    return given.headline is not None and len({c.term for c in given.headline.coefficients}) > SINGLE_TERM


def has_hypotheses(given: ReportInput) -> bool:
    """Return whether the spec declares hypotheses."""
    return bool(given.run.hypotheses)


def predicts(given: ReportInput) -> bool:
    """Return whether the headline rung is compared with data sets that are simulated from it."""
    return _has_check(given, "posterior_predictive")


def _has_check(given: ReportInput, *checks: str) -> bool:
    """Return whether the headline rung has a result of any of these checks."""
    found, final = given.run.result(AssumptionsRecord, "assumptions"), given.headline
    own = found.of(final.model) if isinstance(found, AssumptionsRecord) and final is not None else None
    return own is not None and any(each.check in checks and each.flag is not None for each in own.checks)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the reporting standard.

    Attributes
    ----------
    id, text : str
        The identifier and text in the standard.
    section : str
        The section that answers the item.
    note : str
        How the item is answered, or what is missing.
    missing : str or None
        The text for a gap if it differs from ``note``.
    filled : callable
        Whether a run answers the item.
    prompt : str or None
        The instruction to the author for a gap, in the section ``checklist``; None if the author cannot fill
        it with words.
    applies : callable
        Whether the item applies to the run.
    """

    id: str
    text: str
    section: str
    note: str
    filled: Callable[[ReportInput], bool]
    prompt: str | None = None
    applies: Callable[[ReportInput], bool] = lambda _: True
    missing: str | None = None


def always(_: ReportInput) -> bool:
    """Return True: every report answers the item."""
    return True


def has_power(given: ReportInput) -> bool:
    """Return whether the power of planned studies was computed."""
    return isinstance(given.run.result(PowerRecord, "power_result"), PowerRecord)


def never(_: ReportInput) -> bool:
    """Return False: no report answers the item."""
    return False


def fitted(given: ReportInput) -> bool:
    """Return whether any rung was fitted."""
    return bool(given.run.fits)


def explained(given: ReportInput) -> bool:
    """Return whether reductions, R² with intervals, and the sources of R² are given for every rung."""
    measures = [m for record in given.run.variance for m in record.measures if m.measure.startswith(R2)]
    names = {m.measure for m in measures}
    return (
        {"r2_marginal", "rs_f1"} <= names
        and all(m.value is None or m.ci_low is not None for m in measures)
        and all(m.value is not None for m in measures if m.measure == "rs_f1")
    )


def has_levels(given: ReportInput) -> bool:
    """Return whether the levels of the variables are known, which requires groups."""
    return bool(given.run.data_profile.variable_levels)


def has_descriptives(given: ReportInput) -> bool:
    """Return whether variables are described per level; one variable alone has no correlations."""
    found = given.run.data_profile.descriptives
    described = len(found.variables) + len({each.variable for each in found.categories})
    return bool(found.variables) and (bool(found.correlations) or described < 2)


def has_groups(given: ReportInput) -> bool:
    """Return whether there are grouping factors."""
    return bool(given.run.data_profile.factors)


def compared_each(given: ReportInput) -> bool:
    """Return whether every rung after the first is compared with an earlier rung."""
    larger = {record.larger for record in given.run.comparisons if record.delta_aic is not None}
    return bool(larger) and all(fit.model in larger for fit in given.run.fits[1:])


def has_null_icc(given: ReportInput) -> bool:
    """Return whether the ICC of the null model is given, and the share along each random slope."""
    record = None if given.null is None else given.variance(given.null.model)
    return record is not None and any(icc.kind == "adjusted" and icc.value is not None for icc in record.icc)


def describes_software(given: ReportInput) -> bool:
    """Return whether versions, hashes and platform are known."""
    return {"versions", "platform"} <= set(given.provenance)


def has_tolerances(given: ReportInput) -> bool:
    """Return whether the convergence criteria of the searches are known."""
    return fitted(given) and "estimation" in given.provenance


def has_covariances(given: ReportInput) -> bool:
    """Return whether the covariance matrices of the fixed effects are written to a table."""
    return fitted(given) and "vcov" in TABLES


def has_final_slopes(given: ReportInput) -> bool:
    """Return whether the headline rung has a random slope."""
    return given.headline is not None and any(
        name != "(Intercept)" for term in given.headline.terms for name in term.names
    )


def reads_final_slopes(given: ReportInput) -> bool:
    """Return whether the spread and reliability of each random slope of the headline rung are given."""
    final = given.headline
    if final is None:
        return False
    modes = given.run.modes[final.model]
    return "reliability" in modes and all(
        parameter.at_boundary or _is_reliable(modes, parameter)
        for parameter in final.random
        if parameter.kind == "sd" and parameter.effect_1 not in (None, "(Intercept)")
    )


def _is_reliable(modes: pd.DataFrame, parameter: RandomParameter) -> bool:
    rows = (modes["term_index"] == parameter.term_index) & (modes["effect"] == parameter.effect_1)
    return bool(modes.loc[rows, "reliability"].notna().any())


def has_slopes_read(given: ReportInput) -> bool:
    """Return whether simple slopes were computed."""
    return bool(effects_of(given).slopes)


def has_variants(given: ReportInput) -> bool:
    """Return whether the headline rung has variants with numbers."""
    records = given.run.results_of(SensitivityRecord, "sensitivity")
    return given.headline is not None and any(
        record.model == given.headline.model and coefficient.changed is not None
        for record in records
        for variation in record.variations
        for coefficient in variation.coefficients
    )


def has_influence(given: ReportInput) -> bool:
    """Return whether groups of every factor of the headline rung were left out one by one."""
    record = given.run.result(InfluenceRecord, "influence")
    return given.headline is not None and any(
        model.model == given.headline.model and all(factor.code is None for factor in model.factors)
        for model in (record.models if isinstance(record, InfluenceRecord) else ())
    )


def has_intervals(fit: FitRecord) -> bool:
    """Return whether all variances, standard deviations and correlations of a fit have intervals."""
    return all(row.ci_low is not None for row in fit.random if row.kind != "covariance")
