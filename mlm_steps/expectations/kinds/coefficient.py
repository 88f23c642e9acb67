"""Expectations about a coefficient, or about the joint test of a term of several coefficients."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.expectations.base import Checked, Kind, Known, NameFault, absent, bounded, near, rung_of
from mlm_steps.records.checks import Finding
from mlm_steps.records.fit import Coefficient, FitRecord, TermTest
from mlm_steps.records.hypotheses import DeclaredHypothesis
from mlm_steps.spec.expect import ExpectationSpec

__all__ = ["COEFFICIENT"]

JOINT = ("p", "statistic", "df")
"""The quantities of a joint test; its degrees of freedom are those of the numerator."""
WORDS = {
    "se": "standard error",
    "df": "degrees of freedom",
    "statistic": "test statistic",
    "p": "p value",
    "ci_low": "lower confidence limit",
    "ci_high": "upper confidence limit",
    "exp_estimate": "exponential of the estimate",
}


def _subject(expected: ExpectationSpec) -> str:
    return f"{expected.model}, {expected.term}"


def _faults(expected: ExpectationSpec, known: Known) -> Iterator[NameFault]:
    names, term = known.rungs.get(expected.model or ""), expected.term or ""
    if names is None:
        return  # the misspelt rung is a fault already
    found = names.named(term)
    if not found:
        what = f"rung '{expected.model}' has no term or coefficient {term}"
        yield ("term",), what, near(term, [*names.terms, *names.columns], "known are")
    elif len(found) > 1:
        for key in expected.quantities:
            if key not in JOINT:
                what = f"{term} has {len(found)} coefficients, and {key} is that of one"
                yield (key,), what, f"name one of {', '.join(found)}; a term has {', '.join(JOINT)}"


def _findings(expected: ExpectationSpec, checked: Checked) -> list[Finding]:
    term, model = expected.term or "", expected.model or ""
    what = f"{term} in rung {model}"
    fit = rung_of(checked, model)
    if isinstance(fit, str):
        return absent(expected, what, fit)
    found = DeclaredHypothesis(name="", text="", term=term).coefficients(fit)
    if not found:
        return absent(expected, what, f"rung {model}, fitted as {fit.formula}, has no estimate of {term}")
    if len(found) > 1:
        return _joint(expected, fit, found[0].term, what)
    return [
        bounded(f"{WORDS.get(key, key)} of {what}", key, getattr(found[0], key), bounds, _why(found[0]))
        for key, bounds in expected.quantities.items()
    ]


def _why(coefficient: Coefficient) -> str:
    return (coefficient.code or coefficient.ci_low_code or "").replace("_", " ")


def _joint(expected: ExpectationSpec, fit: FitRecord, term: str, what: str) -> list[Finding]:
    test = next((each for each in fit.anova if each.term == term), None)
    if test is None:
        return absent(expected, what, f"there is no joint test of {term}")
    return [
        bounded(f"{WORDS.get(key, key)} of the joint test of {what}", key, _of_test(test, key), bounds)
        for key, bounds in expected.quantities.items()
    ]


def _of_test(test: TermTest, key: str) -> float | None:
    if key == "p":
        return test.p
    if key == "df":
        return float(test.num_df)
    return test.statistic if test.chisq is None else test.chisq


COEFFICIENT = Kind(_subject, _findings, _faults)
