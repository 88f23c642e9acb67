"""Expectations about the comparison of two models."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.expectations.base import Checked, Kind, Known, NameFault, absent, bounded, near, rung_of
from mlm_steps.records.checks import Finding
from mlm_steps.records.comparison import ComparisonRecord
from mlm_steps.spec.expect import ExpectationSpec

__all__ = ["COMPARISON"]

WORDS = {
    "p": "reported p value",
    "p_naive": "naive p value",
    "p_boundary": "boundary-corrected p value",
    "p_rlrt": "exact p value",
    "p_boot": "bootstrap p value",
    "statistic": "test statistic",
    "df": "degrees of freedom",
    "delta_aic": "difference in AIC",
    "delta_bic": "difference in BIC",
}
HINTS = {
    "p_boot": "tests: {bootstrap: always} computes it",
    "p_rlrt": "tests: {rlrt: true} asks for it, and it exists for one variance of a REML fit",
}


def _models(expected: ExpectationSpec) -> tuple[str, str]:
    smaller, larger = expected.comparison or ("", "")
    return smaller, larger


def _subject(expected: ExpectationSpec) -> str:
    return " against ".join(reversed(_models(expected)))


def _faults(expected: ExpectationSpec, known: Known) -> Iterator[NameFault]:
    names = dict.fromkeys(name for pair in known.pairs for name in pair)
    wrong = [(i, name) for i, name in enumerate(_models(expected)) if name not in names]
    for i, name in wrong:
        hint = near(name, list(names), "compared are") if names else "the key compare asks for comparisons"
        yield ("comparison", i), f"no comparison has a model '{name}'", hint
    pairs = {frozenset(pair) for pair in known.pairs}
    if not wrong and frozenset(_models(expected)) not in pairs:
        listed = ", ".join(f"[{smaller}, {larger}]" for smaller, larger in known.pairs)
        what = f"{' and '.join(_models(expected))} are not compared"
        yield ("comparison",), what, f"the comparisons are {listed}"


def _findings(expected: ExpectationSpec, checked: Checked) -> list[Finding]:
    smaller, larger = (checked.formulas.get(name, name) for name in _models(expected))
    what = f"{larger} against {smaller}"
    found = [each for each in checked.run.comparisons if {each.smaller, each.larger} == {smaller, larger}]
    if not found:
        fits = (rung_of(checked, name) for name in (smaller, larger) if name not in checked.formulas.values())
        why = next((each for each in fits if isinstance(each, str)), f"the comparison of {what} was not made")
        return absent(expected, what, why)
    record = found[0]
    return [
        bounded(f"{WORDS[key]} of {what}", key, getattr(record, key), bounds, _why(record, key))
        for key, bounds in expected.quantities.items()
    ]


def _why(record: ComparisonRecord, key: str) -> str:
    """Return why a comparison lacks a number."""
    if record.reason is not None:
        return record.reason.rstrip(".")
    code = getattr(record, f"{key}_code", None)
    return ", ".join(each for each in ((code or "").replace("_", " "), HINTS.get(key, "")) if each)


COMPARISON = Kind(_subject, _findings, _faults)
