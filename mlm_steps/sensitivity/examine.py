"""Fit the variants of a model and compare their coefficients with those of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from mlm_steps.design.coefficient_words import by_identity, named_columns
from mlm_steps.engine import MixedFit
from mlm_steps.errors import MlmError
from mlm_steps.inference import Reference, reference, test_rows
from mlm_steps.records.sensitivity import (
    Quantity,
    SensitivityRecord,
    Variation,
    VariationEnding,
    VariedCoefficient,
)
from mlm_steps.remedies.changes import renamed_column
from mlm_steps.sensitivity import VARIANTS
from mlm_steps.sensitivity.base import Baseline, Inapplicable, Variant
from mlm_steps.sensitivity.key import key_columns

__all__ = ["conclusion_changes", "examine"]

Numbers = tuple[float, float, float, float, float, float]
"""Estimate, standard error, degrees of freedom, p value, and the limits of the interval."""
NOTHING: Numbers = (math.nan, math.nan, math.nan, math.nan, math.nan, math.nan)
NO_COEFFICIENT = "the rung has no coefficient besides the intercept"
NO_VARIANT = "no variant of this kind differs from the rung"


def examine(baseline: Baseline, kind: str, named: Sequence[str] = ()) -> SensitivityRecord:
    """Return the coefficients of a model under the variants of one kind.

    Parameters
    ----------
    baseline : Baseline
    kind : str
        A key of ``VARIANTS``.
    named : sequence of str
        Columns whose coefficients are followed in any case, as ``key_columns`` says.
    """
    key, selected = key_columns(baseline.fit.design, named)
    against = reference(baseline.fit, baseline.df_method, baseline.context)
    own = _own(baseline, key, against)
    found = [_variation(baseline, each, own) for each in VARIANTS[kind](baseline)] if key else []
    note = None if found else NO_VARIANT if key else NO_COEFFICIENT
    return SensitivityRecord(
        model=baseline.name,
        kind=kind,
        confidence=baseline.confidence,
        selected=selected,
        own=tuple(own.values()),
        variations=tuple(found),
        note=note,
    )


def conclusion_changes(
    own: tuple[float | None, float | None], other: tuple[float | None, float | None], alpha: float
) -> bool | None:
    """Return whether an estimate and its p value lead to another conclusion than those of the model.

    The conclusion changes if one of the two is significant and the other is not, or if both are and have
    different signs. Two estimates that do not differ from 0 lead to the same conclusion whatever their signs.
    None if one of them has no p value.

    Examples
    --------
    >>> [conclusion_changes((1.2, 0.01), other, 0.05) for other in ((1.1, 0.06), (-1.2, 0.01), (0.9, 0.02))]
    [True, True, False]
    >>> conclusion_changes((0.1, 0.8), (-0.1, 0.9), 0.05)
    False
    """
    (b, p), (b_there, p_there) = own, other
    if b is None or p is None or b_there is None or p_there is None:
        return None
    if (p < alpha) != (p_there < alpha):
        return True
    return p < alpha and (b > 0) != (b_there > 0)


def _own(baseline: Baseline, key: Sequence[str], against: Reference) -> dict[str, VariedCoefficient]:
    """Return the coefficients of the model itself, by their identity."""
    design = baseline.fit.design
    tests = _tests(baseline.fit, against, baseline.confidence)
    named = by_identity(named_columns(design))
    return {
        identity: _coefficient(each.term, each.column, each.column, tests, against.method, False)
        for identity, each in named.items()
        if each.column in key
    }


def _tests(fit: MixedFit, against: Reference, confidence: float) -> dict[str, Numbers]:
    """Return estimate, SE, df, p and limits of each coefficient, by column."""
    found = test_rows(against, np.eye(fit.design.p), confidence)
    arrays = (found.estimate, found.se, found.df, found.p, found.ci_low, found.ci_high)
    return dict(zip(fit.design.columns, zip(*(each.tolist() for each in arrays), strict=True), strict=True))


def _variation(
    baseline: Baseline, variant: Variant | Inapplicable, own: Mapping[str, VariedCoefficient]
) -> Variation:
    """Return the record of a variant; one that cannot be fitted says why."""
    if isinstance(variant, Inapplicable):
        return _without(baseline, variant, "", variant.ending, (variant.reason,), own)
    formula = variant.formula or baseline.formula.text
    try:
        fit, told = _fit(variant)
    except MlmError as error:
        reasons = tuple(fault.what for fault in error.faults)
        return _without(baseline, variant, formula, "not_estimable", reasons, own)
    report = fit.convergence
    told += () if report is None else report.reasons
    if _failed(fit):
        return _without(baseline, variant, formula, "failed", told, own, fitted=True)
    method = variant.df_method or baseline.df_method
    against = reference(fit, method, baseline.context)
    noticed = tuple(notice.text.removesuffix(".") for notice in against.notices)
    if variant.df_method and against.method != method:
        return _without(baseline, variant, formula, "not_applicable", noticed, own)
    return Variation(
        name=variant.name,
        **asdict(variant.change),
        formula=formula,
        ending="singular" if fit.singular else "converged",
        reasons=(*told, *noticed),
        n=fit.design.n,
        excluded=variant.excluded,
        fitted=variant.fitted,
        coefficients=tuple(_compared(baseline, variant, fit, against, own)),
    )


def _fit(variant: Variant) -> tuple[MixedFit, tuple[str, ...]]:
    """Return the fit of a variant, and what is said of it if it was found in another way."""
    again = variant.otherwise
    try:
        fit = variant.fit()
    except MlmError:
        if again is None:
            raise
        return again(), (variant.otherwise_note,)
    if again is None or not _failed(fit):
        return fit, ()
    return again(), (variant.otherwise_note,)


def _failed(fit: MixedFit) -> bool:
    return fit.convergence is not None and fit.convergence.status == "failed"


def _without(
    baseline: Baseline,
    variant: Variant | Inapplicable,
    formula: str,
    ending: VariationEnding,
    reasons: tuple[str, ...],
    own: Mapping[str, VariedCoefficient],
    *,
    fitted: bool = False,
) -> Variation:
    """Return the record of a variant without numbers."""
    code = "not_converged" if ending == "failed" else ending
    empty = [
        _coefficient(each.term, each.column, None, {}, baseline.df_method, None, code=code)
        for each in own.values()
    ]
    excluded = variant.excluded if isinstance(variant, Variant) else ()
    return Variation(
        name=variant.name,
        **asdict(variant.change),
        formula=formula,
        ending=ending,
        reasons=reasons,
        excluded=excluded,
        fitted=fitted,
        coefficients=tuple(empty),
    )


def _compared(
    baseline: Baseline,
    variant: Variant,
    fit: MixedFit,
    against: Reference,
    own: Mapping[str, VariedCoefficient],
) -> list[VariedCoefficient]:
    """Return the coefficients of a fitted variant beside those of the model."""
    tests = _tests(fit, against, baseline.confidence)
    there = by_identity(named_columns(fit.design))
    here = by_identity(renamed_column(each, variant.renamed) for each in named_columns(baseline.fit.design))
    columns = {each.column: there[identity].column for identity, each in here.items() if identity in there}
    found = []
    for each in own.values():
        column = columns.get(each.column)
        column = column if column in tests else None
        estimate, _, _, p, _, _ = NOTHING if column is None else tests[column]
        pair = (_known(estimate), _known(p))
        changed = conclusion_changes((each.estimate, each.p), pair, baseline.alpha)
        quantity = variant.quantities.get(each.column, "same")
        found.append(
            _coefficient(each.term, each.column, column, tests, against.method, changed, quantity=quantity)
        )
    return found


def _coefficient(
    term: str,
    column: str,
    column_there: str | None,
    tests: Mapping[str, Numbers],
    method: str,
    changed: bool | None,
    *,
    quantity: Quantity = "same",
    code: str | None = None,
) -> VariedCoefficient:
    estimate, se, df, p, low, high = NOTHING if column_there is None else tests[column_there]
    if column_there is None:
        code = code or "not_in_model"
    elif not math.isfinite(se):
        code = "not_estimable" if math.isfinite(estimate) else "separation"
    return VariedCoefficient(
        term=term,
        column=column,
        column_there=column_there,
        quantity=quantity,
        estimate=None if math.isnan(estimate) else estimate,
        se=_known(se),
        df=_known(df),
        df_method=method,
        p=_known(p),
        ci_low=_known(low),
        ci_high=_known(high),
        changed=changed,
        code=code,
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
