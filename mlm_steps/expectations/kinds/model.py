"""Expectations about a whole rung."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.expectations.base import Checked, Kind, Known, NameFault, absent, bounded, near, rung_of
from mlm_steps.records.checks import Finding
from mlm_steps.records.fit import FitRecord
from mlm_steps.records.spelling import split_group
from mlm_steps.records.variance import VarianceRecord
from mlm_steps.spec.expect import ExpectationSpec

__all__ = ["MODEL"]

WORDS = {
    "icc": "intraclass correlation",
    "r2_marginal": "marginal R²",
    "r2_conditional": "conditional R²",
    "sigma": "residual standard deviation",
    "aic": "AIC",
    "bic": "BIC",
    "n": "number of observations",
}
NOT_LINEAR = "a generalized model has no residual standard deviation"


def _subject(expected: ExpectationSpec) -> str:
    return f"{expected.model}, {expected.group}" if expected.group else str(expected.model)


def _faults(expected: ExpectationSpec, known: Known) -> Iterator[NameFault]:
    names, group = known.rungs.get(expected.model or ""), expected.group
    if names is not None and group is not None and _factor(group, names.groups) is None:
        what = f"rung '{expected.model}' has no grouping factor {group}"
        yield ("group",), what, near(group, names.groups, "its grouping factors are")


def _factor(group: str, known: tuple[str, ...]) -> str | None:
    """Return the grouping factor of a name; the order of its columns does not matter."""
    return next((each for each in known if {*split_group(each)} == {*split_group(group)}), None)


def _findings(expected: ExpectationSpec, checked: Checked) -> list[Finding]:
    model = expected.model or ""
    fit = rung_of(checked, model)
    if isinstance(fit, str):
        return absent(expected, f"rung {model}", fit)
    variance = next((each for each in checked.run.variance if each.model == model), None)
    of = f" of {expected.group}" if expected.group else ""
    found = []
    for key, bounds in expected.quantities.items():
        value, why = _value(key, fit, variance, expected.group)
        share = of if key == "icc" else ""
        found.append(bounded(f"{WORDS.get(key, key)}{share} in rung {model}", key, value, bounds, why))
    return found


def _value(
    key: str, fit: FitRecord, variance: VarianceRecord | None, group: str | None
) -> tuple[float | None, str]:
    """Return a number of a rung, and why there is none."""
    if key in ("icc", "r2_marginal", "r2_conditional"):
        if variance is None:
            return None, "the explained variance was not computed"
        return _icc(fit, variance, group) if key == "icc" else _measure(variance, key)
    if key == "sigma":
        return fit.reported.sigma, NOT_LINEAR
    if key == "n":
        return float(fit.n), ""
    if fit.incomparable is not None:
        return None, fit.incomparable
    return {"deviance": fit.ml.criterion, "aic": fit.aic, "bic": fit.bic}[key], ""


def _icc(fit: FitRecord, variance: VarianceRecord, group: str | None) -> tuple[float | None, str]:
    factor = None if group is None else _factor(group, tuple(term.group for term in fit.terms))
    kinds = ("adjusted",) if group is None else ("level_share", "adjusted")
    rows = [row for row in variance.icc if row.kind in kinds and row.group in (factor, None)]
    rows.sort(key=lambda row: kinds.index(row.kind))
    return (None, "not estimable") if not rows else (rows[0].value, (rows[0].code or "").replace("_", " "))


def _measure(variance: VarianceRecord, key: str) -> tuple[float | None, str]:
    row = next((each for each in variance.measures if each.measure == key), None)
    return (None, "not computed") if row is None else (row.value, (row.code or "").replace("_", " "))


MODEL = Kind(_subject, _findings, _faults)
